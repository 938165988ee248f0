//! Writes single scalars and keeps the position: go-yaml v2's choice of plain, quoted or block style, and folding.
//!
//! The state (`column`, `whitespace`, `indention`) follows libyaml, on which go-yaml v2 is built: where a line
//! breaks and whether a list is indented depend on it.

use std::fmt::Write as _;

use super::scalar::{self, Scalar};

/// Columns after which a line is folded at the next space.
const WIDTH: usize = 80;
const INDENT: isize = 2;
/// In bytes; longer keys are written with `? `.
const MAX_SIMPLE_KEY: usize = 128;

/// The text so far and where in it we are.
pub(super) struct Writer {
    out: String,
    column: usize,
    /// -1 outside of any collection.
    pub(super) indent: isize,
    /// Whether the last character was a space or the start of a line.
    whitespace: bool,
    /// Whether the line holds nothing but indentation and `-`, `?`, `:` so far.
    pub(super) indention: bool,
}

/// Which styles a text allows.
#[derive(Default)]
struct Allowed {
    multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { out: String::new(), column: 0, indent: -1, whitespace: true, indention: true }
    }

    /// The text, without one trailing line break.
    pub(super) fn finish(mut self) -> String {
        self.write_indent();
        if self.out.ends_with('\n') {
            self.out.pop();
        }
        self.out
    }

    /// Returns the indentation to restore.
    pub(super) fn increase_indent(&mut self, flow: bool, indentless: bool) -> isize {
        let saved = self.indent;
        if self.indent < 0 {
            self.indent = if flow { INDENT } else { 0 };
        } else if !indentless {
            self.indent += INDENT;
        }
        saved
    }

    pub(super) fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break('\n');
        }
        if self.column < indent {
            self.out.extend(std::iter::repeat_n(' ', indent - self.column));
            self.column = indent;
        }
        self.whitespace = true;
        self.indention = true;
    }

    pub(super) fn indicator(&mut self, text: &str, space_before: bool, whitespace: bool, indention: bool) {
        if space_before && !self.whitespace {
            self.put(' ');
        }
        self.out.push_str(text);
        self.column += text.len();
        self.whitespace = whitespace;
        self.indention = self.indention && indention;
    }

    /// A key and its colon.
    pub(super) fn key(&mut self, key: &str) {
        let allowed = analyze(key);
        if !allowed.multiline && key.len() <= MAX_SIMPLE_KEY {
            self.scalar(key, &allowed, true);
            self.indicator(":", false, false, false);
        } else {
            self.indicator("?", true, false, true);
            self.scalar(key, &allowed, false);
            self.write_indent();
            self.indicator(":", true, false, true);
        }
    }

    /// A string value.
    pub(super) fn text(&mut self, text: &str) {
        self.scalar(text, &analyze(text), false);
    }

    /// A number, `true`, `null`: ASCII without spaces, plain.
    pub(super) fn word(&mut self, word: &str) {
        self.indicator(word, true, false, false);
    }

    fn scalar(&mut self, text: &str, allowed: &Allowed, simple_key: bool) {
        let saved = self.increase_indent(true, false);
        let fold = !simple_key;
        let is_string = scalar::resolve(text, true) == Scalar::Str && !scalar::is_base_60(text);
        if text.contains('\n') {
            if allowed.block && !simple_key { self.literal(text) } else { self.double_quoted(text, fold) }
        } else if !is_string {
            self.double_quoted(text, fold);
        } else if allowed.plain {
            self.plain(text, fold);
        } else if allowed.single {
            self.single_quoted(text, fold);
        } else {
            self.double_quoted(text, fold);
        }
        self.indent = saved;
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn line_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
    }

    fn plain(&mut self, text: &str, fold: bool) {
        if !self.whitespace {
            self.put(' ');
        }
        // Never holds a line break: those are not plain.
        let mut spaces = false;
        for (i, c) in text.char_indices() {
            if c == ' ' {
                if fold && !spaces && self.column > WIDTH && !text[i + 1..].starts_with(' ') {
                    self.write_indent();
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                self.indention = false;
                spaces = false;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("'", true, false, false);
        let (mut spaces, mut breaks) = (false, false);
        for (i, c) in text.char_indices() {
            let rest = &text[i + c.len_utf8()..];
            if c == ' ' {
                let inside = i > 0 && !rest.is_empty() && !rest.starts_with(' ');
                if fold && !spaces && self.column > WIDTH && inside {
                    self.write_indent();
                } else {
                    self.put(c);
                }
                spaces = true;
            } else if is_break(c) {
                // Only U+2028 and U+2029 come here; `\n` makes a block, the others are escaped.
                self.line_break(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if c == '\'' {
                    self.put('\'');
                }
                self.put(c);
                self.indention = false;
                spaces = false;
                breaks = false;
            }
        }
        self.indicator("'", false, false, false);
    }

    fn double_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("\"", true, false, false);
        // go-yaml looks for the byte order mark always at the start of the text, at each of its characters.
        let escape_all = text.starts_with('\u{feff}');
        let mut spaces = false;
        for (i, c) in text.char_indices() {
            if escape_all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.escape(c);
                spaces = false;
            } else if c == ' ' {
                let rest = &text[i + 1..];
                if fold && !spaces && self.column > WIDTH && i > 0 && !rest.is_empty() {
                    self.write_indent();
                    if rest.starts_with(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                spaces = false;
            }
        }
        self.indicator("\"", false, false, false);
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' | '\\' => c,
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(c);
                let before = self.out.len();
                // Writing to a string cannot fail.
                let _ = match code {
                    0..=0xff => write!(self.out, "\\x{code:02X}"),
                    0x100..=0xffff => write!(self.out, "\\u{code:04X}"),
                    _ => write!(self.out, "\\U{code:08X}"),
                };
                self.column += self.out.len() - before;
                return;
            }
        };
        self.put('\\');
        self.put(short);
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut backwards = text.chars().rev();
        match (backwards.next().is_some_and(is_break), backwards.next().is_none_or(is_break)) {
            (false, _) => self.indicator("-", false, false, false),
            (true, true) => self.indicator("+", false, false, false),
            (true, false) => {}
        }
        self.line_break('\n');
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.line_break(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// go-yaml counts neither tabs nor anything beyond 16 bits as printable.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Which styles keep this text what it is.
fn analyze(text: &str) -> Allowed {
    if text.is_empty() {
        return Allowed { plain: true, single: true, ..Allowed::default() };
    }
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut multiline, mut special, mut break_space, mut space_break) = (false, false, false, false);
    let (mut after_space, mut after_break, mut after_blank) = (false, false, true);
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let before_blank = chars.peek().is_none_or(|(_, next)| matches!(next, ' ' | '\t'));
        indicators |= match c {
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                i == 0
            }
            '?' | '-' => i == 0 && before_blank,
            ':' => before_blank,
            '#' => after_blank,
            _ => false,
        };
        special |= !is_printable(c);
        multiline |= is_break(c);
        break_space |= c == ' ' && after_break;
        space_break |= is_break(c) && after_space;
        after_space = c == ' ';
        after_break = is_break(c);
        after_blank = is_break(c) || matches!(c, ' ' | '\t' | '\0');
    }
    let edge = |c: char| c == ' ' || is_break(c);
    let edges = text.starts_with(edge) || text.ends_with(edge);
    Allowed {
        multiline,
        plain: !(edges || multiline || special || indicators),
        single: !(break_space || space_break || special),
        block: !(text.ends_with(' ') || space_break || special),
    }
}
