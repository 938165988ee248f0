//! What people do with a chart: `helm lint`, `package`, `show`, `install --dry-run`.

use spark_operator::values::PRESETS;
use spark_operator::yaml;

use super::built;
use super::helm::{KUBE, api_versions, both};

#[test]
fn lint_has_nothing_to_say_about_any_preset() {
    let folder = built();
    let mut runs = 0;
    for helm in both("helm lint") {
        for preset in PRESETS {
            let values = format!("chart/ci/{}-values.yaml", preset.name);
            let run = helm.run(
                folder.path(),
                &[&["lint", "--strict", "chart", "-f", &values, "-n", "spark-operator"][..], &KUBE].concat(),
            );
            let out = run.out(&format!("Helm {}, {}", helm.version, preset.name));
            let words: Vec<&str> = out.lines().filter(|line| !line.is_empty()).collect();
            assert_eq!(words, ["==> Linting chart", "1 chart(s) linted, 0 chart(s) failed"]);
            runs += 1;
        }
    }
    println!("helm lint --strict: {runs} runs, clean");
}

#[test]
fn helm_packages_the_folder_and_shows_its_files() {
    for helm in both("helm package, helm show") {
        let folder = built();
        let what = format!("Helm {}", helm.version);
        helm.run(folder.path(), &["package", "chart", "-d", "packed"]).out(&what);
        let archive = "packed/spark-operator-3.0.0.tgz";
        for chart in ["chart", archive] {
            let show = |part| helm.run(folder.path(), &["show", part, chart]).out(&what);
            // It ends each part with an empty line.
            assert_eq!(show("values"), folder.read("chart/values.yaml") + "\n", "{what}, {chart}");
            assert_eq!(show("readme"), folder.read("chart/README.md") + "\n", "{what}, {chart}");
            let data = |text: &str| yaml::read("Chart.yaml", text).unwrap()[0].to_json();
            assert_eq!(data(&show("chart")), data(&folder.read("chart/Chart.yaml")), "{what}, {chart}");
        }
        let template = |chart| helm.template(folder.path(), chart, &[]).out(&what);
        assert_eq!(template(archive), template("chart"), "{what}");
    }
}

/// Helm 3 asks for a cluster even for this, before it renders anything (`Install.RunWithContext` checks that one
/// can be reached unless `helm template` runs it): all that can be said without one is that it got that far.
#[test]
fn a_dry_install_renders_every_preset_and_the_notes() {
    for helm in both("helm install --dry-run=client") {
        let folder = built();
        for preset in PRESETS {
            let values = format!("chart/ci/{}-values.yaml", preset.name);
            let start = ["install", "spark-operator", "chart", "-n", "spark-operator", "--dry-run=client"];
            let run = helm.run(folder.path(), &[&start[..], &["-f", &values]].concat());
            if helm.version == 3 {
                assert!(run.stderr.contains("Kubernetes cluster unreachable"), "{}", run.stderr);
            } else if preset.api_versions().next().is_some() {
                // No flag gives it API versions.
                assert!(run.stderr.contains("does not support the required API version"), "{}", run.stderr);
            } else {
                let out = run.out(preset.name);
                assert!(out.contains("\nMANIFEST:\n") && out.contains("kind: Deployment\n"), "{out}");
                let (_, notes) = out.split_once("\nNOTES:\n").expect("notes");
                assert!(
                    notes.starts_with("spark-operator 3.0.0 is installed as release spark-operator"),
                    "{notes}"
                );
                assert!(notes.contains(" rollout status deployment "), "{notes}");
            }
        }
    }
}

#[test]
fn what_a_preset_needs_of_the_cluster_is_enough_for_helm() {
    let folder = built();
    for helm in both("helm template with API versions") {
        for preset in PRESETS {
            let values = format!("chart/ci/{}-values.yaml", preset.name);
            let more = [&["-f", &values][..], &api_versions(preset)].concat();
            helm.template(folder.path(), "chart", &more).out(preset.name);
        }
    }
}
