//! Every preset's render is clean, or what it holds is in `tests/lint/allowances.txt` with its reason.

use std::collections::BTreeSet;

use spark_operator::manifest::HelmCompat;
use spark_operator::manifest::lint::rule;
use spark_operator::render::output::{OutputOptions, print};
use spark_operator::render::{Capabilities, KubeVersion, Release, render};
use spark_operator::values::{PRESETS, Preset, Sources, ValuesFile, collect, load};

use super::given::{lint, text};

/// Preset, rule, object.
type Row = (String, String, String);

fn listed() -> BTreeSet<Row> {
    let text = text("allowances.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [preset, id, object, reason] = cells[..] else { panic!("{line:?} has not four cells") };
        assert!(!reason.is_empty(), "{line:?} has no reason");
        assert!(rule(id).is_some(), "{line:?}: there is no rule {id}");
        (preset.to_owned(), id.to_owned(), object.to_owned())
    });
    rows.collect()
}

#[test]
fn presets_hold_what_is_listed_and_nothing_else() {
    let found: BTreeSet<Row> = PRESETS
        .iter()
        .flat_map(|preset| {
            let report = lint(&[(preset.name, &rendered(preset))]);
            assert!(report.objects > 5, "{}: {} objects", preset.name, report.objects);
            let row = |f: spark_operator::manifest::lint::Finding| {
                (preset.name.to_owned(), f.rule.id.to_owned(), f.subject.identity.to_string())
            };
            report.findings.into_iter().map(row).collect::<Vec<_>>()
        })
        .collect();
    let listed = listed();
    let new: Vec<_> = found.difference(&listed).collect();
    assert!(new.is_empty(), "the presets hold these too; mend the template, or list them: {new:#?}");
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "tests/lint/allowances.txt lists what is no longer found: {gone:#?}");
}

fn rendered(preset: &Preset) -> String {
    let file = ValuesFile { name: format!("preset {}", preset.name), text: preset.text.to_owned() };
    let sources = Sources { files: vec![file], ..Sources::default() };
    let values = load(collect(&sources, &|_| panic!("no preset names files")).unwrap()).unwrap();
    let release = Release::new("spark-operator", "spark-operator", false).unwrap();
    let capabilities = Capabilities::new(KubeVersion::default(), preset.api_versions());
    let rendered = render(&values.values, &release, &capabilities, HelmCompat::V4).unwrap();
    // Test hooks too.
    print(&rendered.documents, &OutputOptions { skip_tests: false, ..OutputOptions::default() }).unwrap()
}
