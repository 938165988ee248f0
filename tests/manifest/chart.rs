//! Small charts: from case files, and generated from a seed.
//!
//! A case file is a comment, then files: `=== <path> [crlf|escaped]` and the text below it. `crlf` ends every line
//! as Windows does. `escaped` drops the line ends of the case file; `\n`, `\r`, `\t` and `\uXXXX` stand for
//! themselves, so that blanks survive editors.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const CHART_YAML: &str = "apiVersion: v2\nname: mychart\nversion: 0.1.0\n";

pub struct Chart {
    pub name: String,
    files: Vec<(String, String)>,
    folder: tempfile::TempDir,
}

impl Chart {
    pub fn write(name: &str, mut files: Vec<(String, String)>) -> Self {
        if files.iter().all(|(path, _)| path != "Chart.yaml") {
            files.push(("Chart.yaml".to_owned(), CHART_YAML.to_owned()));
        }
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in &files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { name: name.to_owned(), files, folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The files Helm renders, and so what it renders.
    pub fn templates(&self) -> Vec<(String, String)> {
        self.below("templates/")
    }

    /// The files below `crds`, in Helm's load order: by path.
    pub fn crds(&self) -> Vec<(String, String)> {
        let mut crds = self.below("crds/");
        crds.sort();
        crds
    }

    fn below(&self, folder: &str) -> Vec<(String, String)> {
        let chart = self.files.iter().find(|(path, _)| path == "Chart.yaml").unwrap();
        let name = chart.1.lines().find_map(|line| line.strip_prefix("name: ")).unwrap();
        let files = self.files.iter().filter(|(path, _)| path.starts_with(folder));
        files.map(|(path, text)| (format!("{name}/{path}"), text.clone())).collect()
    }
}

/// All files below a folder with their contents.
pub fn files_below(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        // Helm makes no folder where there is nothing to write.
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(
                    path.strip_prefix(folder).unwrap().to_owned(),
                    fs::read_to_string(&path).unwrap(),
                );
            }
        }
    }
    files
}

pub fn cases() -> Vec<Chart> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifest/cases");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let files = parse(&fs::read_to_string(path).unwrap());
            assert!(!files.is_empty(), "{} holds no file", path.display());
            Chart::write(path.file_stem().unwrap().to_str().unwrap(), files)
        })
        .collect()
}

fn parse(case: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, &str, String)> = Vec::new();
    for line in case.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix("=== ") {
            let (path, option) = head.trim_end().split_once(' ').unwrap_or((head.trim_end(), ""));
            files.push((path.to_owned(), option, String::new()));
        } else if let Some((_, option, text)) = files.last_mut() {
            match *option {
                "" => text.push_str(line),
                "crlf" => text.push_str(&line.replace('\n', "\r\n")),
                "escaped" => text.push_str(&unescape(line.trim_end_matches('\n'))),
                other => panic!("unknown option {other}"),
            }
        }
    }
    files.into_iter().map(|(path, _, text)| (path, text)).collect()
}

fn unescape(line: &str) -> String {
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap()
                }
                other => other,
            },
            other => other,
        });
    }
    text
}

/// A small generator (xorshift): the same charts for a seed everywhere, without a dependency.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const PATHS: &[&str] =
    &["a.yaml", "b.yaml", "a/b.yaml", "a/b/c.yml", "Z.yaml", "z-1.yaml", "_h.tpl", "NOTES.txt"];
const SEPARATORS: &[&str] = &[
    "---\n",
    "---\n",
    "---\n",
    "--- \n",
    "---\t\r\n",
    "--- # c\n",
    "---\n---\n",
    "---\n\n---\n",
    "\n---\n",
    "\n\n \n---\n\n",
    "\r\n---\r\n",
    "---",
    "\n---\n# Source: a/b\n",
];
const KINDS: &[&str] = &[
    "Namespace",
    "Secret",
    "ConfigMap",
    "Deployment",
    "Job",
    "Pod",
    "Ingress",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "Certificate",
    "Issuer",
    "aLowerKind",
    "List",
    "",
];
const HOOKS: &[&str] =
    &["", "", "", "pre-install", "test", "\"post-install,test\"", "nope", "null", "test-success"];
const ENDS: &[&str] = &["\n", "\n", "\n", "\n\n", "\n \n", "\r\n", "\n  \n\n", "\n# end\n", "\n...\n"];

/// A chart of one to four files, each of up to five documents.
pub fn generated(seed: u64) -> Chart {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for _ in 0..8 {
        random.below(2);
    }
    let mut files = BTreeMap::new();
    for _ in 0..=random.below(4) {
        let mut text = String::new();
        for _ in 0..random.below(6) {
            text.push_str(random.pick(SEPARATORS));
            text.push_str(&document(&mut random));
            text.push_str(random.pick(ENDS));
        }
        files.insert(format!("templates/{}", random.pick(PATHS)), text);
    }
    Chart::write(&format!("seed {seed}"), files.into_iter().collect())
}

fn document(random: &mut Random) -> String {
    match random.below(12) {
        0 => return "# only a comment".to_owned(),
        1 => return String::new(),
        2 => return "{}".to_owned(),
        // Half of the files would fail if wrong documents were frequent.
        3 if random.below(12) == 0 => {
            return random.pick(&["text", "- a", "a: b: c", "kind: [a]"]).to_owned();
        }
        _ => {}
    }
    let mut text = format!("kind: {}\nmetadata:\n  name: n{}", random.pick(KINDS), random.below(100));
    let hook = random.pick(HOOKS);
    if !hook.is_empty() {
        text.push_str("\n  annotations:\n    helm.sh/hook: ");
        text.push_str(hook);
    }
    text
}
