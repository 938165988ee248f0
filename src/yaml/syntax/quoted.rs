//! Scalars in single and double quotes.

use super::cursor::may_break;
use super::plain::Fold;
use super::scan::Scanner;
use super::token::{Kind, Mark, Problem, Token};

impl<'a> Scanner<'a> {
    pub(super) fn quoted(&mut self, quote: u8) -> Result<Token<'a>, Problem> {
        let start = self.cursor.mark();
        self.cursor.skip(1);
        let token = if let Some(length) = self.simple_length(quote) {
            let from = self.cursor.at();
            self.cursor.skip(length);
            let text = self.cursor.slice(from, from + length);
            self.cursor.skip(1);
            Token::with(Kind::Scalar, start, self.cursor.mark(), text)
        } else {
            let text = self.quoted_text(quote, start)?;
            self.cursor.skip(1);
            Token::with(Kind::Scalar, start, self.cursor.mark(), text)
        };
        self.quotes = Some((start, token.end));
        Ok(token)
    }

    /// The bytes up to the closing quote, if the text between is as written.
    fn simple_length(&self, quote: u8) -> Option<usize> {
        let mut length = 0;
        loop {
            match self.cursor.byte_at(length) {
                0 => return None,
                b'\\' if quote == b'"' => return None,
                b if b == quote => {
                    let doubled = quote == b'\'' && self.cursor.byte_at(length + 1) == quote;
                    return (!doubled).then_some(length);
                }
                b if may_break(b) && self.cursor.break_at(length) > 0 => return None,
                _ => length += 1,
            }
        }
    }

    /// The text up to the closing quote.
    fn quoted_text(&mut self, quote: u8, start: Mark) -> Result<String, Problem> {
        let mut out = String::new();
        let mut fold = Fold::default();
        loop {
            if self.cursor.is_document_mark() {
                return Err(self.problem("found unexpected document indicator", start));
            }
            if self.cursor.is_end() {
                return Err(self.problem("found unexpected end of stream", start));
            }
            self.quoted_piece(quote, start, &mut out, &mut fold)?;
            if self.cursor.byte() == quote {
                // An escaped line break just before the quote leaves nothing.
                fold.finish(&mut out);
                return Ok(out);
            }
            let from = self.cursor.at();
            loop {
                if self.cursor.is_blank() {
                    self.cursor.skip(1);
                } else if self.cursor.is_break() {
                    fold.push(self.cursor.skip_break());
                } else {
                    break;
                }
            }
            if fold.any {
                fold.finish(&mut out);
            } else {
                out.push_str(self.cursor.slice(from, self.cursor.at()));
            }
        }
    }

    /// The text up to a blank, a line break or the closing quote.
    fn quoted_piece(
        &mut self,
        quote: u8,
        start: Mark,
        out: &mut String,
        fold: &mut Fold,
    ) -> Result<(), Problem> {
        while !self.cursor.is_gap(0) {
            match self.cursor.byte() {
                b'\'' if quote == b'\'' && self.cursor.byte_at(1) == b'\'' => {
                    out.push('\'');
                    self.cursor.skip(2);
                }
                b if b == quote => break,
                b'\\' if quote == b'"' && self.cursor.break_at(1) > 0 => {
                    self.cursor.skip(1);
                    self.cursor.skip_break();
                    fold.any = true;
                    break;
                }
                b'\\' if quote == b'"' => out.push(self.escape(start)?),
                _ => {
                    let from = self.cursor.at();
                    let mut length = 1;
                    loop {
                        match self.cursor.byte_at(length) {
                            0 | b' ' | b'\t' | b'\\' => break,
                            b if b == quote => break,
                            b if may_break(b) && self.cursor.break_at(length) > 0 => break,
                            _ => length += 1,
                        }
                    }
                    self.cursor.skip(length);
                    out.push_str(self.cursor.slice(from, from + length));
                }
            }
        }
        Ok(())
    }

    /// The character of an escape, which is passed.
    fn escape(&mut self, start: Mark) -> Result<char, Problem> {
        let mut digits = 0;
        let simple = match self.cursor.byte_at(1) {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{b}',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'e' => '\u{1b}',
            b' ' => ' ',
            b'"' => '"',
            b'\'' => '\'',
            b'\\' => '\\',
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            kind @ (b'x' | b'u' | b'U') => {
                digits = match kind {
                    b'x' => 2,
                    b'u' => 4,
                    _ => 8,
                };
                '\0'
            }
            _ => return Err(self.problem("found unknown escape character", start)),
        };
        if digits == 0 {
            self.cursor.skip(2);
            return Ok(simple);
        }
        let mut code = 0u32;
        for i in 0..digits {
            let Some(digit) = char::from(self.cursor.byte_at(2 + i)).to_digit(16) else {
                return Err(self.problem("did not find expected hexdecimal number", start));
            };
            code = (code << 4) | digit;
        }
        let Some(found) = char::from_u32(code) else {
            return Err(self.problem("found invalid Unicode character escape code", start));
        };
        self.cursor.skip(2 + digits);
        Ok(found)
    }
}
