//! Why a yq expression is not translated: which part of it, and what to write instead.

use std::fmt;
use std::ops::Range;

use thiserror::Error;

/// A part of an expression that is not translated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct YqError {
    /// The line of the part, from 1.
    pub line: usize,
    /// The column of the part in its line, from 1, in characters.
    pub column: usize,
    /// The part; empty at the end of the expression.
    pub part: String,
    /// What is wrong with it.
    #[source]
    pub cause: Cause,
    /// Whether the expression has several lines.
    several: bool,
}

/// What is wrong with a part of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[rustfmt::skip]
#[allow(missing_docs, reason = "each variant is its message")]
pub enum Cause {
    #[error("this is not understood; understood are select(…), paths, =, +=, *=, |=, del(…), with(…; …), and values as \
             they are in JSON")]
    Unknown,
    #[error("here should stand {0}")]
    Expected(&'static str),
    #[error("a text has no end; hint: write \"…\"")]
    OpenText,
    #[error("a list, a mapping or a parenthesis has no end")]
    OpenBracket,
    #[error("this is nested too deeply")]
    Deep,
    #[error("not every tool reads this number the same; hint: write it in decimal, without leading zeros")]
    Number,
    #[error("this escape is not understood; understood are \\\" \\\\ \\n \\t \\r")]
    Escape,
    #[error("yq computes this text from each document; a patch holds the text itself")]
    Interpolation,
    #[error("a patch file does not read the environment; hint: let the shell fill it in: \"…'\"$NAME\"'…\"")]
    Environment,
    #[error("yq reads all of this as one name; hint: put a space before the operator")]
    Glued,
    #[error("yq reads `*` and `?` in a name as wildcards, a patch does not; hint: name each key")]
    Wildcard,
    #[error("this name can be a key or an index; hint: write [0] for an index")]
    Digits,
    #[error("a patch file cannot name this key")]
    Key,
    #[error("an index that counts from the end, or a slice, is not understood; hint: [] | select(.name == \"…\")")]
    Index,
    #[error("a patch names one item of a list; hint: choose it: (.list[] | select(.name == \"…\")).key = …")]
    Each,
    #[error("values are written as in JSON; what yq would compute is not understood; hint: write the result")]
    Value,
    #[error("the key {0:?} is written twice")]
    TwiceKey(String),
    #[error("yq would print only this part of a document, or nothing; hint: put the path before the operator, in \
             parentheses if it has a pipe: (select(…) | .a.b) = …")]
    Output,
    #[error("nothing is changed here; hint: say what to change: =, +=, *=, |= or del(…)")]
    NoChange,
    #[error("a comma is understood only between paths: (.a, .b) = …, del(.a, .b); hint: put a pipe between changes")]
    Comma,
    #[error("a patch chooses objects by kind, apiVersion, metadata.name, metadata.namespace, labels and annotations, \
             not by this")]
    Field,
    #[error("this condition is not understood; understood are == and != with a text, `and`, `or` between values of one \
             field, has(…), test(…), contains(…), and == null for labels and annotations")]
    Condition,
    #[error("a patch cannot say \"not\" for this field; hint: name what is meant, or test(\"one|another\")")]
    Not,
    #[error("`or` between different fields, or around `and`, is more than a patch's target can say; hint: translate \
             two expressions, one for each side")]
    Or,
    #[error("yq gives `and` and `or` the same rank; hint: use parentheses")]
    Mixed,
    #[error("this field is already chosen by another condition; hint: keep one of the two")]
    Twice,
    #[error("a selector cannot hold this text: it may not be empty, have wildcards, commas, `=`, `!`, parentheses, or \
             spaces at an end")]
    SelectorText,
    #[error("this pattern may match nothing, everything, or something else in a patch; hint: write the name, or \
             test(\"^…$\")")]
    Pattern,
    #[error("this regular expression may mean something else in a patch; understood are letters, digits, . * + ? | \
             ( ) [ ], `^` at the start and `$` at the end")]
    Regex,
    #[error("patches look into a List by themselves, yq does not; hint: name the kind of its items")]
    List,
    #[error("an item of a list is chosen by one field, or by itself: select(.name == \"…\"), select(. == \"…\")")]
    Item,
    #[error("what this chooses by is changed before: yq chooses once, a patch would choose again; hint: make this \
             change first")]
    ChosenByChanged,
    #[error("this is the whole object; hint: change its fields")]
    Whole,
    #[error("on a number yq adds up, and a patch does not; hint: write the result with `=`, or += [1] for a list")]
    Sum,
    #[error("this adds nothing")]
    Nothing,
    #[error("the same item is added twice, or two of the same name")]
    Same,
    #[error("whether this is a list or a mapping is not known; hint: += [{{…}}] for a list, .a.b.key = … for a mapping")]
    ListOrMap,
    #[error("this is one item of a list; hint: leave out its index to add to the list, or write the whole item with `=`")]
    OneItem,
    #[error("*= merges a mapping into a path without items of lists")]
    Merge,
    #[error("yq would write this null, a merge would take out the key; hint: .a.b = null")]
    Null,
    #[error("a patch that takes out an item by its number would take out the next one when applied again; hint: \
             del(.list[] | select(.name == \"…\")) or del(.list[] | select(. == \"…\"))")]
    RemoveByNumber,
}

/// A part by its bytes, and what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) span: Range<usize>,
    pub(super) cause: Cause,
}

pub(super) fn refuse<T>(span: &Range<usize>, cause: Cause) -> Result<T, Refusal> {
    Err(Refusal { span: span.clone(), cause })
}

impl Refusal {
    /// As the user sees it: line, column, and the part itself.
    pub(super) fn shown(self, text: &str) -> YqError {
        const MOST: usize = 60;
        let Self { span, cause } = self;
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        let part = text.get(span).unwrap_or_default().trim();
        let part = match part.char_indices().nth(MOST) {
            Some((end, _)) => format!("{}…", &part[..end]),
            None => part.to_owned(),
        };
        YqError {
            line: before.matches('\n').count() + 1,
            column: before[line..].chars().count() + 1,
            part: part.split_whitespace().collect::<Vec<_>>().join(" "),
            cause,
            several: text.trim().contains('\n'),
        }
    }
}

/// `column 34, at `.a[]`: a patch names one item …`.
impl fmt::Display for YqError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, part, cause, several } = self;
        if *several {
            write!(f, "line {line}, ")?;
        }
        write!(f, "column {column}, ")?;
        if part.is_empty() {
            f.write_str("at the end: ")?;
        } else {
            write!(f, "at `{part}`: ")?;
        }
        write!(f, "{cause}")
    }
}
