//! Anchors, aliases, tags and directives.

use std::borrow::Cow;

use super::scan::Scanner;
use super::token::{Kind, Mark, Problem, Token};

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_uri(byte: u8) -> bool {
    is_word(byte) || b";/?:@&=+$,.!~*'()[]%".contains(&byte)
}

impl<'a> Scanner<'a> {
    /// `&name` or `*name`.
    pub(super) fn anchor(&mut self, kind: Kind) -> Result<Token<'a>, Problem> {
        let start = self.cursor.mark();
        self.cursor.skip(1);
        let name = self.cursor.skip_while(is_word);
        let ends = self.cursor.is_gap(0) || b"?:,]}%@`".contains(&self.cursor.byte());
        if name.is_empty() || !ends {
            return Err(self.problem("did not find expected alphabetic or numeric character", start));
        }
        Ok(Token::with(kind, start, self.cursor.mark(), name))
    }

    /// `!name`, `!!name`, `!handle!name`, `!<uri>` or a lone `!`.
    pub(super) fn tag(&mut self) -> Result<Token<'a>, Problem> {
        let start = self.cursor.mark();
        let (handle, suffix) = if self.cursor.byte_at(1) == b'<' {
            self.cursor.skip(2);
            let uri = self.uri(self.cursor.at(), false, start)?;
            if self.cursor.byte() != b'>' {
                return Err(self.problem("did not find the expected '>'", start));
            }
            self.cursor.skip(1);
            ("", uri)
        } else {
            let from = self.cursor.at();
            let handle = self.handle(start, false)?;
            if handle.len() > 1 && handle.ends_with('!') {
                (handle, self.uri(self.cursor.at(), false, start)?)
            } else {
                match self.uri(from + 1, true, start)? {
                    suffix if suffix.is_empty() => ("", Cow::Borrowed("!")),
                    suffix => ("!", suffix),
                }
            }
        };
        if !self.cursor.is_gap(0) {
            return Err(self.problem("did not find expected whitespace or line break", start));
        }
        Ok(Token { handle, ..Token::with(Kind::Tag, start, self.cursor.mark(), suffix) })
    }

    /// `!`, `!!` or `!word!`; outside directives also `!word`, the start of a tag without a handle.
    fn handle(&mut self, start: Mark, directive: bool) -> Result<&'a str, Problem> {
        let from = self.cursor.at();
        if self.cursor.byte() == b'!' {
            self.cursor.skip(1);
            let word = self.cursor.skip_while(is_word);
            if self.cursor.byte() == b'!' {
                self.cursor.skip(1);
                return Ok(self.cursor.slice(from, self.cursor.at()));
            }
            if !directive || word.is_empty() {
                return Ok(self.cursor.slice(from, self.cursor.at()));
            }
        }
        Err(self.problem("did not find expected '!'", start))
    }

    /// The characters of a URI up to here, and those that follow, `%` escapes decoded.
    fn uri(&mut self, from: usize, may_be_empty: bool, start: Mark) -> Result<Cow<'a, str>, Problem> {
        self.cursor.skip_while(is_uri);
        let written = self.cursor.slice(from, self.cursor.at());
        if written.is_empty() && !may_be_empty {
            return Err(self.problem("did not find expected tag URI", start));
        }
        if !written.contains('%') {
            return Ok(Cow::Borrowed(written));
        }
        let mut bytes = Vec::new();
        let mut pieces = written.split('%');
        bytes.extend_from_slice(pieces.next().unwrap_or_default().as_bytes());
        for piece in pieces {
            let byte = piece.get(..2).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
            let Some(byte) = byte.and_then(|hex| u8::from_str_radix(hex, 16).ok()) else {
                return Err(self.problem("did not find URI escaped octet", start));
            };
            bytes.push(byte);
            bytes.extend_from_slice(piece.get(2..).unwrap_or_default().as_bytes());
        }
        match String::from_utf8(bytes) {
            Ok(uri) => Ok(Cow::Owned(uri)),
            Err(_) => Err(self.problem("found an incorrect UTF-8 octet", start)),
        }
    }

    /// `%YAML 1.1` or `%TAG !handle! prefix`, with the line break.
    pub(super) fn directive(&mut self) -> Result<Token<'a>, Problem> {
        let start = self.cursor.mark();
        self.cursor.skip(1);
        let name = self.cursor.skip_while(is_word);
        if name.is_empty() {
            return Err(self.problem("could not find expected directive name", start));
        }
        if !self.cursor.is_gap(0) {
            return Err(self.problem("found unexpected non-alphabetical character", start));
        }
        self.cursor.skip_blanks();
        let token = match name {
            "YAML" => {
                let version = self.cursor.skip_while(|b| b.is_ascii_digit() || b == b'.');
                let numbers = version.split_once('.');
                let is_number = |s: &str| matches!(s.len(), 1 | 2) && s.bytes().all(|b| b.is_ascii_digit());
                if !numbers.is_some_and(|(major, minor)| is_number(major) && is_number(minor)) {
                    return Err(self.problem("did not find expected version number", start));
                }
                Token::with(Kind::VersionDirective, start, self.cursor.mark(), version)
            }
            "TAG" => {
                let handle = self.handle(start, true)?;
                if !self.cursor.is_blank() {
                    return Err(self.problem("did not find expected whitespace", start));
                }
                self.cursor.skip_blanks();
                let prefix = self.uri(self.cursor.at(), false, start)?;
                if !self.cursor.is_gap(0) {
                    return Err(self.problem("did not find expected whitespace or line break", start));
                }
                Token { handle, ..Token::with(Kind::TagDirective, start, self.cursor.mark(), prefix) }
            }
            _ => return Err(self.problem("found unknown directive name", start)),
        };
        self.rest_of_line(start)?;
        Ok(token)
    }

    /// What may follow a directive or a block scalar's header on its line: blanks, a comment, the line break.
    pub(super) fn rest_of_line(&mut self, start: Mark) -> Result<(), Problem> {
        self.cursor.skip_blanks();
        if self.cursor.byte() == b'#' {
            self.cursor.skip_line();
        }
        if !self.cursor.is_gap(0) {
            return Err(self.problem("did not find expected comment or line break", start));
        }
        self.cursor.skip_break();
        Ok(())
    }
}
