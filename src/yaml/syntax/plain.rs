//! Scalars without quotes.

use std::borrow::Cow;

use super::cursor::may_break;
use super::scan::Scanner;
use super::token::{Kind, Problem, Token};

/// The line breaks between two pieces of a scalar that is folded: the first, and those of empty lines.
#[derive(Default)]
pub(super) struct Fold {
    first: String,
    others: String,
    /// Whether a line was ended at all, if only by an escape.
    pub(super) any: bool,
}

impl Fold {
    pub(super) fn push(&mut self, line_break: &str) {
        if self.any {
            self.others.push_str(line_break);
        } else {
            self.first.push_str(line_break);
            self.any = true;
        }
    }

    /// What the line breaks are in the text: one is a space, of several the first is dropped.
    pub(super) fn finish(&mut self, out: &mut String) {
        if !self.first.starts_with('\n') {
            out.push_str(&self.first);
        } else if self.others.is_empty() {
            out.push(' ');
        }
        out.push_str(&self.others);
        self.first.clear();
        self.others.clear();
        self.any = false;
    }
}

impl<'a> Scanner<'a> {
    pub(super) fn plain(&mut self) -> Result<Token<'a>, Problem> {
        let start = self.cursor.mark();
        let from = self.cursor.at();
        let least = usize::try_from(self.indent + 1).unwrap_or(0);
        // Owned once there was a line break.
        let mut owned: Option<String> = None;
        let mut fold = Fold::default();
        let (mut end, mut to) = (start, from);
        while !self.cursor.is_document_mark() && self.cursor.byte() != b'#' {
            let piece = self.cursor.at();
            self.cursor.skip(self.plain_length());
            let at = self.cursor.at();
            if at > piece {
                if fold.any {
                    let text = owned.get_or_insert_with(|| self.cursor.slice(from, to).to_owned());
                    fold.finish(text);
                    text.push_str(self.cursor.slice(piece, at));
                } else if let Some(text) = &mut owned {
                    text.push_str(self.cursor.slice(to, at));
                }
                (end, to) = (self.cursor.mark(), at);
            }
            if !self.cursor.is_blank() && !self.cursor.is_break() {
                break;
            }
            loop {
                if self.cursor.is_blank() {
                    if fold.any && self.cursor.column() < least && self.cursor.byte() == b'\t' {
                        return Err(self.problem("found a tab character that violates indentation", start));
                    }
                    self.cursor.skip(1);
                } else if self.cursor.is_break() {
                    fold.push(self.cursor.skip_break());
                } else {
                    break;
                }
            }
            if self.brackets == 0 && self.cursor.column() < least {
                break;
            }
        }
        if fold.any {
            self.key_allowed = true;
        }
        let text = owned.map_or_else(|| Cow::Borrowed(self.cursor.slice(from, to)), Cow::Owned);
        Ok(Token { plain: true, ..Token::with(Kind::Scalar, start, end, text) })
    }

    /// The bytes up to a blank, a line break, or what ends the scalar.
    fn plain_length(&self) -> usize {
        let in_brackets = self.brackets > 0;
        let mut length = 0;
        loop {
            match self.cursor.byte_at(length) {
                0 | b' ' | b'\t' => return length,
                b':' if self.cursor.is_gap(length + 1) => return length,
                b',' | b'?' | b'[' | b']' | b'{' | b'}' if in_brackets => return length,
                b if may_break(b) && self.cursor.break_at(length) > 0 => return length,
                _ => length += 1,
            }
        }
    }
}
