//! The security of what is rendered: Pod Security `restricted`, least privilege, reach, wiring.
//!
//! Every preset and every choice of namespaces with every feature is rendered and checked. For each check there are
//! faults put into a good render, which it must find: a check that cannot fail proves nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "security/case.rs"]
mod case;
#[path = "security/elections.rs"]
mod elections;
#[path = "security/faults.rs"]
mod faults;
#[path = "security/pods.rs"]
mod pods;
#[path = "security/reach.rs"]
mod reach;
#[path = "security/rights.rs"]
mod rights;
#[path = "security/wiring.rs"]
mod wiring;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use case::{Case, all, none};

fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(case::cases)
}

#[test]
fn every_pod_meets_restricted() {
    let pods = cases().iter().flat_map(Case::workloads).count();
    println!("pods {pods} in {} renders", cases().len());
    none(&all(cases(), pods::check));
}

#[test]
fn only_presets_that_ask_for_it_are_in_the_node_s_network() {
    let asks =
        |case: &&Case| case.workloads().any(|w| w.json.pointer("/spec/template/spec/hostNetwork").is_some());
    let presets = case::presets();
    let names: Vec<_> = presets.iter().filter(asks).map(|c| c.name.trim()).collect();
    assert_eq!(names, ["host-network", "everything"]);
}

#[test]
fn rights_are_the_least_and_only_where_jobs_run() {
    none(&all(cases(), rights::check));
}

#[test]
fn without_an_election_there_is_one_controller_and_no_lease() {
    none(&all(cases(), elections::check));
}

#[test]
fn every_line_of_the_rights_is_granted_somewhere() {
    let used: BTreeSet<(usize, String)> = cases()
        .iter()
        .flat_map(|case| {
            rights::granted(case).into_iter().filter_map(|r| Some((rights::ledger(case, &r).ok()?, r.verb)))
        })
        .collect();
    let mut unused = Vec::new();
    for (at, line) in rights::allowed().iter().enumerate() {
        for verb in line.verbs.split(' ').filter(|verb| !used.contains(&(at, (*verb).to_owned()))) {
            unused
                .push(format!("{}: {verb} {}.{} is never granted", line.account, line.resource, line.group));
        }
    }
    println!("rights {}/{}", used.len(), used.len() + unused.len());
    none(&unused);
}

#[test]
fn controller_and_webhook_reach_the_job_namespaces_and_no_others() {
    none(&all(cases(), reach::check));
}

#[test]
fn selectors_ports_volumes_and_names_fit_together() {
    none(&all(cases(), wiring::check));
}

#[test]
fn the_namespaced_profile_renders_nothing_cluster_scoped() {
    let case = case::case("namespaced", "");
    let kinds: Vec<_> = case.objects.iter().map(case::Object::kind).collect();
    assert!(!kinds.is_empty() && kinds.iter().all(|kind| !reach::CLUSTER_SCOPED.contains(kind)), "{kinds:?}");
    let roles = case.of_kind("RoleBinding").map(|b| b.text("/roleRef/kind")).collect::<BTreeSet<_>>();
    assert_eq!(roles, BTreeSet::from(["Role"]));
}

#[test]
fn releases_beside_each_other_share_no_object() {
    for preset in ["default", "everything", "prometheus", "all-namespaces", "restricted", "cert-manager"] {
        for (json, release, other_json, other) in [
            ("", ("one", "ns"), "", ("two", "ns")),
            ("", ("one", "ns-1"), "", ("two", "ns-2")),
            (
                r#"{"clusterNameSuffix":"ns-1"}"#,
                ("one", "ns-1"),
                r#"{"clusterNameSuffix":"ns-2"}"#,
                ("one", "ns-2"),
            ),
        ] {
            // Names that the user pins in values are theirs to keep apart; so are two lists of the same job namespaces.
            let own = |json: &str, to: &str| {
                let json = if json.is_empty() { "{}" } else { json };
                let mut values: serde_json::Value = serde_json::from_str(json).unwrap();
                values["fullnameOverride"] = "".into();
                values["nameOverride"] = "".into();
                values["extraObjects"] = serde_json::json!([]);
                values["spark"]["serviceAccount"]["name"] = "".into();
                values["spark"]["createNamespaces"] = false.into();
                values["controller"]["serviceAccount"]["name"] = "".into();
                values["webhook"]["serviceAccount"]["name"] = "".into();
                if preset != "all-namespaces" {
                    values["spark"]["jobNamespaces"] = serde_json::json!([to]);
                }
                values["spark"]["accountNamespaces"] = serde_json::json!([format!("{to}-more")]);
                values["spark"]["serviceAccount"]["names"] = serde_json::json!({});
                values.to_string()
            };
            let titles = |json: &str, jobs: &str, release| -> BTreeSet<String> {
                let case = case::try_case(preset, &own(json, jobs), release)
                    .unwrap_or_else(|e| panic!("{preset}: {e}"));
                case.objects.iter().map(case::Object::title).collect()
            };
            let (a, b) = (titles(json, "jobs-1", release), titles(other_json, "jobs-2", other));
            let shared: Vec<_> = a.intersection(&b).collect();
            assert!(shared.is_empty(), "{preset} as {release:?} and {other:?}: {shared:#?}");
        }
    }
}

/// Names at the edge of what is allowed are refused with a message, or make valid objects.
#[test]
fn long_and_odd_names_are_refused_or_valid() {
    let long = "a".repeat(53);
    let dotted = format!("{}.b", "a".repeat(51));
    let mut wrong = Vec::new();
    for release in [
        long.as_str(),
        dotted.as_str(),
        "1st",
        "a.b",
        "spark-operator-with-a-rather-long-name-of-its-own-here",
    ] {
        for json in [
            "",
            r#"{"webhook":{"enable":false}}"#,
            r#"{"webhook":{"enable":false},"hook":{"upgradeCrd":true}}"#,
            r#"{"webhook":{"enable":false},"controller":{"pprof":{"enable":true}}}"#,
            r#"{"webhook":{"enable":false},"prometheus":{"service":{"create":true}}}"#,
            r#"{"webhook":{"enable":false},"fullnameOverride":"x.y","prometheus":{"service":{"create":true}}}"#,
        ] {
            if let Ok(case) = case::try_case("default", json, (release, "ns")) {
                wrong.extend(all(&[case], wiring::check));
            }
        }
    }
    none(&wrong);
}

/// An update that starts the new controller before the old one is gone needs an election.
#[test]
fn two_controllers_without_an_election_are_refused() {
    let off = r#"{"controller":{"leaderElection":{"enable":false},"#;
    for more in [r#""replicas":2}}"#, r#""strategy":{"type":"RollingUpdate"}}}"#] {
        if let Ok(case) = case::try_case("default", &format!("{off}{more}"), (case::HOME, case::HOME)) {
            none(&all(&[case], elections::check));
        }
    }
}

/// Accounts that the chart makes for controller, webhook and Spark are never one and the same: mission I4.
#[test]
fn accounts_that_coincide_are_refused() {
    let mut wrong = Vec::new();
    for json in [
        r#"{"controller":{"serviceAccount":{"name":"x"}},"webhook":{"serviceAccount":{"name":"x"}}}"#,
        r#"{"controller":{"serviceAccount":{"name":"x"}},"spark":{"jobNamespaces":["spark-operator"],"serviceAccount":{"name":"x"}}}"#,
        r#"{"spark":{"jobNamespaces":["spark-operator"],"serviceAccount":{"name":"spark-operator-webhook"}}}"#,
        // Not the account, but the role that is named after it.
        r#"{"spark":{"serviceAccount":{"name":"spark-operator-controller"}}}"#,
    ] {
        if let Ok(case) = case::try_case("default", json, (case::HOME, case::HOME)) {
            wrong.extend(all(&[case], wiring::check));
        }
    }
    none(&wrong);
}
