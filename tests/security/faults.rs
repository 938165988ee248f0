//! Faults put into good renders, each of which its check must find.

use serde_json::{Value as Json, json};

use crate::case::{Case, Object, case};
use crate::{elections, pods, reach, rights, wiring};

/// What every fault is put into: most objects that there are, and no fault that is known.
fn good() -> Case {
    case(
        "default",
        r#"{"hook":{"upgradeCrd":true},"networkPolicy":{"enable":true},"prometheus":{"podMonitor":{"create":true}},
            "controller":{"replicas":2,"podDisruptionBudget":{"enable":true},"pprof":{"enable":true}}}"#,
    )
}

/// Puts a value at a JSON pointer: `-` is behind the last item; null takes the field away.
fn put(json: &mut Json, pointer: &str, value: &Json) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let key = key.replace("~1", "/");
    let parent = json.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
    match parent {
        Json::Array(list) if key == "-" => list.push(value.clone()),
        Json::Array(list) if value.is_null() => drop(list.remove(key.parse().expect("an index"))),
        Json::Array(list) => list[key.parse::<usize>().expect("an index")] = value.clone(),
        Json::Object(map) if value.is_null() => drop(map.remove(&key)),
        Json::Object(map) => drop(map.insert(key, value.clone())),
        other => panic!("{pointer}: {other} has no fields"),
    }
}

/// An object, a place in it, what is put there, and what the check must say.
type Fault = (&'static str, Json, &'static str);

/// Puts each fault into an object of its own copy, and looks at what the check says.
fn finds(check: fn(&Case) -> Vec<String>, object: &str, faults: &[Fault]) {
    let good = good();
    assert_eq!(check(&good), Vec::<String>::new(), "the good render");
    let (kind, name) = object.split_once(' ').expect("kind and name");
    for (pointer, value, message) in faults {
        let wrong = check(&good.with(kind, name, |json| put(json, pointer, value))).join("\n");
        assert!(wrong.contains(message), "{object} {pointer} = {value}: no {message:?} in {wrong:?}");
    }
}

const POD: &str = "/spec/template/spec";

#[test]
fn each_control_of_restricted_can_fail() {
    let context = "/containers/0/securityContext";
    let faults = [
        ("/hostNetwork".to_owned(), json!(true), "Host Namespaces: hostNetwork"),
        ("/hostPID".into(), json!(true), "Host Namespaces: hostPID"),
        ("/hostIPC".into(), json!(true), "Host Namespaces: hostIPC"),
        (format!("{context}/privileged"), json!(true), "Privileged Containers"),
        (format!("{context}/capabilities"), Json::Null, "Capabilities (restricted)"),
        (format!("{context}/capabilities"), json!({"drop": ["NET_RAW"]}), "Capabilities (restricted)"),
        (
            format!("{context}/capabilities"),
            json!({"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
            "Capabilities (baseline)",
        ),
        (
            format!("{context}/capabilities"),
            json!({"drop": ["ALL"], "add": ["CHOWN"]}),
            "Capabilities (restricted)",
        ),
        ("/volumes".into(), json!([{"name": "v", "hostPath": {"path": "/"}}]), "HostPath Volumes"),
        ("/volumes".into(), json!([{"name": "v", "nfs": {"server": "s", "path": "/"}}]), "Volume Types"),
        (
            "/containers/0/ports".into(),
            json!([{"name": "p", "containerPort": 1, "hostPort": 1}]),
            "Host Ports",
        ),
        (format!("{context}/appArmorProfile"), json!({"type": "Unconfined"}), "AppArmor"),
        (format!("{context}/seLinuxOptions"), json!({"type": "spc_t"}), "SELinux"),
        (format!("{context}/seLinuxOptions"), json!({"user": "root"}), "SELinux"),
        (format!("{context}/procMount"), json!("Unmasked"), "/proc Mount Type"),
        (format!("{context}/seccompProfile"), Json::Null, "Seccomp"),
        (format!("{context}/seccompProfile/type"), json!("Unconfined"), "Seccomp"),
        (format!("{context}/allowPrivilegeEscalation"), Json::Null, "Privilege Escalation"),
        (format!("{context}/allowPrivilegeEscalation"), json!(true), "Privilege Escalation"),
        (format!("{context}/runAsNonRoot"), Json::Null, "Running as Non-root"),
        (format!("{context}/runAsNonRoot"), json!(false), "Running as Non-root"),
        (format!("{context}/runAsUser"), json!(0), "Running as Non-root user"),
        (format!("{context}/windowsOptions"), json!({"hostProcess": true}), "HostProcess"),
        (format!("{context}/readOnlyRootFilesystem"), Json::Null, "Read-only root"),
        (context.into(), Json::Null, "Read-only root"),
        ("/securityContext/runAsUser".into(), json!(0), "Running as Non-root user"),
        ("/securityContext/seccompProfile".into(), json!({"type": "Unconfined"}), "Seccomp"),
        ("/securityContext/sysctls".into(), json!([{"name": "kernel.msgmax", "value": "1"}]), "Sysctls"),
        ("/containers/0/livenessProbe/httpGet/host".into(), json!("10.0.0.1"), "Host Probes"),
        ("/containers/0/name".into(), json!("other"), "Containers"),
    ];
    let good = good();
    for (pointer, value, message) in &faults {
        let found = pods::check(&good.with("Deployment", "spark-operator-controller", |json| {
            put(json, &format!("{POD}{pointer}"), value);
        }));
        assert!(found.iter().any(|w| w.contains(&format!(": {message}"))), "{pointer} = {value}: {found:?}");
    }
    let annotations = json!({"container.apparmor.security.beta.kubernetes.io/x": "unconfined"});
    finds(
        pods::check,
        "Deployment spark-operator-webhook",
        &[("/spec/template/metadata/annotations", annotations, "AppArmor")],
    );
    finds(
        pods::check,
        "Job spark-operator-hook",
        &[(
            "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem",
            json!(false),
            "Read-only root",
        )],
    );
}

#[test]
fn a_pod_s_own_promise_counts_for_its_containers() {
    let context = json!({
        "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true,
    });
    let pod = json!({"spec": {
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "spark-operator-hook", "securityContext": context}],
    }});
    assert_eq!(pods::violations(&pod), Vec::<String>::new());
}

#[test]
fn rights_too_many_or_out_of_place_are_found() {
    let rule = |group: &str, resource: &str, verb: &str| json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]});
    let add = |rule: Json, message: &'static str| -> Fault { ("/rules/-", rule, message) };
    let in_jobs: Vec<_> = [
        ("*", "pods", "get", "a wildcard in apiGroups"),
        ("", "*", "get", "a wildcard in resources"),
        ("", "pods", "*", "a wildcard in verbs"),
        ("", "pods/*", "get", "a wildcard in resources"),
        ("rbac.authorization.k8s.io", "roles", "escalate", "verb escalate"),
        ("rbac.authorization.k8s.io", "clusterroles", "bind", "verb bind"),
        ("", "users", "impersonate", "verb impersonate"),
        ("rbac.authorization.k8s.io", "rolebindings", "create", "create rolebindings"),
        ("", "pods/exec", "create", "create pods/exec"),
        ("", "serviceaccounts/token", "create", "create serviceaccounts/token"),
        ("", "nodes", "list", "list nodes"),
        ("", "secrets", "get", "get secrets"),
        ("", "secrets", "list", "list secrets"),
        ("", "secrets", "watch", "watch secrets"),
        ("", "namespaces", "patch", "patch namespaces"),
        ("", "pods/log", "get", "which the values do not ask for"),
        ("", "pods", "deletecollection", "no line of rights.txt allows"),
        ("", "secrets", "create", "no line of rights.txt allows"),
        ("coordination.k8s.io", "leases", "create", "which is outside of Home"),
        ("", "namespaces", "list", "which is outside of Cluster"),
        ("batch", "jobs", "create", "which the values do not ask for"),
        ("policy", "poddisruptionbudgets", "get", "which the values do not ask for"),
    ]
    .map(|(group, resource, verb, message)| add(rule(group, resource, verb), message))
    .into();
    let case = good();
    for (pointer, value, message) in &in_jobs {
        let faulty = change(&case, "Role default/spark-operator-controller", pointer, value);
        let wrong = rights::check(&faulty).join("\n");
        assert!(wrong.contains(message), "{value}: no {message:?} in {wrong:?}");
    }
    finds(
        rights::check,
        "ClusterRole spark-operator-webhook",
        &[
            add(rule("", "pods", "create"), "no line of rights.txt allows"),
            add(rule("sparkoperator.k8s.io", "sparkapplications", "get"), "which is outside of Jobs"),
            add(rule("", "secrets", "create"), "create secrets"),
            ("/rules/0/resourceNames", Json::Null, "update mutatingwebhookconfigurations"),
            ("/rules/0/verbs", json!(["create"]), "create mutatingwebhookconfigurations"),
        ],
    );
    finds(
        rights::check,
        "Role spark-operator-webhook",
        &[
            ("/rules/1/resourceNames", Json::Null, "get secrets"),
            add(rule("coordination.k8s.io", "leases", "create"), "no line of rights.txt allows"),
        ],
    );
    finds(
        rights::check,
        "ClusterRole spark-operator-hook",
        &[
            ("/rules/0/resourceNames", Json::Null, "patch customresourcedefinitions"),
            ("/rules/0/verbs", json!(["delete"]), "delete customresourcedefinitions"),
            ("/rules/0/nonResourceURLs", json!(["/"]), "rights on URLs"),
        ],
    );
}

#[test]
fn bindings_to_nobody_or_to_the_wrong_one_are_found() {
    finds(
        rights::check,
        "RoleBinding spark-operator-spark",
        &[
            ("/subjects/0/name", json!("nobody"), "is no account of the render"),
            ("/subjects/0/namespace", json!("other"), "is no account of the render"),
            ("/subjects/0/kind", json!("Group"), "is no account of the render"),
            (
                "/subjects/-",
                json!({"kind": "ServiceAccount", "name": "spark-operator-webhook", "namespace": "spark-operator"}),
                "webhook may",
            ),
            ("/roleRef/name", json!("other"), "there is no role other"),
            ("/metadata/namespace", json!("other"), "there is no role spark-operator-spark"),
        ],
    );
    finds(
        rights::check,
        "ClusterRoleBinding spark-operator-hook",
        &[
            ("/roleRef/kind", json!("Role"), "a ClusterRoleBinding to a Role"),
            ("/subjects/0/name", json!("spark-operator-controller"), "controller may"),
            ("/roleRef/name", json!("spark-operator-webhook"), "nothing binds it"),
        ],
    );
}

#[test]
fn half_an_election_is_found() {
    let off = case("no-leader-election", "");
    let faulty = |pointer: &str, value: Json| {
        change(&off, "Deployment spark-operator/spark-operator-controller", pointer, &value)
    };
    let args = format!("{POD}/containers/0/args/-");
    for (case, message) in [
        (faulty(&args, json!("--leader-election=true")), "leader election: true"),
        (faulty(&args, json!("--leader-election-lock-name=x")), "leader election: false"),
        (faulty("/spec/replicas", json!(2)), "two could run at once"),
        (faulty("/spec/strategy", Json::Null), "two could run at once"),
    ] {
        let wrong = elections::check(&case).join("\n");
        assert!(wrong.contains(message), "no {message:?} in {wrong:?}");
    }
    finds(
        elections::check,
        "Deployment spark-operator-webhook",
        &[(
            "/spec/template/spec/containers/0/args/-",
            json!("--leader-election=true"),
            "leader election: true",
        )],
    );
    let on = good();
    let role = change(
        &on,
        "Role spark-operator/spark-operator-controller",
        "/rules/1/resourceNames/0",
        &json!("other"),
    );
    assert!(elections::check(&role).join("\n").contains("no right on the lease"));
}

#[test]
fn webhooks_that_reach_too_far_or_not_far_enough_are_found() {
    let entry = "/webhooks/0";
    let faults = [
        ("sideEffects", json!("Some"), "sideEffects"),
        ("timeoutSeconds", json!(31), "timeoutSeconds"),
        ("timeoutSeconds", Json::Null, "timeoutSeconds"),
        ("failurePolicy", json!("Ignore"), "failurePolicy"),
        ("failurePolicy", Json::Null, "failurePolicy"),
        ("namespaceSelector", Json::Null, "sees objects of namespace kube-system"),
        (
            "namespaceSelector/matchExpressions/0/values/0",
            json!("other"),
            "sees objects of namespace default {\"unrelated\": \"x\"} 0 times",
        ),
        ("objectSelector", Json::Null, "every pod of the namespace waits"),
        ("clientConfig/caBundle", json!("QQ=="), "caBundle"),
        ("clientConfig/service/name", json!("other"), "no Service of that name"),
        ("clientConfig/service/port", json!(1), "no Service of that name"),
        ("clientConfig/service/path", json!("/"), "path"),
        ("rules/0/operations/-", json!("DELETE"), "hold up deletions"),
        ("rules/0/resources", json!(["*"]), "a wildcard"),
        ("name", json!("mutate-other.sparkoperator.k8s.io"), "nobody serves"),
        ("name", json!("mutate-other.sparkoperator.k8s.io"), "mutate--v1-pod is registered: false"),
    ];
    let good = good();
    for (pointer, value, message) in &faults {
        let bad = good.with("MutatingWebhookConfiguration", "spark-operator-webhook", |json| {
            put(json, &format!("{entry}/{pointer}"), value);
        });
        let wrong = reach::check(&bad).join("\n");
        assert!(wrong.contains(message), "{pointer} = {value}: no {message:?} in {wrong:?}");
    }
    finds(
        reach::check,
        "Deployment spark-operator-webhook",
        &[("/spec/template/spec/containers/0/args/-", json!("--namespaces=other"), "is told")],
    );
    finds(
        reach::check,
        "ServiceAccount spark-operator-webhook",
        &[
            ("/metadata/namespace", Json::Null, "its namespace"),
            ("/kind", json!("Secret"), "a rendered Secret"),
        ],
    );
    finds(
        reach::check,
        "ClusterRole spark-operator-webhook",
        &[("/metadata/namespace", json!("x"), "its namespace")],
    );
}

#[test]
fn loose_ends_are_found() {
    let metadata = "/spec/template/metadata/labels";
    finds(
        wiring::check,
        "Deployment spark-operator-controller",
        &[
            (metadata, json!({}), "selects"),
            ("/spec/selector/matchLabels/app.kubernetes.io~1component", Json::Null, "selects"),
            ("/spec/template/spec/volumes", Json::Null, "mounts"),
            ("/spec/template/spec/volumes/-", json!({"name": "unused", "emptyDir": {}}), "volumes"),
            (
                "/spec/template/spec/containers/0/volumeMounts/-",
                json!({"name": "tmp", "mountPath": "/tmp"}),
                "two mounts at",
            ),
            ("/spec/template/spec/containers/0/ports", Json::Null, "has no port"),
            (
                "/spec/template/spec/containers/0/ports/-",
                json!({"name": "metrics", "containerPort": 1}),
                "twice",
            ),
            ("/metadata/labels/x", json!("é"), "label x"),
            ("/metadata/labels/x", json!("x".repeat(64)), "label x"),
            ("/metadata/labels/x", json!(true), "label x"),
            ("/metadata/labels", Json::Null, "label instance"),
            ("/metadata/name", json!("A"), "not a name"),
        ],
    );
    finds(
        wiring::check,
        "Service spark-operator-webhook-svc",
        &[
            ("/spec/selector/app.kubernetes.io~1component", Json::Null, "selects"),
            ("/spec/selector", json!({}), "selects"),
            ("/spec/ports/0/targetPort", json!("other"), "has no port"),
            ("/metadata/name", json!("1-webhook-svc"), "not a name"),
            ("/metadata/name", json!("other"), "`meant` does not say"),
        ],
    );
    finds(
        wiring::check,
        "PodMonitor spark-operator-podmonitor",
        &[
            ("/spec/selector/matchExpressions", Json::Null, "selects"),
            ("/spec/namespaceSelector", json!({"any": true}), "other namespaces"),
            ("/spec/podMetricsEndpoints/0/port", json!("other"), "has no port"),
        ],
    );
    finds(
        wiring::check,
        "NetworkPolicy spark-operator-controller",
        &[("/spec/podSelector", json!({}), "selects")],
    );
    finds(
        wiring::check,
        "PodDisruptionBudget spark-operator-controller-pdb",
        &[("/spec/selector/matchLabels/app.kubernetes.io~1component", json!("webhook"), "selects")],
    );
    finds(
        wiring::check,
        "Job spark-operator-hook",
        &[("/metadata/name", json!("x".repeat(64)), "not a name")],
    );
    let mut twice = good();
    twice.objects.push(twice.objects[0].clone());
    assert!(wiring::check(&twice).join("\n").contains("is there twice"));
}

/// The case with one object, named by its title, changed.
fn change(case: &Case, title: &str, pointer: &str, value: &Json) -> Case {
    let mut changed = case.clone();
    let object: &mut Object =
        changed.objects.iter_mut().find(|o| o.title() == title).unwrap_or_else(|| panic!("no {title}"));
    put(&mut object.json, pointer, value);
    changed
}
