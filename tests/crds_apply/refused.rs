//! What cannot be done: no cluster, none that answers, a downgrade, definitions that are not served. One clear line each.

use std::net::TcpListener;

use serde_json::{Value as Json, json};
use spark_operator::api::crd::DEFINITIONS;

use super::cluster::{Cluster, OTHER};
use super::command::{Folder, Run, golden};
use super::each;

#[track_caller]
fn snapshot(name: &str, run: &Run) {
    let Run { code, stdout, stderr } = run;
    assert!(!stderr.contains("panicked"), "{name}: {stderr}");
    let text = format!("{stdout}{stderr}exit code {}", code.unwrap());
    golden("crds_apply", name).bind(|| insta::assert_snapshot!(name.replace([' ', ','], "_"), text));
}

fn kubeconfig(server: &str) -> String {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "clusters": [{"name": "a", "cluster": {"server": server}}],
        "users": [{"name": "a", "user": {"token": "secret"}}],
    })
    .to_string()
}

fn run(kubeconfig: &str, args: &[&str]) -> Run {
    let folder = Folder::new();
    folder.file("config", kubeconfig);
    let mut command = folder.command(&[&["crds", "apply"], args].concat());
    Run::of(command.env("KUBECONFIG", "config").output().unwrap())
}

#[test]
fn usage_is_checked_before_a_cluster_is_looked_for() {
    for (name, args) in [
        ("label without value", &["--label", "a"][..]),
        ("label that is none", &["--label", "a b=c"]),
        ("label given twice", &["--label", "a=b", "--label", "a=c"]),
        ("timeout of nothing", &["--timeout", "0s"]),
        ("timeout that is none", &["--timeout", "soon"]),
        ("dry run elsewhere", &["--dry-run=client"]),
    ] {
        let run = Folder::new().run(&[&["crds", "apply"], args].concat());
        assert_eq!(run.code, Some(2), "{name}: {}", run.stderr);
        snapshot(name, &run);
    }
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_named_with_the_reason() {
    snapshot("no cluster", &Folder::new().run(&["crds", "apply"]));
    let missing =
        Run::of(Folder::new().command(&["crds", "apply"]).env("KUBECONFIG", "none").output().unwrap());
    snapshot("kubeconfig missing", &missing);
    let context =
        kubeconfig("https://127.0.0.1:1").replace("\"current-context\":\"a\"", "\"current-context\":\"b\"");
    let certificate = kubeconfig("https://127.0.0.1:1")
        .replace("\"server\"", "\"certificate-authority-data\":\"%\",\"server\"");
    let file = kubeconfig("https://127.0.0.1:1")
        .replace("\"token\":", "\"client-key\":\"k\",\"client-certificate\":");
    for (name, text) in [
        ("kubeconfig empty", ""),
        ("kubeconfig of garbage", "hello: [world\nsecond line"),
        ("kubeconfig of text", "hello"),
        ("context unknown", &context),
        ("server empty", &kubeconfig("")),
        ("server no address", &kubeconfig("not a server")),
        ("server without scheme", &kubeconfig("localhost")),
        ("server of another scheme", &kubeconfig("ftp://localhost")),
        ("server only a path", &kubeconfig("/a")),
        ("authority of garbage", &certificate),
        ("client certificate missing", &file),
    ] {
        let run = run(text, &[]);
        assert_eq!(run.code, Some(3), "{name}: {}", run.stderr);
        snapshot(name, &run);
    }
    snapshot("context not there", &run(&kubeconfig("https://127.0.0.1:1"), &["--context", "other"]));
}

#[test]
fn a_server_that_cannot_be_reached_is_given_up_in_time() {
    snapshot("connection refused", &run(&kubeconfig("https://127.0.0.1:1"), &[]));
    // Connections are taken, by the kernel, and nobody ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    for scheme in ["http", "https"] {
        let mut found = run(&kubeconfig(&format!("{scheme}://{address}")), &["--timeout=1.5s"]);
        found.stderr = found.stderr.replace(&address.to_string(), "ADDRESS");
        snapshot(&format!("no answer over {scheme}"), &found);
    }
    // An address that no network has: silence, or a refusal of the router.
    let nowhere = run(&kubeconfig("https://192.0.2.1"), &["--timeout=1s"]);
    assert_eq!(nowhere.code, Some(3));
    nowhere.refused("an address that no network has");
}

#[test]
fn a_server_that_is_not_trusted_or_does_not_trust_is_said() {
    let Some(cluster) = Cluster::open("trust") else { return };
    let admin = std::fs::read_to_string(&cluster.kubeconfig).unwrap();
    let mut config = spark_operator::yaml::read("kubeconfig", &admin).unwrap().remove(0).to_json();
    let server = config["clusters"][0]["cluster"]["server"].as_str().unwrap().to_owned();
    let host = server.trim_start_matches("https://").to_owned();
    let told = |text: &str| {
        let mut found = run(text, &[]);
        found.stderr = found.stderr.replace(&host, "ADDRESS");
        found
    };
    snapshot("authority unknown", &told(&kubeconfig(&server)));
    snapshot("plain http", &told(&kubeconfig(&format!("http://{host}"))));
    config["users"][0]["user"] = json!({"token": "secret"});
    snapshot("token unknown", &told(&config.to_string()));
}

fn create(cluster: &Cluster, definition: &Json) {
    cluster.kubectl_with(&["create", "--filename=-"], &definition.to_string());
    cluster.wait_until_established(definition["metadata"]["name"].as_str().unwrap());
}

#[test]
fn a_downgrade_is_refused_before_anything_is_changed() {
    let Some(cluster) = Cluster::empty("a downgrade") else { return };
    let mut later = DEFINITIONS[1].json();
    later["spec"]["versions"][0]["name"] = json!("v1");
    create(&cluster, &later);
    let run = cluster.apply(&[]);
    assert_eq!(run.code, Some(1));
    snapshot("downgrade", &run);
    let left = cluster.kubectl(&["get", "crd", "--output=name"]);
    assert_eq!(left.matches("sparkoperator.k8s.io").count(), 1, "{left}");
    cluster.delete_definitions();
}

#[test]
fn a_definition_that_is_not_served_in_time_is_told_with_the_reason() {
    let Some(cluster) = Cluster::empty("not served") else { return };
    let mut other = DEFINITIONS[1].json();
    other["metadata"]["name"] = json!(OTHER);
    other["spec"]["names"]["plural"] = json!("others");
    create(&cluster, &other);
    // All of it is waited for, so it is short; but three definitions must have been applied by then on a busy machine.
    let run = cluster.apply(&["--timeout=20s"]);
    cluster.delete(&[OTHER]);
    snapshot("names taken", &run);
    assert_eq!(cluster.apply(&[]).ok(), each("unchanged"));
}

#[test]
fn a_definition_that_is_being_deleted_is_waited_for() {
    let Some(cluster) = Cluster::empty("being deleted") else { return };
    cluster.apply(&[]).ok();
    let mut object = super::objects()[2].clone();
    object["metadata"]["finalizers"] = json!(["example.com/hold"]);
    cluster.kubectl_with(&["create", "--filename=-"], &object.to_string());
    let name = DEFINITIONS[2].name();
    cluster.kubectl(&["delete", "crd", &name, "--wait=false"]);
    let stuck = cluster.apply(&["--timeout=2s"]);
    let release = ["patch", "sparkconnect", "survivor", "--type=merge", "--patch"];
    cluster.kubectl(&[&release[..], &["{\"metadata\":{\"finalizers\":null}}"]].concat());
    snapshot("being deleted", &stuck);
    let said = cluster.apply(&[]).ok();
    assert!(
        said.ends_with(&format!("{name} created\n")) || said.ends_with(&format!("{name} unchanged\n")),
        "{said}"
    );
}
