//! From the intermediate form to Go templates.
//!
//! Text and dashes are copied, so white space is equal by construction. A macro becomes a named template: one without
//! parameters gets the root, one with parameters a dict of them and `root`. Values are reached from Go's dot, in a
//! loop from `$`, which no loop rebinds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use thiserror::Error;

use super::ir::{Expr, Piece, Place, Tag};
use super::kinds::{Kind, Kinds};

/// What a printed template cannot be.
#[derive(Debug, Error)]
#[error("{place}: {problem}")]
pub struct PrintError {
    /// Where in the source.
    pub place: Place,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

/// What all templates of a chart share.
#[derive(Debug)]
pub struct Chart<'a> {
    /// Prefix of named templates.
    pub name: &'a str,
    /// Macros and their parameters.
    pub macros: BTreeMap<String, Vec<String>>,
    /// Kinds of the value paths, from the schema.
    pub kinds: &'a Kinds,
}

/// A block that is open, and the names it has given.
#[derive(Default)]
struct Frame {
    /// Names, each with the path that it stands for, if it stands for one.
    names: BTreeMap<String, Option<Vec<String>>>,
    /// Whether it is a loop's, which rebinds Go's dot.
    is_loop: bool,
    /// The loop's index variable, where the body asks for the first turn.
    index: Option<String>,
}

/// What the render knows of a release and of the chart.
const RELEASE: [&str; 6] = ["name", "namespace", "isInstall", "isUpgrade", "revision", "service"];
const CHART: [&str; 3] = ["name", "version", "appVersion"];

/// Functions that make of a number what both languages agree on.
const TAKE_NUMBERS: [&str; 6] = ["int64", "int", "kindIs", "empty", "toYaml", "toJson"];

struct Printer<'a> {
    chart: &'a Chart<'a>,
    place: Place,
    out: String,
    frames: Vec<Frame>,
    /// The parameters of the macro that is printed.
    parameters: Option<Vec<String>>,
}

impl Chart<'_> {
    /// Prints one template.
    ///
    /// # Errors
    /// [`PrintError`] for a name or value path that does not exist, or a value printed in a way that Go prints otherwise.
    pub fn print(&self, file: &str, pieces: &[Piece]) -> Result<String, PrintError> {
        let place = Place { file: file.into(), line: 1, column: 1 };
        let mut printer = Printer {
            chart: self,
            place,
            out: String::new(),
            frames: vec![Frame::default()],
            parameters: None,
        };
        for (i, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Text(text) => printer.out.push_str(&text.replace("{{", "{{ \"{{\" }}")),
                Piece::Comment { text, trim_left, trim_right } => {
                    let (left, right) = (dash(*trim_left, "- "), dash(*trim_right, " -"));
                    let _ = write!(printer.out, "{{{{{left}/* {text} */{right}}}}}");
                }
                Piece::Tag { tag, trim_left, trim_right, place } => {
                    printer.place = place.clone();
                    let code = printer.tag(tag, &pieces[i + 1..])?;
                    let (left, right) = (dash(*trim_left, "-"), dash(*trim_right, "-"));
                    let _ = write!(printer.out, "{{{{{left} {code} {right}}}}}");
                }
            }
        }
        Ok(printer.out)
    }
}

fn dash(there: bool, text: &str) -> &str {
    if there { text } else { "" }
}

impl Printer<'_> {
    fn fail<T>(&self, problem: impl Into<String>) -> Result<T, PrintError> {
        Err(PrintError { place: self.place.clone(), problem: problem.into() })
    }

    fn tag(&mut self, tag: &Tag, rest: &[Piece]) -> Result<String, PrintError> {
        Ok(match tag {
            Tag::Emit(expr) => {
                self.printable(expr)?;
                self.expr(expr)?
            }
            Tag::If(condition) => {
                let code = format!("if {}", self.expr(condition)?);
                self.frames.push(Frame::default());
                code
            }
            Tag::ElseIf(condition) => {
                self.reopen();
                format!("else if {}", self.expr(condition)?)
            }
            Tag::Else => {
                self.reopen();
                "else".into()
            }
            Tag::EndIf | Tag::EndFor => {
                self.frames.pop();
                "end".into()
            }
            Tag::EndMacro => {
                self.frames.pop();
                self.parameters = None;
                "end".into()
            }
            Tag::For { variable, over } => {
                self.nameable(variable)?;
                let over = self.expr(over)?;
                let index = asks_for_first(rest).then(|| format!("{variable}Index"));
                let names = BTreeMap::from([(variable.clone(), None)]);
                let code = match &index {
                    Some(index) => format!("range ${index}, ${variable} := {over}"),
                    None => format!("range ${variable} := {over}"),
                };
                self.frames.push(Frame { names, is_loop: true, index });
                code
            }
            Tag::Set { variable, value } => {
                self.nameable(variable)?;
                if self.frames.iter().any(|f| f.names.contains_key(variable)) {
                    return self.fail(format!("{variable} has a value already: choose another name"));
                }
                let code = format!("${variable} := {}", self.expr(value)?);
                let path = if let Expr::Path(path) = value { Some(self.resolved(path)) } else { None };
                if let Some(frame) = self.frames.last_mut() {
                    frame.names.insert(variable.clone(), path);
                }
                code
            }
            Tag::Macro { name, parameters } => {
                if self.frames.len() > 1 {
                    return self.fail(format!("macro {name} stands in a block: macros stand at the top"));
                }
                for parameter in parameters {
                    self.nameable(parameter)?;
                }
                // A named template sees nothing of its file.
                self.frames = vec![Frame::default(), Frame::default()];
                self.parameters = Some(parameters.clone());
                format!("define {}", quoted(&format!("{}.{name}", self.chart.name)))
            }
        })
    }

    /// Refuses names that mean something else already, here or in Go.
    fn nameable(&self, name: &str) -> Result<(), PrintError> {
        let known = ["values", "release", "chart", "capabilities", "loop", "paths", "root"].contains(&name);
        let parameter = self.parameters.as_ref().is_some_and(|p| p.iter().any(|p| p == name));
        if known || parameter || self.chart.macros.contains_key(name) || name.ends_with("Index") {
            return self.fail(format!("the name {name} means something else already: choose another"));
        }
        Ok(())
    }

    /// A path with the names that stand for paths put in full.
    fn resolved(&self, path: &[String]) -> Vec<String> {
        let alias = path.first().and_then(|first| self.frames.iter().rev().find_map(|f| f.names.get(first)));
        match alias {
            Some(Some(full)) => [full, &path[1..]].concat(),
            _ => path.to_vec(),
        }
    }

    /// The kind of a path that begins with `values`, in the end; `default` hands it on.
    fn kind(&self, expr: &Expr) -> Result<Option<Kind>, PrintError> {
        let path = match expr {
            Expr::Path(path) => path,
            Expr::Pipe { value, name, .. } if name == "default" => return self.kind(value),
            _ => return Ok(None),
        };
        let full = self.resolved(path);
        let Some((_, keys)) = full.split_first().filter(|(root, _)| *root == "values") else {
            return Ok(None);
        };
        match self.chart.kinds.of(keys) {
            Some(kind) => Ok(Some(kind)),
            None => self.fail(format!("there is no value {}: see src/values", keys.join("."))),
        }
    }

    /// A number goes through a function that makes it the same in both languages.
    fn not_a_number(&self, expr: &Expr) -> Result<(), PrintError> {
        if self.kind(expr)? == Some(Kind::Integer) {
            return self
                .fail("a number is a float in Helm where it comes from a file: pipe it through int64 first");
        }
        Ok(())
    }

    /// The next branch of a condition: what the last one named is gone.
    fn reopen(&mut self) {
        self.frames.pop();
        self.frames.push(Frame::default());
    }

    /// An expression that stands alone.
    fn expr(&self, expr: &Expr) -> Result<String, PrintError> {
        Ok(match expr {
            Expr::Path(path) => self.path(path)?,
            Expr::Str(text) => quoted(text),
            Expr::Int(int) => int.to_string(),
            Expr::Bool(truth) => truth.to_string(),
            Expr::Not(inner) => format!("not {}", self.operand(inner)?),
            Expr::And(..) => format!("and {}", self.operands(expr, true)?.join(" ")),
            Expr::Or(..) => format!("or {}", self.operands(expr, false)?.join(" ")),
            Expr::Compare(name, left, right) => {
                for side in [left, right] {
                    self.comparable(side)?;
                }
                format!("{name} {} {}", self.operand(left)?, self.operand(right)?)
            }
            Expr::Pipe { value, name, args } => {
                if self.chart.macros.contains_key(name) {
                    return self.fail(format!("macro {name} is no filter: call it"));
                }
                self.function(name)?;
                if name != "default" && !TAKE_NUMBERS.contains(&name.as_str()) {
                    self.not_a_number(value)?;
                }
                if matches!(name.as_str(), "merge" | "mergeOverwrite" | "apiHas") {
                    return self.fail(format!("{name} is no filter here: call it as a function"));
                }
                let mut code = self.piped(value)?;
                let _ = write!(code, " | {name}");
                for arg in args {
                    let _ = write!(code, " {}", self.operand(arg)?);
                }
                code
            }
            Expr::Call { name, args } => self.call(name, args)?,
        })
    }

    /// The left side of a pipe: a pipe goes on without parentheses.
    fn piped(&self, expr: &Expr) -> Result<String, PrintError> {
        match expr {
            Expr::Pipe { .. } | Expr::Call { .. } => self.expr(expr),
            _ => self.operand(expr),
        }
    }

    /// `a and b and c` is one call in Go.
    fn operands(&self, expr: &Expr, and: bool) -> Result<Vec<String>, PrintError> {
        match expr {
            Expr::And(left, right) if and => {
                Ok([self.operands(left, and)?, self.operands(right, and)?].concat())
            }
            Expr::Or(left, right) if !and => {
                Ok([self.operands(left, and)?, self.operands(right, and)?].concat())
            }
            other => Ok(vec![self.operand(other)?]),
        }
    }

    /// An expression as an argument.
    fn operand(&self, expr: &Expr) -> Result<String, PrintError> {
        let code = self.expr(expr)?;
        let atom = matches!(expr, Expr::Path(_) | Expr::Str(_) | Expr::Int(_) | Expr::Bool(_))
            && !code.contains(' ')
            || matches!(expr, Expr::Str(_));
        Ok(if atom { code } else { format!("({code})") })
    }

    fn call(&self, name: &str, args: &[Expr]) -> Result<String, PrintError> {
        if let Some(parameters) = self.chart.macros.get(name) {
            return self.include(name, parameters, args);
        }
        if name == "apiHas" {
            let [version] = args else { return self.fail("apiHas takes one argument") };
            return Ok(format!("{}.Capabilities.APIVersions.Has {}", self.base(), self.operand(version)?));
        }
        self.function(name)?;
        let mut code = name.to_owned();
        for (i, arg) in args.iter().enumerate() {
            self.not_a_number(arg)?;
            let operand = self.operand(arg)?;
            // Helm's merge writes into every map but the last.
            let shared = matches!(name, "merge" | "mergeOverwrite") && i + 1 < args.len() && !is_fresh(arg);
            let _ = if shared { write!(code, " (deepCopy {operand})") } else { write!(code, " {operand}") };
        }
        Ok(code)
    }

    /// Whether Helm has the function, and we.
    fn function(&self, name: &str) -> Result<(), PrintError> {
        if name == "apiHas" || crate::template::function_names().any(|known| known == name) {
            return Ok(());
        }
        self.fail(format!("there is no function or macro {name}"))
    }

    fn include(&self, name: &str, parameters: &[String], args: &[Expr]) -> Result<String, PrintError> {
        if parameters.len() != args.len() {
            return self.fail(format!(
                "macro {name} takes {} arguments, not {}",
                parameters.len(),
                args.len()
            ));
        }
        let target = quoted(&format!("{}.{name}", self.chart.name));
        if parameters.is_empty() {
            return Ok(format!("include {target} {}", self.root()));
        }
        let mut code = format!("include {target} (dict \"root\" {}", self.root());
        for (parameter, arg) in parameters.iter().zip(args) {
            let _ = write!(code, " {} {}", quoted(parameter), self.operand(arg)?);
        }
        Ok(code + ")")
    }

    /// What leads to the context: nothing, since Go's dot is it, but `$` in a loop, which rebinds the dot.
    fn dot(&self) -> &'static str {
        if self.frames.iter().any(|f| f.is_loop) { "$" } else { "" }
    }

    /// What leads to the chart's root; in a named template with parameters it is one of them.
    fn base(&self) -> String {
        let below = if self.parameters.as_ref().is_some_and(|p| !p.is_empty()) { ".root" } else { "" };
        format!("{}{below}", self.dot())
    }

    /// The chart's root as a value.
    fn root(&self) -> String {
        let base = self.base();
        if base.is_empty() { ".".into() } else { base }
    }

    fn path(&self, path: &[String]) -> Result<String, PrintError> {
        let Some((first, rest)) = path.split_first() else { return self.fail("an empty path") };
        let below = rest.iter().flat_map(|key| [".", key]).collect::<String>();
        if self.frames.iter().any(|f| f.names.contains_key(first)) {
            self.kind(&Expr::Path(path.to_vec()))?;
            return Ok(format!("${first}{below}"));
        }
        if self.parameters.as_ref().is_some_and(|p| p.contains(first)) {
            return Ok(format!("{}.{first}{below}", self.dot()));
        }
        let base = self.base();
        match (first.as_str(), rest) {
            ("loop", [property]) if property == "first" => {
                match self.frames.iter().rev().find(|f| f.is_loop).and_then(|f| f.index.as_ref()) {
                    Some(index) => Ok(format!("eq ${index} 0")),
                    None => self.fail("loop.first outside a loop"),
                }
            }
            ("values", _) => {
                self.kind(&Expr::Path(path.to_vec()))?;
                Ok(format!("{base}.Values{below}"))
            }
            ("capabilities", [property]) if property == "kubeVersion" => {
                Ok(format!("{base}.Capabilities.KubeVersion.Version"))
            }
            ("release", [property]) if RELEASE.contains(&property.as_str()) => {
                Ok(format!("{base}.Release.{}", capitalized(property)))
            }
            ("chart", [property]) if CHART.contains(&property.as_str()) => {
                Ok(format!("{base}.Chart.{}", capitalized(property)))
            }
            _ => self.fail(format!(
                "there is no {}: known are values, release, chart, capabilities.kubeVersion, loop.first, and names given \
                 by set, for and macro",
                path.join(".")
            )),
        }
    }

    /// Whether Go prints the value as minijinja does.
    fn printable(&self, expr: &Expr) -> Result<(), PrintError> {
        match self.kind(expr)? {
            None | Some(Kind::Bool | Kind::Safe) => Ok(()),
            Some(Kind::Text) => self.fail("it may hold any text: print it with quote"),
            Some(Kind::Integer) => {
                self.fail("it is a number, which Helm prints as 1e+06 from a million on: print it with int64")
            }
            Some(Kind::Other) => self.fail("it is no scalar: print it with toYaml"),
        }
    }

    /// Go compares only what is of one type.
    fn comparable(&self, expr: &Expr) -> Result<(), PrintError> {
        match self.kind(expr)? {
            Some(Kind::Integer) => {
                self.fail("it is a float in Helm where it comes from a file: compare it with int64")
            }
            Some(Kind::Other) => self.fail("it may be of several types: compare it with toString"),
            _ => Ok(()),
        }
    }
}

/// Whether a map was made for this call, and holds no other, so that nobody sees it change.
fn is_fresh(expr: &Expr) -> bool {
    match expr {
        Expr::Call { name, args } if name == "dict" => {
            args.iter().all(|a| !matches!(a, Expr::Path(p) if p.len() > 1))
        }
        Expr::Call { name, .. } | Expr::Pipe { name, .. } => {
            matches!(name.as_str(), "deepCopy" | "fromJson" | "fromYaml")
        }
        _ => false,
    }
}

/// Whether the loop that begins before these pieces asks which turn it is in.
fn asks_for_first(rest: &[Piece]) -> bool {
    let mut depth = 0;
    for piece in rest {
        let Piece::Tag { tag, .. } = piece else { continue };
        match tag {
            Tag::For { over, .. } if depth == 0 && mentions_loop(over) => return true,
            Tag::For { .. } => depth += 1,
            Tag::Set { value, .. } if depth == 0 && mentions_loop(value) => return true,
            Tag::EndFor if depth == 0 => return false,
            Tag::EndFor => depth -= 1,
            Tag::If(e) | Tag::ElseIf(e) | Tag::Emit(e) if depth == 0 && mentions_loop(e) => return true,
            _ => {}
        }
    }
    false
}

fn mentions_loop(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.first().is_some_and(|f| f == "loop"),
        _ => expr.below().into_iter().any(mentions_loop),
    }
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

/// A Go string literal: raw where escapes would hide what it says.
fn quoted(text: &str) -> String {
    let raw = text.contains(['"', '\\']) && !text.contains('`') && !text.chars().any(char::is_control);
    if raw {
        return format!("`{text}`");
    }
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out + "\""
}
