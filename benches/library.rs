//! How long rendering takes inside the process: the defaults, and everything switched on.
//!
//! Run with `cargo bench --bench library`. The whole process beside real Helm is in `process.rs`.

#![allow(missing_docs, clippy::unwrap_used, reason = "criterion's macros; a bench fails by panicking")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use spark_operator::render::{Capabilities, KubeVersion, Release, render};
use spark_operator::values::{self, HelmCompat, Loaded, Sources, ValuesFile};

fn user_values(name: &str) -> Loaded {
    let preset = values::preset(name).unwrap();
    let file = ValuesFile { name: name.into(), text: preset.text.into() };
    let sources = Sources { files: vec![file], ..Sources::default() };
    let no_file = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    values::load(values::collect(&sources, &no_file).unwrap()).unwrap()
}

fn benches(c: &mut Criterion) {
    let release = Release::new("spark-operator", "spark-operator", false).unwrap();
    for name in ["default", "everything"] {
        let preset = values::preset(name).unwrap();
        let capabilities = Capabilities::new(KubeVersion::default(), preset.api_versions());
        let loaded = user_values(name);
        c.bench_function(&format!("values/{name}"), |b| b.iter(|| user_values(black_box(name))));
        c.bench_function(&format!("render/{name}"), |b| {
            b.iter(|| render(black_box(&loaded.values), &release, &capabilities, HelmCompat::V4).unwrap());
        });
    }
}

criterion_group!(library, benches);
criterion_main!(library);
