//! The chart under real Helm 3 and 4 prints what `render` prints, byte for byte: every preset, generated values, and
//! flags. `HELM3` and `HELM4` name the binaries; without them the comparison is skipped, and fails where `CI` is
//! `true`. `CASES` sets how many values are generated.
//!
//! What differs is shrunk and kept in `chart_parity/regressions`, which every later run renders first. Findings of the
//! schema are compared in `bad_input`, what flags mean in `values_merge`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

#[path = "chart_parity/flags.rs"]
mod flags;
#[path = "chart_parity/generated.rs"]
mod generated;
#[path = "chart_parity/helm.rs"]
mod helm;
#[path = "chart_parity/keys.rs"]
mod keys;
#[allow(dead_code, reason = "shared with the property tests")]
#[path = "properties/strategy.rs"]
mod strategy;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use helm::{Case, Chart, Helm, difference, differing_lines, ours};
use spark_operator::values::PRESETS;

#[test]
fn every_preset_is_equal_with_both_helms() {
    let (helms, chart) = (helm::both(), Chart::new());
    if helms.is_empty() {
        return;
    }
    let mut shown = Vec::new();
    let mut differing = 0;
    let mut failed = Vec::new();
    for helm in &helms {
        let cases: Vec<(&str, Case)> = PRESETS
            .iter()
            .flat_map(|preset| variants(preset).into_iter().map(|case| (preset.name, case)))
            .collect();
        let results = in_two(&cases, |_, (preset, case)| {
            let (theirs, ours) = (helm.template(&chart, case), ours(helm.compat, case));
            if case.name == "as it is" {
                assert!(theirs.is_ok(), "Helm {} refuses {preset}: {theirs:?}", helm.version);
            }
            let text = difference(&theirs, &ours)?;
            let text = format!("Helm {}, {preset}, {}:\n{text}", helm.version, case.name);
            Some((*preset, differing_lines(&theirs, &ours), text))
        });
        let bad: BTreeSet<&str> = results.iter().map(|(preset, ..)| *preset).collect();
        shown.push(format!("{}/{} with Helm {}", PRESETS.len() - bad.len(), PRESETS.len(), helm.version));
        differing += results.iter().map(|(_, lines, _)| lines).sum::<usize>();
        failed.extend(results.into_iter().map(|(_, _, text)| text));
    }
    println!("chart parity: presets {}; differing lines: {differing}", shown.join(", "));
    assert!(failed.is_empty(), "{}", first(&failed));
}

#[test]
fn what_once_differed_is_equal() {
    let (helms, chart) = (helm::both(), Chart::new());
    let cases: Vec<(&Helm, Case)> = generated::kept()
        .into_iter()
        .flat_map(|case| helms.iter().map(move |helm| (helm, case.clone())))
        .collect();
    let failed = in_two(&cases, |_, (helm, case)| compare(helm, &chart, case));
    println!("chart parity: regressions {}/{} equal", cases.len() - failed.len(), cases.len());
    assert!(failed.is_empty(), "{}", first(&failed));
}

#[test]
fn generated_values_are_equal_or_refused_by_both() {
    let (helms, chart) = (helm::both(), Chart::new());
    if helms.is_empty() {
        return;
    }
    let count = std::env::var("CASES").ok().map_or(2_000, |text| text.parse().expect("CASES is a number"));
    let drawn = generated::draw(count);
    let (refused, shrunk) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failed = in_two(&drawn, |number, drawn| {
        // Which half of the cases a Helm gets must not depend on anything that is drawn.
        let helm = &helms[number % helms.len()];
        let case = drawn.case();
        let (theirs, ours) = (helm.template(&chart, &case), ours(helm.compat, &case));
        refused.fetch_add(usize::from(theirs.is_err() && ours.is_err()), Ordering::Relaxed);
        let text = difference(&theirs, &ours)?;
        // One fault often shows in many cases; shrinking all of them would take too long.
        if shrunk.fetch_add(1, Ordering::Relaxed) >= 6 {
            return Some(format!("Helm {}, not shrunk: {text}", helm.version));
        }
        let small = drawn.clone().shrunk(helm, &chart);
        let path = small.keep();
        Some(format!("kept as {}\n{}", path.display(), compare(helm, &chart, &small.case()).unwrap_or(text)))
    });
    let (refused, equal) = (refused.into_inner(), count - failed.len());
    println!("chart parity: generated {equal}/{count} equal (of which {refused} refused by both)");
    assert!(failed.is_empty(), "{} cases differ\n{}", failed.len(), first(&failed));
    assert!(count < 100 || refused * 2 < count, "most values are refused: the cases prove little");
}

#[test]
fn flags_and_several_files_are_equal() {
    let (helms, chart) = (helm::both(), Chart::new());
    if helms.is_empty() {
        return;
    }
    let cases = flags::cases();
    let refused = AtomicUsize::new(0);
    let failed = in_two(&cases, |number, case| {
        let helm = &helms[number % helms.len()];
        let (theirs, ours) = (helm.template(&chart, case), ours(helm.compat, case));
        refused.fetch_add(usize::from(theirs.is_err() && ours.is_err()), Ordering::Relaxed);
        let text = difference(&theirs, &ours)?;
        Some(format!("Helm {}, {}:\n{text}", helm.version, case.name))
    });
    let with_flags = cases.iter().filter(|case| !case.flags.is_empty()).count();
    println!(
        "chart parity: flags and files {}/{} equal ({with_flags} with flags, {} refused by both)",
        cases.len() - failed.len(),
        cases.len(),
        refused.into_inner()
    );
    assert!(failed.is_empty(), "{} cases differ\n{}", failed.len(), first(&failed));
    assert!(with_flags >= 200, "only {with_flags} cases with flags");
}

/// A preset with all that changes what is printed besides values.
fn variants(preset: &spark_operator::values::Preset) -> Vec<Case> {
    let plain = || {
        let mut case = Case::new("as it is", vec![preset.text.to_owned()]);
        case.api_versions = preset.api_versions().map(str::to_owned).collect();
        case
    };
    let named = |name: &str, change: fn(&mut Case)| {
        let mut case = plain();
        name.clone_into(&mut case.name);
        change(&mut case);
        case
    };
    vec![
        plain(),
        named("--no-hooks", |case| case.no_hooks = true),
        named("--is-upgrade", |case| case.is_upgrade = true),
        named("other names", |case| {
            case.release = "my-release".into();
            case.namespace = "team-a".into();
        }),
        named("no --api-versions", |case| case.api_versions.clear()),
        named("more --api-versions", |case| {
            case.api_versions = generated::all_apis();
            case.api_versions.push("monitoring.coreos.com/v1/PodMonitor".into());
        }),
        named("--kube-version 1.32", |case| case.kube_version = "1.32".into()),
        named("--kube-version v1.33.4-gke.12", |case| case.kube_version = "v1.33.4-gke.12".into()),
        named("--kube-version 1.29", |case| case.kube_version = "1.29".into()),
    ]
}

fn compare(helm: &Helm, chart: &Chart, case: &Case) -> Option<String> {
    let text = difference(&helm.template(chart, case), &ours(helm.compat, case))?;
    Some(format!("Helm {}, {}:\n{text}", helm.version, case.name))
}

/// Runs every case, two at a time, and returns what differs in the order of the cases.
fn in_two<T: Sync, R: Send>(cases: &[T], run: impl Fn(usize, &T) -> Option<R> + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(number) else { return found };
            found.extend(run(number, case).map(|result| (number, result)));
        }
    };
    let mut found: Vec<(usize, R)> = thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, result)| result).collect()
}

/// The first differences, each cut: more do not help.
fn first(failed: &[String]) -> String {
    let cut = |text: &String| text.lines().take(40).collect::<Vec<_>>().join("\n");
    failed.iter().take(12).map(cut).collect::<Vec<_>>().join("\n\n")
}
