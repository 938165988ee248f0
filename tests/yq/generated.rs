//! Expressions from the grammar, made from a seed, compared with real yq. `CASES` sets how many.

use std::env;
use std::fmt::Write as _;

use crate::file;
use crate::real::{Apart, Real, compare};

const SCALARS: &[&str] = &[
    ".spec.replicas",
    ".spec.template.spec.hostNetwork",
    ".spec.template.spec.nodeSelector.disk",
    ".spec.template.spec.containers[0].image",
    ".spec.template.spec.containers[0].args[0]",
    r#"(.spec.template.spec.containers[] | select(.name == "main") | .image)"#,
    r#"(.spec.template.spec.containers[0].args[] | select(. == "--a"))"#,
    ".metadata.labels.team",
    r#".metadata.labels["tier"]"#,
    r#".metadata.annotations."helm.sh/hook""#,
    r#".data["a.conf"]"#,
    ".new.deep.field",
    "(.spec.one, .data.two)",
];
const LISTS: &[&str] = &[
    ".spec.template.spec.containers[0].args",
    r#"(.spec.template.spec.containers[] | select(.name == "main")).args"#,
    r#"(.spec.template.spec.containers[] | select(.name == "main") | .args)"#,
];
const MAPPINGS: &[&str] = &[
    ".metadata.labels",
    ".metadata.annotations",
    ".spec.template.metadata.annotations",
    ".spec.template.spec.nodeSelector",
    ".spec.template.spec.securityContext",
    ".data",
];

const CASES: u64 = 600;
const MOST: u64 = 3000;

/// A small random number generator (xorshift): the same seed makes the same expressions everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % n
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn condition(&mut self) -> String {
        let one = self.of(&[
            r#".kind == "Deployment""#,
            r#".kind == "Deploy*""#,
            r#".kind == "StatefulSet""#,
            r#".apiVersion == "apps/v1""#,
            r#".metadata.name == "web""#,
            r#".metadata.labels.tier == "front""#,
            r#".metadata.labels.tier != null and .kind == "Deployment""#,
            r#".kind == "ConfigMap""#,
            r#".kind == "*e*" and .metadata.namespace == "shop""#,
            r#".metadata.labels["app"] != "web""#,
            r".metadata.labels.tier == null",
            r#".metadata.annotations | has("helm.sh/hook")"#,
            r#".metadata.name | test("^we")"#,
            r#".metadata.name | test("(b|s)$")"#,
            r#"(.metadata.name | contains("b")) and .apiVersion == "apps/v1""#,
            r#".metadata.labels.app == "web" or .metadata.labels.app == "db""#,
            r#".kind == "Deployment" or .kind == "StatefulSet""#,
            r#".metadata.labels.app == "db" | not"#,
        ]);
        // Once said, twice true.
        if self.below(6) == 0 { format!("({one}) and ({one})") } else { one.to_owned() }
    }

    fn change(&mut self) -> String {
        match self.below(7) {
            0 => format!("del({})", self.of(&[SCALARS, LISTS, MAPPINGS].concat())),
            1 => format!("{} |= {}", self.of(&[SCALARS, LISTS, MAPPINGS].concat()), self.value(0)),
            2 | 3 => format!("{} = {}", self.of(&[SCALARS, LISTS, MAPPINGS].concat()), self.value(0)),
            4 => {
                let item =
                    self.of(&[r#""--new""#, r#"["--new"]"#, r#"["--new", "--newer=1"]"#, r#"[{"a": null}]"#]);
                let (list, operator) = (self.of(LISTS), self.of(&["+=", "|= . +"]));
                format!("{list} {operator} {item}")
            }
            5 => format!("{} += {}", self.of(MAPPINGS), self.mapping(0)),
            _ => format!("{} *= {}", self.of(MAPPINGS), self.mapping(0)),
        }
    }

    fn value(&mut self, depth: usize) -> String {
        match self.below(if depth > 1 { 6 } else { 9 }) {
            0 => (self.below(100)).to_string(),
            1 => "true".to_owned(),
            2 => "null".to_owned(),
            3 => "2.5".to_owned(),
            4 => r#""--x=1""#.to_owned(),
            5 => r#""two\nlines \"quoted\" and: odd #""#.to_owned(),
            6 => format!("[{}]", self.value(depth + 1)),
            7 => self.mapping(depth),
            _ => self.of(&["[]", "{}", r#"["-y", "-z"]"#]).to_owned(),
        }
    }

    fn mapping(&mut self, depth: usize) -> String {
        match self.below(3) {
            0 => r#"{"team": "data"}"#.to_owned(),
            1 => r#"{"disk": "hdd", "app": "new"}"#.to_owned(),
            _ => format!(r#"{{"a": {}, "name": {}}}"#, self.value(depth + 1), self.value(depth + 1)),
        }
    }

    fn changes(&mut self) -> String {
        let count = 1 + self.below(4) / 2;
        (0..count).map(|_| self.change()).collect::<Vec<_>>().join(" | ")
    }

    fn expression(&mut self) -> String {
        let (condition, changes) = (self.condition(), self.changes());
        match self.below(7) {
            0 => changes,
            1 => format!(". |= (select({condition}) | {changes})"),
            2 => format!("with(select({condition}); {changes})"),
            3 => format!("select({condition}) |= ({changes})"),
            4 => format!("(select({condition}) | {}) = {}", self.of(SCALARS), self.value(0)),
            5 => format!("(select({condition}) | {}) += {}", self.of(MAPPINGS), self.mapping(0)),
            _ => format!("select({condition}) | {changes}"),
        }
    }
}

#[test]
fn generated_expressions_do_what_yq_does_or_fail() {
    let Some(real) = Real::get("from-yq parity with yq, generated") else { return };
    let cases = env::var("CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES).min(MOST);
    let inputs = ["small.yaml", "missing.yaml"].map(file);
    let (mut equal, mut refused, mut fails, mut yq_fails) = (0, 0, 0, 0);
    let mut wrong = String::new();
    for seed in 1..=cases {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        random.below(2);
        let expression = random.expression();
        let input = &inputs[usize::from(random.below(4) == 0)];
        match compare(&real, &expression, input) {
            Ok(_) => equal += 1,
            Err(Apart::Refused(_)) => refused += 1,
            Err(Apart::Patch(_)) => fails += 1,
            Err(Apart::Yq(_)) => yq_fails += 1,
            Err(Apart::Different(what)) => {
                let _ = writeln!(wrong, "seed {seed}: {expression}\n  {what}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    println!(
        "{cases} generated: {equal} equal, {refused} refused, {fails} fail as a patch, {yq_fails} in yq"
    );
    assert!(equal >= cases / 3, "{equal} of {cases} expressions could be compared");
}
