//! Conditions of `select(…)`: on the object they become a patch's target, on the item of a list a step of its path.

use std::ops::Range;

use serde_json::Value as Json;

use super::error::{Cause, Refusal, refuse};
use super::lexer::Operator;
use super::syntax::{Expr, Function, Node, StepKind};
use crate::manifest::patch::{Pattern, Selector, Target};

/// What an object is chosen by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Kind,
    ApiVersion,
    Name,
    Namespace,
    Label(String),
    Annotation(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    /// One of these; in a name with yq's wildcards.
    Is(Vec<String>),
    /// A regular expression for the whole text.
    Matches(String),
    Exists,
    Missing,
    IsNot(String),
}

/// One condition on an object.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) field: Field,
    test: Test,
    span: Range<usize>,
}

impl Field {
    /// The keys that lead to it.
    pub(super) fn path(&self) -> Vec<&str> {
        match self {
            Self::Kind => vec!["kind"],
            Self::ApiVersion => vec!["apiVersion"],
            Self::Name => vec!["metadata", "name"],
            Self::Namespace => vec!["metadata", "namespace"],
            Self::Label(key) => vec!["metadata", "labels", key],
            Self::Annotation(key) => vec!["metadata", "annotations", key],
        }
    }

    fn of(keys: &[&str]) -> Option<Self> {
        Some(match keys {
            ["kind"] => Self::Kind,
            ["apiVersion"] => Self::ApiVersion,
            ["metadata", "name"] => Self::Name,
            ["metadata", "namespace"] => Self::Namespace,
            ["metadata", "labels", key] => Self::Label((*key).to_owned()),
            ["metadata", "annotations", key] => Self::Annotation((*key).to_owned()),
            _ => return None,
        })
    }

    fn in_selector(&self) -> bool {
        matches!(self, Self::Label(_) | Self::Annotation(_))
    }
}

/// The keys of a path from the object on.
fn keys(expr: &Expr) -> Option<Vec<&str>> {
    let Node::Path { base: None, steps } = &expr.kind else { return None };
    let key = |step: &StepKind| if let StepKind::Key(key) = step { Some(key.len()) } else { None };
    steps.iter().all(|step| key(&step.kind).is_some()).then_some(())?;
    Some(
        steps
            .iter()
            .filter_map(|step| if let StepKind::Key(key) = &step.kind { Some(key.as_str()) } else { None })
            .collect(),
    )
}

fn field(expr: &Expr) -> Result<Field, Refusal> {
    let known = keys(expr).and_then(|keys| Field::of(&keys));
    known.ok_or(Refusal { span: expr.span.clone(), cause: Cause::Field })
}

/// The text that yq compares with a value.
fn text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) => Some(value.to_string()),
        Json::Number(number) if number.is_i64() => Some(value.to_string()),
        _ => None,
    }
}

/// What `select(…)` says about an object: all of these.
pub(super) fn conditions(expr: &Expr) -> Result<Vec<Condition>, Refusal> {
    let one = |field, test| Ok(vec![Condition { field, test, span: expr.span.clone() }]);
    match &expr.kind {
        Node::Binary { operator: operator @ (Operator::And | Operator::Or), sides } => {
            let (left, right) = sides.as_ref();
            // Without parentheses only the right side can be of the same rank.
            if let Node::Binary { operator: Operator::And | Operator::Or, .. } = right.kind
                && !matches!(&right.kind, Node::Binary { operator: inner, .. } if inner == operator)
                && right.span.start == first_start(right)
            {
                return refuse(&right.span, Cause::Mixed);
            }
            let (left, right) = (conditions(left)?, conditions(right)?);
            if *operator == Operator::And {
                return Ok(left.into_iter().chain(right).collect());
            }
            match (left.as_slice(), right.as_slice()) {
                (
                    [Condition { field: one_field, test: Test::Is(a), .. }],
                    [Condition { field: other, test: Test::Is(b), .. }],
                ) if one_field == other => one(one_field.clone(), Test::Is([a.as_slice(), b].concat())),
                _ => refuse(&expr.span, Cause::Or),
            }
        }
        Node::Binary { operator: operator @ (Operator::Equal | Operator::NotEqual), sides } => {
            let (left, right) = sides.as_ref();
            let Node::Value(value) = &right.kind else { return refuse(&right.span, Cause::Condition) };
            let field = field(left)?;
            let test = match (value, text(value)) {
                (Json::Null, _) if field.in_selector() => Test::Missing,
                (_, Some(text)) => Test::Is(vec![text]),
                _ => return refuse(&right.span, Cause::Condition),
            };
            one(
                field.clone(),
                if *operator == Operator::Equal { test } else { negated(&field, test, &expr.span)? },
            )
        }
        Node::Binary { operator: Operator::Pipe, sides } => {
            let (left, right) = sides.as_ref();
            match &right.kind {
                Node::Call { name: Function::Not, .. } => match conditions(left)?.as_slice() {
                    [Condition { field, test, .. }] => {
                        one(field.clone(), negated(field, test.clone(), &expr.span)?)
                    }
                    _ => refuse(&expr.span, Cause::Not),
                },
                Node::Call { name, args } => {
                    call(left, *name, args, &right.span).and_then(|(field, test)| one(field, test))
                }
                _ => refuse(&expr.span, Cause::Condition),
            }
        }
        _ => refuse(&expr.span, Cause::Condition),
    }
}

/// Where the first operand of an expression stands: behind its own parenthesis, if it has one.
fn first_start(expr: &Expr) -> usize {
    match &expr.kind {
        Node::Binary { sides, .. } => sides.0.span.start,
        _ => expr.span.start,
    }
}

/// `PATH | has(…)`, `PATH | test(…)`, `PATH | contains(…)`.
fn call(path: &Expr, name: Function, args: &[Expr], span: &Range<usize>) -> Result<(Field, Test), Refusal> {
    let Some(Expr { kind: Node::Value(Json::String(argument)), span: place }) = args.first() else {
        return refuse(span, Cause::Condition);
    };
    if name == Function::Has {
        let mut keys = keys(path).unwrap_or_default();
        keys.push(argument);
        return match Field::of(&keys) {
            Some(field) if field.in_selector() => Ok((field, Test::Exists)),
            _ => refuse(&path.span, Cause::Field),
        };
    }
    let field = field(path)?;
    // What is missing is an error for yq, and what may be missing cannot be asked for.
    if !matches!(field, Field::Kind | Field::Name) {
        return refuse(span, Cause::Condition);
    }
    let pattern = match name {
        Function::Test => whole(argument).ok_or(Refusal { span: place.clone(), cause: Cause::Regex })?,
        Function::Contains if !argument.is_empty() => format!(".*{}.*", escaped(argument)),
        _ => return refuse(span, Cause::Condition),
    };
    Ok((field, Test::Matches(pattern)))
}

fn negated(field: &Field, test: Test, span: &Range<usize>) -> Result<Test, Refusal> {
    match test {
        Test::Exists => Ok(Test::Missing),
        Test::Missing => Ok(Test::Exists),
        Test::Is(texts) if field.in_selector() && texts.len() == 1 => Ok(Test::IsNot(texts.concat())),
        Test::IsNot(value) => Ok(Test::Is(vec![value])),
        Test::Is(_) | Test::Matches(_) => refuse(span, Cause::Not),
    }
}

/// A regular expression that may match anywhere, as one that must match the whole.
fn whole(pattern: &str) -> Option<String> {
    let (start, rest) = pattern.strip_prefix('^').map_or((".*", pattern), |rest| ("", rest));
    let (middle, end) = rest.strip_suffix('$').map_or((rest, ".*"), |rest| (rest, ""));
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.*+?|()[]\\/".contains(c);
    // Behind a backslash only a dot and a hyphen: classes differ in what letters they take.
    let escapes = middle.split('\\').skip(1).all(|after| after.starts_with(['.', '-']));
    // An anchor belongs to its alternative alone.
    let anchored = start.is_empty() || end.is_empty();
    let alternatives = middle.contains('|')
        && anchored
        && !(middle.starts_with('(') && middle.find(')') == Some(middle.len() - 1));
    let simple = middle.chars().all(fits)
        && escapes
        && !alternatives
        && !middle.contains("(?")
        && !middle.contains("[]");
    if !simple || middle.is_empty() || Pattern::regex(middle).is_err() {
        return None;
    }
    // Only a whole alternation needs parentheses between what stands around it.
    let middle = if middle.contains('|') && !anchored { format!("({middle})") } else { middle.to_owned() };
    Some(format!("{start}{middle}{end}"))
}

/// A text as a regular expression that a person can read: a hyphen stays as it is.
fn escaped(text: &str) -> String {
    regex::escape(text).replace("\\-", "-")
}

/// One of several texts with yq's wildcards, as a regular expression.
fn alternation(texts: &[String]) -> String {
    let one = |text: &String| escaped(text).replace("\\*", ".*").replace("\\?", ".");
    texts.iter().map(one).collect::<Vec<_>>().join("|")
}

/// The target of all conditions, and the kinds if they are named.
pub(super) fn target(conditions: &[Condition]) -> Result<(Target, Vec<String>), Refusal> {
    let mut target = Target::kind(Pattern::Glob("*".to_owned()));
    let mut kinds = Vec::new();
    let (mut labels, mut annotations) = (Vec::new(), Vec::new());
    for Condition { field, test, span } in dedup(conditions)? {
        match field {
            Field::Kind => {
                target.kind = pattern(test, span)?;
                if let Test::Is(texts) = test {
                    if texts.iter().any(|kind| kind.ends_with("List")) {
                        return refuse(span, Cause::List);
                    }
                    kinds.clone_from(texts);
                }
            }
            Field::Name => target.name = Some(pattern(test, span)?),
            Field::Namespace => target.namespace = Some(pattern(test, span)?),
            Field::ApiVersion => match test {
                Test::Is(texts) if texts.len() == 1 && !texts.concat().contains(['*', '?', '[', '\\']) => {
                    let text = texts.concat();
                    let (group, version) = text.rsplit_once('/').unwrap_or(("", &text));
                    target.group = Some(Pattern::Glob(group.to_owned()));
                    target.version = Some(Pattern::Glob(version.to_owned()));
                }
                _ => return refuse(span, Cause::Pattern),
            },
            Field::Label(key) => labels.push(requirement(key, test, span)?),
            Field::Annotation(key) => annotations.push(requirement(key, test, span)?),
        }
    }
    target.label_selector = selector(&labels);
    target.annotation_selector = selector(&annotations);
    Ok((target, kinds))
}

/// The conditions without those that are said twice.
fn dedup(conditions: &[Condition]) -> Result<Vec<&Condition>, Refusal> {
    let mut kept: Vec<&Condition> = Vec::new();
    for condition in conditions {
        let same = kept.iter().find(|other| other.field == condition.field && !condition.field.in_selector());
        match same {
            Some(other) if other.test == condition.test => {}
            Some(_) => return refuse(&condition.span, Cause::Twice),
            None => kept.push(condition),
        }
    }
    Ok(kept)
}

fn pattern(test: &Test, span: &Range<usize>) -> Result<Pattern, Refusal> {
    let refused = || Refusal { span: span.clone(), cause: Cause::Pattern };
    let regex = |text: &str| Pattern::regex(text).map_err(|_| refused());
    match test {
        // Nothing but wildcards also matches what is missing.
        Test::Is(texts)
            if texts.iter().any(|text| text.trim_matches('*').is_empty() || text.contains('/')) =>
        {
            Err(refused())
        }
        Test::Is(texts) => match texts.as_slice() {
            [name] if !name.contains(['[', '\\']) => Pattern::glob(name).map_err(|_| refused()),
            _ => regex(&alternation(texts)),
        },
        Test::Matches(whole) => regex(whole),
        Test::Exists | Test::Missing | Test::IsNot(_) => Err(refused()),
    }
}

/// A requirement of a label selector that reads back as it is meant.
fn requirement(key: &str, test: &Test, span: &Range<usize>) -> Result<String, Refusal> {
    let fits = |text: &String| {
        !text.is_empty() && text.trim() == text && !text.contains(['*', '?', '(', ')', '=', '!', ',', '\n'])
    };
    let texts: &[String] = match test {
        Test::Is(texts) => texts,
        Test::IsNot(value) => std::slice::from_ref(value),
        Test::Exists | Test::Missing | Test::Matches(_) => &[],
    };
    let requirement = match test {
        _ if !texts.iter().all(fits) => return refuse(span, Cause::SelectorText),
        Test::Is(texts) if texts.len() == 1 => format!("{key}={}", texts.concat()),
        Test::Is(texts) => format!("{key} in ({})", texts.join(",")),
        Test::IsNot(value) => format!("{key}!={value}"),
        Test::Exists => key.to_owned(),
        Test::Missing => format!("!{key}"),
        Test::Matches(_) => return refuse(span, Cause::Pattern),
    };
    match Selector::parse(&requirement) {
        Ok(_) => Ok(requirement),
        Err(_) => refuse(span, Cause::SelectorText),
    }
}

fn selector(requirements: &[String]) -> Option<Selector> {
    let text = requirements.join(",");
    Selector::parse(&text).ok().filter(|_| !text.is_empty())
}

/// A selector that also wants this key, if selectors can name it.
pub(super) fn with_key(selector: Option<&Selector>, key: &str) -> Option<Selector> {
    let text = selector.map_or_else(|| key.to_owned(), |selector| format!("{selector},{key}"));
    let alone = key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    Selector::parse(&text).ok().filter(|_| alone)
}

/// What `select(…)` says about the item of a list: its field (empty for itself) and text.
pub(super) fn item(expr: &Expr) -> Result<(String, String), Refusal> {
    let refused = || Refusal { span: expr.span.clone(), cause: Cause::Item };
    let Node::Binary { operator: Operator::Equal, sides } = &expr.kind else { return Err(refused()) };
    let Node::Value(value) = &sides.1.kind else { return Err(refused()) };
    let (path, text) = (keys(&sides.0).ok_or_else(refused)?, text(value).ok_or_else(refused)?);
    let field = match path.as_slice() {
        [] => String::new(),
        [field] if !field.contains(['=', ']']) => (*field).to_owned(),
        _ => return Err(refused()),
    };
    if text.is_empty() || text.contains(['*', '?', '\n']) {
        return refuse(&sides.1.span, Cause::Pattern);
    }
    Ok((field, text))
}
