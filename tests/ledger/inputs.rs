//! Odd inputs that must be accepted, and refusals with upstream's exact words.

use crate::chart::{APIS, Setup};
use crate::row::Row;
use crate::tally;

#[test]
fn odd_inputs_are_accepted() {
    let rows = Row::read("inputs.yaml", include_str!("inputs.yaml"));
    let wrong: Vec<_> = rows.iter().flat_map(|row| row.check().into_iter().take(1)).collect();
    tally("odd inputs", rows.len(), &wrong);
}

/// A check that a template makes.
struct Refusal {
    template: &'static str,
    message: &'static str,
    /// Values that are refused.
    refused: &'static [&'static str],
    /// Values that are just not refused.
    accepted: &'static [&'static str],
    /// The API whose absence is the cause.
    api: Option<&'static str>,
}

const REFUSALS: &[Refusal] = &[
    Refusal {
        template: "controller/deployment.yaml",
        message: "controller.replicas must be greater than 1 to enable topology spread constraints for controller pods",
        refused: &[
            "controller: { topologySpreadConstraints: [{ maxSkew: 1 }] }",
            "controller: { replicas: 0, topologySpreadConstraints: [{ maxSkew: 1 }] }",
        ],
        accepted: &["controller: { replicas: 2, topologySpreadConstraints: [{ maxSkew: 1 }] }"],
        api: None,
    },
    Refusal {
        template: "controller/poddisruptionbudget.yaml",
        message: "controller.replicas must be greater than 1 to enable pod disruption budget for controller",
        refused: &[
            "controller: { podDisruptionBudget: { enable: true } }",
            "controller: { replicas: 0, podDisruptionBudget: { enable: true } }",
        ],
        accepted: &["controller: { replicas: 2, podDisruptionBudget: { enable: true } }"],
        api: None,
    },
    Refusal {
        template: "webhook/deployment.yaml",
        message: "webhook.replicas must be greater than 1 to enable topology spread constraints for webhook pods",
        refused: &["webhook: { topologySpreadConstraints: [{ maxSkew: 1 }] }"],
        accepted: &[
            "webhook: { replicas: 2, topologySpreadConstraints: [{ maxSkew: 1 }] }",
            "webhook: { enable: false, topologySpreadConstraints: [{ maxSkew: 1 }] }",
        ],
        api: None,
    },
    Refusal {
        template: "webhook/poddisruptionbudget.yaml",
        message: "webhook.replicas must be greater than 1 to enable pod disruption budget for webhook",
        refused: &["webhook: { podDisruptionBudget: { enable: true } }"],
        accepted: &[
            "webhook: { replicas: 2, podDisruptionBudget: { enable: true } }",
            "webhook: { enable: false, podDisruptionBudget: { enable: true } }",
        ],
        api: None,
    },
    Refusal {
        template: "prometheus/podmonitor.yaml",
        message: "`metrics.enable` must be set to true when `podMonitor.create` is true.",
        refused: &["prometheus: { metrics: { enable: false }, podMonitor: { create: true } }"],
        accepted: &["prometheus: { podMonitor: { create: true } }"],
        api: None,
    },
    Refusal {
        template: "prometheus/podmonitor.yaml",
        message: "The cluster does not support the required API version `monitoring.coreos.com/v1` for `PodMonitor`.",
        refused: &["prometheus: { podMonitor: { create: true } }"],
        accepted: &["{}"],
        api: Some("monitoring.coreos.com/v1/PodMonitor"),
    },
    Refusal {
        template: "certmanager/certificate.yaml",
        message: "The cluster does not support the required API version `cert-manager.io/v1` for `Certificate`.",
        refused: &["certManager: { enable: true }", "certManager: { enable: true, issuerRef: { name: i } }"],
        accepted: &["{ webhook: { enable: false }, certManager: { enable: true } }"],
        api: Some("cert-manager.io/v1/Certificate"),
    },
    Refusal {
        template: "certmanager/issuer.yaml",
        message: "The cluster does not support the required API version `cert-manager.io/v1` for `Issuer`.",
        refused: &["certManager: { enable: true }"],
        accepted: &["certManager: { enable: true, issuerRef: { name: i } }"],
        api: Some("cert-manager.io/v1/Issuer"),
    },
];

#[test]
fn refusals_have_upstreams_words_and_conditions() {
    let wrong: Vec<_> =
        REFUSALS.iter().map(check).filter(|wrong| !wrong.is_empty()).map(|w| w.join("\n")).collect();
    tally("refusals", REFUSALS.len(), &wrong);
}

fn check(Refusal { template, message, refused, accepted, api }: &Refusal) -> Vec<String> {
    let apis: Vec<_> = APIS.iter().copied().filter(|known| Some(*known) != *api).collect();
    let setup = Setup { apis: &apis, ..Setup::default() };
    let mut wrong = Vec::new();
    for values in *refused {
        let error = setup.render(values).err().unwrap_or_default();
        let begin = format!("execution error at (spark-operator/templates/{template}:");
        if !error.starts_with(&begin) || !error.ends_with(&format!("): {message}")) {
            wrong.push(format!("{values}: {error:?}"));
        }
    }
    for values in *accepted {
        wrong.extend(setup.render(values).err().map(|e| format!("{values}: {e}")));
    }
    // With every API there, only the values can be the cause.
    if api.is_some() {
        wrong.extend(refused.iter().filter_map(|values| Setup::default().render(values).err()));
    }
    wrong
}

/// The first of the two checks of the `PodMonitor` is that of the metrics.
#[test]
fn a_pod_monitor_without_metrics_and_api_fails_for_the_metrics() {
    let values = "prometheus: { metrics: { enable: false }, podMonitor: { create: true } }";
    let error = Setup { apis: &[], ..Setup::default() }.render(values).unwrap_err();
    assert!(
        error.ends_with("`metrics.enable` must be set to true when `podMonitor.create` is true."),
        "{error}"
    );
}

/// What upstream accepts and we refuse, as `docs/differences.md` says: values, and a part of the message.
const STRICTER: &[(&str, &str)] = &[
    ("controller: { worker: 3 }", "did you mean 'workers'?"),
    ("controler: {}", "did you mean 'controller'?"),
    ("controller: { workers: '10' }", "at '/controller/workers': got string, want integer"),
    ("controller: { workers: 0 }", "at '/controller/workers': minimum: got 0, want 1"),
    ("controller: { replicas: null }", "missing property 'replicas'"),
    (
        "controller: { leaderElection: { leaseDuration: 15 } }",
        "at '/controller/leaderElection/leaseDuration'",
    ),
    ("controller: { leaderElection: { leaseDuration: 15 s } }", "does not match pattern"),
    ("controller: { logLevel: loud }", "value must be one of 'error'"),
    ("controller: { logLevel: 6 }", "value must be one of 'error'"),
    ("controller: { featureGates: [{ name: A, enabled: 'false' }] }", "got string, want boolean"),
    (
        "controller: { replicas: 2, leaderElection: { enable: false } }",
        "controller.replicas must be at most 1",
    ),
    (
        "controller: { uiService: { enable: false }, uiIngress: { enable: true } }",
        "needs controller.uiService.enable",
    ),
    ("controller: { pprof: { portName: a-name-of-17-bytes } }", "maxLength: got 18, want 15"),
    ("spark: { jobNamespaces: default }", "got string, want"),
    ("spark: { jobNamespaces: [a, b, a] }", "items at 0 and 2 are equal"),
    ("spark: { jobNamespaces: [A] }", "does not match pattern"),
    (
        "webhook: { failurePolicy: Ignore, failOnError: true }",
        "webhook.failOnError and failurePolicy Ignore contradict",
    ),
    ("webhook: { failurePolicy: Never }", "value must be one of"),
    ("webhook: { timeoutSeconds: 31 }", "maximum: got 31, want 30"),
    ("image: { pullPolicy: always }", "value must be one of 'Always'"),
    ("certManager: { enable: true, duration: 90d }", "does not match pattern"),
    (
        "{ certManager: { enable: true }, webhook: { certificate: { existingSecret: s } } }",
        "exclude each other",
    ),
    ("commonLabels: { app.kubernetes.io/version: x }", "app.kubernetes.io/version"),
    ("fullnameOverride: a.b", "a Service cannot be named \"a.b-webhook-svc\""),
    (
        "{ webhook: { enable: false }, hook: { upgradeCrd: true }, \
         fullnameOverride: aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeefffffffff }",
        "Job cannot be named",
    ),
    (
        "controller: { volumes: [] }",
        "controller.volumeMounts mounts \"tmp\", which is not among controller.volumes",
    ),
    ("webhook: { port: 8080 }", "port 8080 is given to the metrics and to something else"),
    ("webhook: { healthPort: 9443 }", "webhook.port and webhook.healthPort must differ"),
    (
        "controller: { leaderElection: { enable: false }, strategy: { type: RollingUpdate } }",
        "must be of type Recreate",
    ),
    (
        "controller: { replicas: 2, podDisruptionBudget: { enable: true, minAvailable: null } }",
        "controller.podDisruptionBudget needs minAvailable or maxUnavailable",
    ),
    ("controller: { labels: { a: 'b c' } }", "does not match pattern"),
    (
        "{ controller: { serviceAccount: { name: a } }, webhook: { serviceAccount: { name: a } } }",
        "must differ",
    ),
];

#[test]
fn what_is_refused_beyond_upstream_says_why() {
    let wrong: Vec<_> = STRICTER
        .iter()
        .filter_map(|(values, part)| match Setup::default().render(values) {
            Err(error) if error.contains(part) => None,
            Err(error) => Some(format!("{values}: {error}")),
            Ok(_) => Some(format!("{values}: accepted")),
        })
        .collect();
    tally("stricter than upstream", STRICTER.len(), &wrong);
}
