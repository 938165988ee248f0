//! The strategies of Helm 4's SDK (`PostRenderStrategy`), which no flag of its command line reaches: hooks and manifests
//! in one call, in two, or manifests alone. Rendered by a small program of ours around the SDK.

use std::collections::BTreeMap;

use spark_operator::values::preset;

use crate::documents::{Document, assert_same, documents, hooks, without_hooks};
use crate::helm::{Home, Run, one, tool};
use crate::with_everything;

struct Sdk {
    program: String,
    home: Home,
}

impl Sdk {
    fn new() -> Option<Self> {
        let program = tool("HELM4_STRATEGIES", "post-rendering with Helm 4: the strategies of its SDK")?;
        Some(Self { program, home: with_everything(one(4)?) })
    }

    fn run(&self, strategy: &str, chart: &str, patches: &[&str]) -> Run {
        let mut command = self.home.command(&self.program);
        command.env("HELM_PLUGINS", self.home.path().join(".local/share/helm/plugins"));
        if chart == "chart" {
            let versions: Vec<_> = preset("everything").unwrap().api_versions().collect();
            command.env("VALUES", "values.yaml").env("API_VERSIONS", versions.join(" "));
        }
        command.args([strategy, chart, "spark-operator-post-render"]);
        command.args(patches.iter().map(|name| format!("--patch={name}")));
        Run::of(&mut command)
    }

    fn documents(&self, strategy: &str, patches: &[&str]) -> BTreeMap<String, Document> {
        documents(&self.run(strategy, "chart", patches).out())
    }
}

#[test]
fn every_strategy_of_the_sdk_gives_the_same_objects() {
    let Some(sdk) = Sdk::new() else { return };
    let files = ["patches.yaml", "hooks.yaml"];
    let combined = sdk.documents("combined", &files);
    assert!(
        combined
            .values()
            .any(|document| document.hook && document.text.contains("activeDeadlineSeconds: 900"))
    );
    assert_same(&sdk.documents("separate", &files), &combined, "separate");
    let nohooks = sdk.documents("nohooks", &files);
    assert_same(&without_hooks(&nohooks), &without_hooks(&combined), "nohooks");
    let plain = sdk.documents("combined", &["patches.yaml"]);
    assert_eq!(hooks(&nohooks), hooks(&plain));
}

#[test]
fn a_call_with_one_side_counts_only_that_side_and_no_call_is_empty() {
    let Some(sdk) = Sdk::new() else { return };
    let folder = &sdk.home.folder;
    folder.file("one/Chart.yaml", "apiVersion: v2\nname: one\nversion: 1.0.0\n");
    folder.file(
        "p.yaml",
        "- {target: {kind: Secret}, merge: {a: 1}}\n- {target: {kind: Job, hook: true}, merge: {a: 1}}\n",
    );
    let hook =
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\n  annotations: {helm.sh/hook: pre-install}\n";
    let manifest = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n";
    for (template, warnings) in [(hook, "no manifests"), (manifest, "no hooks")] {
        folder.file("one/templates/x.yaml", template);
        for strategy in ["combined", "separate"] {
            let run = sdk.run(strategy, "one", &["p.yaml"]);
            let touched = documents(&run.out()).values().all(|document| document.json["a"] == 1);
            assert!(touched, "{strategy}: {warnings}");
        }
    }
    // Both sides, one of them missed: the call for that side fails, whichever it is.
    folder.file("one/templates/x.yaml", format!("{hook}---\n{manifest}"));
    for (patch, missed, call) in [
        ("- {target: {kind: Job, hook: true, name: k}, merge: {a: 1}}\n", "hook true", "hooks"),
        ("- {target: {kind: Secret, name: k}, merge: {a: 1}}\n", "name k", "manifests"),
    ] {
        folder.file("p.yaml", patch);
        let said = sdk.run("separate", "one", &["p.yaml"]).refused();
        assert!(said.contains(missed) && said.contains(&format!("output for {call}: ")), "{said}");
    }
}
