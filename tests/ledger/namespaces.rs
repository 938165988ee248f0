//! Namespaces: what the list and the selector of job namespaces mean to both processes, their rights and the webhooks.

use serde_json::Value as Json;

use crate::chart::{Chart, chart};
use crate::tally;

/// The release's namespace is `operators`. A right is written `where: what`, `*` being the whole cluster.
struct Case {
    spark: &'static str,
    /// Flags of controller and webhook alike.
    flags: &'static [&'static str],
    controller: &'static [&'static str],
    webhook: &'static [&'static str],
    /// Namespaces with Spark's service account, role and binding.
    spark_in: &'static [&'static str],
    /// Namespace selectors of each webhook, one for each time it is registered; `name` is the namespace's name.
    selectors: &'static [&'static str],
}

const ALL: &[&str] = &["name NotIn kube-system,operators"];
const WIDE_CONTROLLER: &[&str] = &["*: jobs", "operators: leases"];
const WIDE_WEBHOOK: &[&str] = &["*: webhooks jobs", "operators: secrets"];
const SELECTED_CONTROLLER: &[&str] = &["*: namespaces jobs", "operators: leases"];
const SELECTED_WEBHOOK: &[&str] = &["*: webhooks namespaces jobs", "operators: secrets"];

/// The first nine are the reference's table, in its order.
const CASES: &[Case] = &[
    Case {
        spark: "{ jobNamespaces: [default] }",
        flags: &["--namespaces=default"],
        controller: &["default: jobs", "operators: leases"],
        webhook: &["*: webhooks", "default: jobs", "operators: secrets"],
        spark_in: &["default"],
        selectors: &["name In default"],
    },
    Case {
        spark: "{ jobNamespaces: [operators, a] }",
        flags: &["--namespaces=operators,a"],
        controller: &["a: jobs", "operators: leases jobs"],
        webhook: &["*: webhooks", "a: jobs", "operators: secrets jobs"],
        spark_in: &["a", "operators"],
        selectors: &["name In operators,a"],
    },
    Case {
        spark: "{ jobNamespaces: [''] }",
        flags: &[],
        controller: WIDE_CONTROLLER,
        webhook: WIDE_WEBHOOK,
        spark_in: &[],
        selectors: ALL,
    },
    Case {
        spark: "{ jobNamespaces: ['', a] }",
        flags: &[],
        controller: WIDE_CONTROLLER,
        webhook: WIDE_WEBHOOK,
        spark_in: &["a"],
        selectors: ALL,
    },
    Case {
        spark: "{ jobNamespaces: ['', operators] }",
        flags: &[],
        controller: WIDE_CONTROLLER,
        webhook: WIDE_WEBHOOK,
        spark_in: &["operators"],
        selectors: &["name NotIn kube-system"],
    },
    Case {
        spark: "{ jobNamespaces: [] }",
        flags: &[],
        controller: WIDE_CONTROLLER,
        webhook: WIDE_WEBHOOK,
        spark_in: &[],
        selectors: ALL,
    },
    Case {
        spark: "{ jobNamespaces: [a], jobNamespaceSelector: team=data }",
        flags: &["--namespaces=a", "--namespace-selector=team=data"],
        controller: SELECTED_CONTROLLER,
        webhook: SELECTED_WEBHOOK,
        spark_in: &["a"],
        selectors: &["name In a", "team In data; name NotIn a; name NotIn kube-system,operators"],
    },
    Case {
        spark: "{ jobNamespaces: [], jobNamespaceSelector: team=data }",
        flags: &["--namespace-selector=team=data"],
        controller: SELECTED_CONTROLLER,
        webhook: SELECTED_WEBHOOK,
        spark_in: &[],
        selectors: &["team In data; name NotIn kube-system,operators"],
    },
    // All namespaces are all: nobody needs to look at their labels.
    Case {
        spark: "{ jobNamespaces: [''], jobNamespaceSelector: team=data }",
        flags: &[],
        controller: WIDE_CONTROLLER,
        webhook: WIDE_WEBHOOK,
        spark_in: &[],
        selectors: ALL,
    },
    Case {
        spark: "{ jobNamespaces: null }",
        flags: &[],
        controller: WIDE_CONTROLLER,
        webhook: WIDE_WEBHOOK,
        spark_in: &[],
        selectors: ALL,
    },
    // A namespace that is listed is never excluded.
    Case {
        spark: "{ jobNamespaces: [operators, kube-system] }",
        flags: &["--namespaces=operators,kube-system"],
        controller: &["kube-system: jobs", "operators: leases jobs"],
        webhook: &["*: webhooks", "kube-system: jobs", "operators: secrets jobs"],
        spark_in: &["kube-system", "operators"],
        selectors: &["name In operators,kube-system"],
    },
    Case {
        spark: "{ jobNamespaces: [operators, a], jobNamespaceSelector: '!off, env notin (dev, test)' }",
        flags: &["--namespaces=operators,a", "--namespace-selector=!off, env notin (dev, test)"],
        controller: SELECTED_CONTROLLER,
        webhook: SELECTED_WEBHOOK,
        spark_in: &["a", "operators"],
        selectors: &[
            "name In operators,a",
            "off DoesNotExist; env NotIn dev,test; name NotIn operators,a; name NotIn kube-system",
        ],
    },
    // Namespaces that the chart cannot know get Spark's account by name.
    Case {
        spark: "{ jobNamespaces: [], jobNamespaceSelector: team, accountNamespaces: [x, z] }",
        flags: &["--namespace-selector=team"],
        controller: SELECTED_CONTROLLER,
        webhook: SELECTED_WEBHOOK,
        spark_in: &["x", "z"],
        selectors: &["team Exists; name NotIn kube-system,operators"],
    },
];

#[test]
fn list_and_selector_mean_the_same_everywhere() {
    let wrong: Vec<_> =
        CASES.iter().map(check).filter(|wrong| !wrong.is_empty()).map(|w| w.join("\n")).collect();
    tally("namespace cases", CASES.len(), &wrong);
}

fn check(case: &Case) -> Vec<String> {
    let chart = chart(&format!("spark: {}", case.spark));
    let mut wrong = Vec::new();
    let mut compare = |what: &str, found: Vec<String>, expected: &[&str]| {
        if found != expected {
            wrong.push(format!("{}: {what}: {found:?}, not {expected:?}", case.spark));
        }
    };
    for component in ["controller", "webhook"] {
        let flags = chart.args(component).into_iter().filter(|arg| arg.starts_with("--namespace"));
        compare(component, flags.collect(), case.flags);
    }
    compare("rights of the controller", rights(&chart, "controller"), case.controller);
    compare("rights of the webhook", rights(&chart, "webhook"), case.webhook);
    for (template, kind) in [
        ("spark/rbac.yaml", "Role"),
        ("spark/rbac.yaml", "RoleBinding"),
        ("spark/serviceaccount.yaml", "ServiceAccount"),
    ] {
        let objects = chart.kind(kind).filter(|o| o.template == template);
        let mut namespaces: Vec<_> = objects.map(|o| o.namespace.clone().unwrap()).collect();
        namespaces.sort();
        compare(kind, namespaces, case.spark_in);
    }
    for (kind, count) in [("MutatingWebhookConfiguration", 4), ("ValidatingWebhookConfiguration", 3)] {
        let webhooks = chart.get(&format!("{kind}/spark-operator-webhook")).json["webhooks"].clone();
        let selectors: Vec<_> = webhooks.as_array().unwrap().iter().map(selector).collect();
        let expected: Vec<_> = (0..count).flat_map(|_| case.selectors).copied().collect();
        compare(kind, selectors, &expected);
    }
    wrong
}

/// `where: what` of every role of a component, sorted. Bindings are checked to be beside their roles.
fn rights(chart: &Chart, component: &str) -> Vec<String> {
    let template = format!("{component}/rbac.yaml");
    let mut rights = Vec::new();
    for role in chart.objects.iter().filter(|o| o.template == template && !o.kind.ends_with("Binding")) {
        let binding = role.id().replacen('/', "Binding/", 1);
        let binding = chart.get(&binding);
        assert_eq!(binding.json["roleRef"]["name"], role.name.as_str());
        assert_eq!(binding.json["subjects"][0]["namespace"], "operators");
        let mut parts: Vec<&str> = Vec::new();
        for rule in role.json["rules"].as_array().unwrap() {
            let part = match rule["resources"][0].as_str().unwrap() {
                "mutatingwebhookconfigurations" => "webhooks",
                "namespaces" => "namespaces",
                "leases" => "leases",
                "secrets" => "secrets",
                _ => "jobs",
            };
            if parts.last() != Some(&part) {
                parts.push(part);
            }
        }
        rights.push(format!("{}: {}", role.namespace.as_deref().unwrap_or("*"), parts.join(" ")));
    }
    rights.sort();
    rights
}

/// `key operator values` of each expression.
fn selector(webhook: &Json) -> String {
    let selector = &webhook["namespaceSelector"];
    assert_eq!(selector.as_object().map(serde_json::Map::len), Some(1), "{selector}");
    let expressions = selector["matchExpressions"].as_array().unwrap().iter().map(|e| {
        let key = e["key"].as_str().unwrap().replace("kubernetes.io/metadata.name", "name");
        let values = e["values"]
            .as_array()
            .map(|v| v.iter().map(|v| v.as_str().unwrap()).collect::<Vec<_>>().join(","));
        format!("{key} {} {}", e["operator"].as_str().unwrap(), values.unwrap_or_default())
            .trim_end()
            .to_owned()
    });
    expressions.collect::<Vec<_>>().join("; ")
}
