//! Values drawn from the schema, and what becomes of those that differ: shrunk, and kept as a file.
//!
//! A kept file begins with comments that say how it is rendered: `# preset:`, `# release:`, `# api-versions:`.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};
use spark_operator::values::{PRESETS, Preset, preset};
use spark_operator::yaml;

use super::helm::{Case, Chart, Helm, difference, ours};
use super::{keys, strategy};

/// Values, and what they are rendered with.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub preset: Option<&'static Preset>,
    pub values: Json,
    release: &'static str,
    /// Whether the cluster has everything that a preset needs.
    all_apis: bool,
    /// Written as YAML or as JSON, which is YAML too.
    json: bool,
}

const RELEASES: [&str; 4] =
    ["spark-operator", "my", "a.b", "a-release-whose-name-is-as-long-as-a-name-may-be-53-x"];

/// The same values in every run; a longer run has more at its end.
pub fn draw(count: usize) -> Vec<Drawn> {
    let sections = keys::sections();
    let empty = prop_oneof![Just(json!(null)), Just(json!({})), Just(json!([])), Just(json!("x"))];
    let strategy = (
        strategy::values(),
        1..=8_usize,
        any::<u64>(),
        prop_oneof![4 => Just(0_usize), 1 => 1..RELEASES.len()],
        prop::option::weighted(0.03, (prop::sample::select(sections), empty)),
        prop::option::weighted(0.2, (prop::sample::select(open_tables()), hard())),
        any::<[bool; 4]>(),
    );
    let strategy = strategy.prop_map(|((number, values), most, seed, release, section, open, coins)| {
        let mut paths = keys::set_in(&values);
        paths.sort_by_cached_key(|path| hash(&(seed, path)));
        paths.truncate(most);
        let mut values = keys::only(&values, &paths);
        if let Some((path, value)) = section {
            keys::put(&mut values, &path, value);
        }
        if let Some((path, value)) = open {
            let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" }, "data": value });
            let is_list = path.last().is_some_and(|key| key == "extraObjects");
            keys::put(&mut values, &path, if is_list { json!([object]) } else { json!({ "x": value }) });
        }
        Drawn {
            preset: coins[0].then(|| &PRESETS[number % PRESETS.len()]),
            values,
            release: RELEASES[release],
            all_apis: coins[1] || coins[2],
            json: coins[3],
        }
    });
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Tables that take anything, and the list of whole objects.
fn open_tables() -> Vec<keys::Path> {
    let mut open: Vec<keys::Path> = keys::leaves()
        .into_iter()
        .filter(|(_, schema)| schema["type"].to_string().contains("\"object\""))
        .filter(|(_, schema)| {
            !schema["additionalProperties"].is_object() && schema["additionalProperties"] != false
        })
        .map(|(path, _)| path)
        .collect();
    open.push(vec!["extraObjects".to_owned()]);
    open
}

/// What printers of YAML and JSON take different views of, alone and nested.
fn hard() -> BoxedStrategy<Json> {
    let numbers = [
        json!(1_000_000),
        json!(999_999),
        json!(-0.0),
        json!(0.1),
        json!(1.0e6),
        json!(1.5e21),
        json!(1.0e20),
        json!(1.0e-7),
        json!(123_456_789.125),
        json!(9_007_199_254_740_993_i64),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
    ];
    let leaf = prop_oneof![
        2 => prop::sample::select(numbers.to_vec()),
        2 => strategy::text().prop_map(Json::from),
        1 => prop::sample::select(vec![json!(null), json!([]), json!({}), json!(""), json!(false), json!([[], [[]]])]),
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Json::Array),
            prop::collection::vec((strategy::text(), inner), 1..3)
                .prop_map(|entries| entries.into_iter().collect()),
        ]
    })
    .boxed()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Drawn {
    pub fn case(&self) -> Case {
        let preset = self.preset.map(|preset| preset.text.to_owned());
        let mut case = Case::new("generated", preset.into_iter().chain([self.text()]).collect());
        self.release.clone_into(&mut case.release);
        if self.all_apis {
            case.api_versions = all_apis();
        }
        case
    }

    fn text(&self) -> String {
        if !self.json {
            return yaml::to_yaml(&self.values) + "\n";
        }
        // JSON is YAML but for what breaks lines there.
        ['\u{85}', '\u{2028}', '\u{2029}']
            .iter()
            .fold(self.values.to_string(), |text, c| text.replace(*c, &format!("\\u{:04x}", u32::from(*c))))
    }

    /// As little as still differs.
    pub fn shrunk(mut self, helm: &Helm, chart: &Chart) -> Self {
        let differs = |drawn: &Self| {
            let case = drawn.case();
            difference(&helm.template(chart, &case), &ours(helm.compat, &case)).is_some()
        };
        // Each try costs a process.
        let mut left = 200;
        while left > 0 {
            let mut tries: Vec<Self> = Vec::new();
            if self.preset.is_some() {
                tries.push(Self { preset: None, ..self.clone() });
            }
            if self.release != RELEASES[0] {
                tries.push(Self { release: RELEASES[0], ..self.clone() });
            }
            tries.extend(
                keys::smaller(&self.values).into_iter().map(|values| Self { values, ..self.clone() }),
            );
            let next = tries.into_iter().find(|drawn| {
                left -= 1;
                left > 0 && differs(drawn)
            });
            let Some(next) = next else { break };
            self = next;
        }
        self
    }

    /// Writes the file that is rendered first in every later run.
    pub fn keep(&self) -> PathBuf {
        let text = format!(
            "# preset: {}\n# release: {}\n# api-versions: {}\n{}",
            self.preset.map_or("none", |preset| preset.name),
            self.release,
            if self.all_apis { "all" } else { "none" },
            self.text()
        );
        let path = folder().join(format!("{:016x}.yaml", hash(&text)));
        fs::write(&path, text).unwrap();
        path
    }
}

/// Every kept file, as a case.
pub fn kept() -> Vec<Case> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let case = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let said = |key: &str| {
            let line =
                text.lines().find_map(|line| line.strip_prefix("# ")?.strip_prefix(key)?.strip_prefix(": "));
            line.unwrap_or_else(|| panic!("{}: no comment `# {key}: `", path.display())).to_owned()
        };
        let preset = match said("preset").as_str() {
            "none" => None,
            name => Some(preset(name).unwrap_or_else(|| panic!("{}: no preset {name}", path.display()))),
        };
        let name = path.file_name().unwrap().to_string_lossy();
        let (release, apis) = (said("release"), said("api-versions"));
        let mut case =
            Case::new(name, preset.map(|preset| preset.text.to_owned()).into_iter().chain([text]).collect());
        case.release = release;
        if apis == "all" {
            case.api_versions = all_apis();
        }
        case
    };
    paths.iter().map(case).collect()
}

pub fn all_apis() -> Vec<String> {
    let mut versions: Vec<String> =
        PRESETS.iter().flat_map(Preset::api_versions).map(str::to_owned).collect();
    versions.sort();
    versions.dedup();
    versions
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chart_parity/regressions")
}
