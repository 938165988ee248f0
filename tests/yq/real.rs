//! Real yq, and the comparison of what it prints with what our patches make of the same manifests.

use std::env;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value as Json;
use spark_operator::manifest::Manifests;
use spark_operator::manifest::patch::{self, Sides, yq};

pub struct Real(String);

impl Real {
    /// The binary that `YQ` names. Without it the test is skipped; under CI that is a failure.
    pub fn get(what: &str) -> Option<Self> {
        if let Ok(path) = env::var("YQ") {
            return Some(Self(path));
        }
        println!("SKIPPED: {what}: YQ names no yq binary");
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "YQ must name a yq binary");
        None
    }

    /// The documents that yq prints, or what it says.
    pub fn run(&self, expression: &str, input: &str) -> Result<Vec<Json>, String> {
        let mut child = Command::new(&self.0)
            .args(["--output-format=json", "--indent=0", expression, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", self.0))?;
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // What is written may not fit into the pipe before yq prints.
        let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let _ = writer.join();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8(output.stdout).unwrap();
        let values = serde_json::Deserializer::from_str(&text).into_iter::<Json>();
        let documents: Result<Vec<_>, _> = values.collect();
        Ok(documents.unwrap().into_iter().map(plain).filter(|document| !document.is_null()).collect())
    }
}

/// Numbers as what they are worth: yq keeps `1.0` and `0x10` as they were written.
fn plain(value: Json) -> Json {
    match value {
        Json::Number(number) => match number.as_f64() {
            Some(float) if !number.is_i64() && float.fract() == 0.0 && float.abs() < 1e15 =>
            {
                #[allow(clippy::cast_possible_truncation, reason = "checked above")]
                Json::from(float as i64)
            }
            _ => Json::Number(number),
        },
        Json::Array(items) => items.into_iter().map(plain).collect(),
        Json::Object(map) => Json::Object(map.into_iter().map(|(key, value)| (key, plain(value))).collect()),
        other => other,
    }
}

pub fn manifests(text: &str) -> Vec<Manifests> {
    vec![Manifests::new("manifests.yaml", text.to_owned())]
}

/// The manifests after the patch file that a translation prints.
pub fn patched(translation: &yq::Translation, manifests: &[Manifests]) -> Result<String, String> {
    let patches =
        patch::read_patches("patches.yaml", &translation.to_string()).map_err(|error| error.to_string())?;
    let read: Vec<_> = patches.into_iter().map(|patch| patch::Patch { place: None, ..patch }).collect();
    assert_eq!(read, translation.patches, "the patch file is read back as it was meant");
    let applied = patch::apply(&read, manifests, Sides::All).map_err(|error| error.to_string())?;
    Ok(applied.texts.concat().concat())
}

/// The documents of manifests, each with its text.
fn documents(text: &str) -> Vec<(Json, String)> {
    let source = Manifests::new("manifests.yaml", text.to_owned());
    let read = |chunk| source.read(chunk).unwrap().map(|content| plain(content.root.to_json()));
    source.chunks().filter_map(|chunk| Some((read(chunk)?, chunk.text.to_owned()))).collect()
}

/// How an expression does not do the same both ways.
pub enum Apart {
    /// It is not translated.
    Refused(String),
    /// The patch fails.
    Patch(String),
    /// yq fails.
    Yq(String),
    /// Both work, and the manifests are not the same.
    Different(String),
}

impl std::fmt::Display for Apart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "is refused: {why}"),
            Self::Patch(why) => write!(f, "fails as a patch: {why}"),
            Self::Yq(why) => write!(f, "fails in yq: {why}"),
            Self::Different(what) => f.write_str(what),
        }
    }
}

/// Runs an expression both ways. Returns how many documents it touched.
pub fn compare(real: &Real, expression: &str, input: &str) -> Result<usize, Apart> {
    let translation = yq::translate(expression).map_err(|error| Apart::Refused(error.to_string()))?;
    // With the wrapper yq keeps what it does not select, and can be compared whole.
    let drops = translation.notes.iter().any(|note| note.contains("drops all else"));
    let whole = if drops { format!(". |= ({expression})") } else { expression.to_owned() };
    let yq = real.run(&whole, input).map_err(Apart::Yq)?;
    let ours = patched(&translation, &manifests(input)).map_err(Apart::Patch)?;
    let (before, after) = (documents(input), documents(&ours));
    if before.len() != after.len() {
        return Err(Apart::Different(format!("{} documents became {}", before.len(), after.len())));
    }
    same(&yq, &after).map_err(Apart::Different)?;
    if drops {
        // Without it, yq prints a part of the same documents, in their order.
        let mut rest = after.iter();
        for document in real.run(expression, input).map_err(Apart::Yq)? {
            if !rest.any(|(ours, _)| *ours == document) {
                return Err(Apart::Different(format!(
                    "yq prints a document that we do not have: {document}"
                )));
            }
        }
    }
    let mut touched = 0;
    for ((before, text), (after, new_text)) in before.iter().zip(&after) {
        touched += usize::from(before != after);
        if before == after && text != new_text {
            return Err(Apart::Different(format!("an untouched document was printed anew:\n{new_text}")));
        }
    }
    Ok(touched)
}

fn same(yq: &[Json], ours: &[(Json, String)]) -> Result<(), String> {
    if yq.len() != ours.len() {
        return Err(format!("yq prints {} documents, and we {}", yq.len(), ours.len()));
    }
    match yq.iter().zip(ours).find(|(yq, (ours, _))| *yq != ours) {
        None => Ok(()),
        Some((yq, (ours, _))) => Err(format!("yq:   {yq}\n  ours: {ours}")),
    }
}
