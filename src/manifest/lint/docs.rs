//! `docs/lint.md`: the rules as their tables have them, and how to allow one.

use std::fmt::Write as _;

use super::{ALLOW, rules};

/// The families, by what their ids have in common.
const FAMILIES: [(&str, &str); 7] = [
    (
        "psa-",
        "Pod Security\n\nThe controls of the Pod Security Standards, level `restricted` (Kubernetes 1.37), on every \
         workload kind and every container. The verdicts are those of the admission plugin: tests compare them.",
    ),
    ("rbac-", "RBAC"),
    ("webhook-", "Webhooks"),
    ("leader-", "Leader election"),
    (
        "image-",
        "Images\n\nIn workloads, and in SparkApplication, ScheduledSparkApplication and SparkConnect.",
    ),
    ("duplicate-", "Duplicates"),
    ("-allowance", "Allowances"),
];

/// The text of `docs/lint.md`.
#[must_use]
pub fn docs() -> String {
    let mut text = format!(
        "# What `spark-operator lint` finds\n\
        \n\
        ```console\n\
        spark-operator render -p restricted | spark-operator lint\n\
        spark-operator lint --output json deploy/ more.yaml\n\
        ```\n\
        \n\
        It reads any manifests and reports what our users must not ship, and what only we would know. Whether a field \
        has the right shape is the business of [kubeconform](https://github.com/yannh/kubeconform), and general advice \
        (resources, probes, anti-affinity) that of [kube-linter](https://github.com/stackrox/kube-linter): run them \
        beside it.\n\
        \n\
        Exit codes: 0 nothing found, 1 something found, 2 bad input or usage, 3 a file cannot be read.\n\
        \n\
        ## Allowing a rule\n\
        \n\
        For one object, in an annotation of its own (of a workload, not of its pod template), ids with commas between \
        them:\n\
        \n\
        ```yaml\n\
        metadata:\n\
        \x20 annotations:\n\
        \x20   {ALLOW}: psa-host-namespaces, rbac-secrets-read\n\
        ```\n\
        \n\
        For all that is read: `--allow RULE`, as often as needed. An allowance that allows nothing is itself a \
        finding, which only `--allow unused-allowance` allows.\n"
    );
    for (part, title) in FAMILIES {
        let _ =
            writeln!(text, "\n## {title}\n\n| rule | finds | because | instead |\n| --- | --- | --- | --- |");
        for rule in rules().filter(|rule| rule.id.contains(part)) {
            let _ = writeln!(text, "| `{}` | {} | {} | {} |", rule.id, rule.title, rule.reason, rule.fix);
        }
    }
    text
}
