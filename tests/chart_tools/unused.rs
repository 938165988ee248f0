//! Every value is read by some template: one that is not would be a promise that the chart does not keep.
//!
//! Names that `set`, a macro's parameter or a loop give to a section are followed; a section handed on as a whole
//! (to toYaml, to a function) is read as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use spark_operator::chart::ir::{Expr, Piece, Tag};
use spark_operator::chart::parse::parse;
use spark_operator::chart::source::{MACROS, TEMPLATES};
use spark_operator::values;

/// Values that no template reads, each with its reason.
const ALLOWED: &[(&str, &str)] = &[
    ("controller.maxDelay", "older values files carry it; workqueueRateLimiter.maxDelay is read"),
    ("enabled", "Helm sets it where the chart is another's dependency"),
    ("webhook.leaderElection.enable", "older values files carry it; every replica serves"),
];

type Paths = BTreeSet<String>;

/// What names stand for: `macro/name` or `file/name` to the value paths they may hold.
#[derive(Default)]
struct Reader {
    aliases: BTreeMap<String, Paths>,
    parameters: BTreeMap<String, Vec<String>>,
    read: Paths,
}

impl Reader {
    /// One pass over all templates. Aliases of a pass are known to the next.
    fn pass(&mut self, files: &[(&str, Vec<Piece>)]) {
        for (path, pieces) in files {
            let mut scope = (*path).to_owned();
            for piece in pieces {
                let Piece::Tag { tag, .. } = piece else { continue };
                match tag {
                    Tag::Macro { name, .. } => scope = format!("macro {name}"),
                    Tag::EndMacro => (*path).clone_into(&mut scope),
                    Tag::Set { variable, value } => {
                        // A section that gets a name is not read by that.
                        if let Some(paths) = self.section(value, &scope) {
                            self.name(&scope, variable, paths);
                        } else {
                            self.reads(value, &scope);
                        }
                    }
                    Tag::For { over, .. } => self.reads(over, &scope),
                    Tag::Emit(e) | Tag::If(e) | Tag::ElseIf(e) => self.reads(e, &scope),
                    Tag::Else | Tag::EndIf | Tag::EndFor => {}
                }
            }
        }
    }

    fn name(&mut self, scope: &str, name: &str, paths: Paths) {
        self.aliases.entry(format!("{scope}/{name}")).or_default().extend(paths);
    }

    /// The value paths that a plain path may mean.
    fn section(&self, expr: &Expr, scope: &str) -> Option<Paths> {
        let Expr::Path(path) = expr else { return None };
        let (first, rest) = path.split_first()?;
        if first == "values" {
            return Some([rest.join(".")].into());
        }
        let bases = self.aliases.get(&format!("{scope}/{first}"))?;
        let below: String = rest.iter().flat_map(|key| [".", key]).collect();
        Some(bases.iter().map(|base| format!("{base}{below}")).collect())
    }

    fn reads(&mut self, expr: &Expr, scope: &str) {
        match expr {
            Expr::Path(_) => {
                if let Some(paths) = self.section(expr, scope) {
                    self.read.extend(paths);
                }
            }
            Expr::Str(_) | Expr::Int(_) | Expr::Bool(_) => {}
            Expr::Not(a) => self.reads(a, scope),
            Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(_, a, b) => {
                self.reads(a, scope);
                self.reads(b, scope);
            }
            Expr::Pipe { value, args, .. } => {
                self.reads(value, scope);
                for arg in args {
                    self.reads(arg, scope);
                }
            }
            Expr::Call { name, args } => {
                let parameters = self.parameters.get(name).cloned();
                for (i, arg) in args.iter().enumerate() {
                    let section = self.section(arg, scope);
                    match (&parameters, section) {
                        (Some(parameters), Some(paths)) => {
                            self.name(&format!("macro {name}"), &parameters[i], paths);
                        }
                        _ => self.reads(arg, scope),
                    }
                }
            }
        }
    }
}

/// The leaves of the schema's own keys.
fn leaves(schema: &Json, path: &str, found: &mut Vec<String>) {
    let properties = schema.get("properties").and_then(Json::as_object).filter(|keys| !keys.is_empty());
    let Some(properties) = properties else { return found.push(path.to_owned()) };
    for (key, below) in properties {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        leaves(below, &path, found);
    }
}

fn reader() -> Reader {
    let files: Vec<(&str, Vec<Piece>)> =
        MACROS.iter().chain(TEMPLATES).map(|(path, source)| (*path, parse(path, source).unwrap())).collect();
    let mut reader = Reader::default();
    for piece in files.iter().flat_map(|(_, pieces)| pieces) {
        if let Piece::Tag { tag: Tag::Macro { name, parameters }, .. } = piece {
            reader.parameters.insert(name.clone(), parameters.clone());
        }
    }
    loop {
        let before = (reader.aliases.clone(), reader.read.len());
        reader.pass(&files);
        if before == (reader.aliases.clone(), reader.read.len()) {
            return reader;
        }
    }
}

#[test]
fn every_value_is_read_by_a_template() {
    let reader = reader();
    let mut keys = Vec::new();
    leaves(&values::schema(), "", &mut keys);
    let is_read = |key: &&String| {
        reader.read.contains(*key)
            || key.match_indices('.').any(|(at, _)| {
                // A condition on a section does not read what is in it, but handing it on does.
                reader.read.contains(&key[..at])
            })
    };
    let unused: Paths = keys.iter().filter(|key| !is_read(key)).cloned().collect();
    let allowed: Paths = ALLOWED.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert_eq!(unused, allowed, "left: values that no template reads; right: those that are known");
    println!(
        "values: {} keys, {} read by templates, {} known not to be",
        keys.len(),
        keys.len() - unused.len(),
        unused.len()
    );
}

/// A value path that a template reads through a name is checked here, since the printer knows no types of names.
#[test]
fn every_value_path_that_is_read_through_a_name_exists() {
    let schema = values::schema();
    let exists = |path: &str| {
        let mut at = &schema;
        path.split('.').all(|key| {
            let Some(below) = at.get("properties").and_then(|keys| keys.get(key)) else { return false };
            at = below;
            true
        })
    };
    let unknown: Vec<String> =
        reader().read.into_iter().filter(|path| !path.is_empty() && !exists(path)).collect();
    assert_eq!(unknown, [""; 0], "templates read these, and no value is there");
}
