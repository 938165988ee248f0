//! Walks a text by bytes and keeps the line and the column. What the characters mean is not known here.

use super::token::Mark;

/// A position in a text. The end of the text reads as 0, which no text contains.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    mark: Mark,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, mark: Mark::default() }
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    pub(super) fn column(&self) -> usize {
        self.mark.column
    }

    /// The offset in bytes.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The text between two offsets that the cursor had.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The byte here.
    pub(super) fn byte(&self) -> u8 {
        self.byte_at(0)
    }

    pub(super) fn byte_at(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// A space or a tab is here.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.byte(), b' ' | b'\t')
    }

    /// The bytes of the line break ahead, 0 if there is none. YAML 1.1 has more of them than 1.2.
    pub(super) fn break_at(&self, ahead: usize) -> usize {
        match self.byte_at(ahead) {
            b'\r' if self.byte_at(ahead + 1) == b'\n' => 2,
            b'\n' | b'\r' => 1,
            0xc2 if self.byte_at(ahead + 1) == 0x85 => 2,
            0xe2 if self.byte_at(ahead + 1) == 0x80 && matches!(self.byte_at(ahead + 2), 0xa8 | 0xa9) => 3,
            _ => 0,
        }
    }

    pub(super) fn is_break(&self) -> bool {
        self.break_at(0) > 0
    }

    /// A blank, a line break or the end is ahead.
    pub(super) fn is_gap(&self, ahead: usize) -> bool {
        matches!(self.byte_at(ahead), b' ' | b'\t' | b'\n' | b'\r' | 0) || self.break_at(ahead) > 0
    }

    /// `---` or `...` alone at the start of a line is here.
    pub(super) fn is_document_mark(&self) -> bool {
        self.mark.column == 0
            && matches!(
                (self.byte(), self.byte_at(1), self.byte_at(2)),
                (b'-', b'-', b'-') | (b'.', b'.', b'.')
            )
            && self.is_gap(3)
    }

    /// Go on by some bytes that hold no line break and end between characters.
    pub(super) fn skip(&mut self, bytes: usize) {
        let passed = self.slice(self.at, self.at + bytes);
        self.mark.column += if bytes == 1 { 1 } else { passed.chars().count() };
        self.at += bytes;
    }

    /// Go on while the bytes, all ASCII, are of a kind. Returns what was passed.
    pub(super) fn skip_while(&mut self, of_kind: impl Fn(u8) -> bool) -> &'a str {
        let from = self.at;
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        self.skip(rest.iter().position(|b| !of_kind(*b)).unwrap_or(rest.len()));
        self.slice(from, self.at)
    }

    pub(super) fn skip_blanks(&mut self) {
        self.skip_while(|b| matches!(b, b' ' | b'\t'));
    }

    /// Go on to the next line break or the end. Returns what was passed.
    pub(super) fn skip_line(&mut self) -> &'a str {
        let from = self.at;
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let mut len = 0;
        while let Some(found) = rest.get(len..).and_then(|rest| rest.iter().position(|b| may_break(*b))) {
            len += found;
            if self.break_at(len) > 0 {
                self.skip(len);
                return self.slice(from, self.at);
            }
            len += 1;
        }
        self.skip(rest.len());
        self.slice(from, self.at)
    }

    /// At the end of the text: a line without a line break is over, too.
    pub(super) fn end_line(&mut self) {
        if self.mark.column > 0 {
            self.mark = Mark { line: self.mark.line + 1, column: 0 };
        }
    }

    /// Go on to the next line if a line break is here. Returns what it means: `\n`, or one of YAML 1.1's own.
    pub(super) fn skip_break(&mut self) -> &'a str {
        let len = self.break_at(0);
        if len == 0 {
            return "";
        }
        let (from, at) = (self.at, self.at + len);
        self.at = at;
        self.mark = Mark { line: self.mark.line + 1, column: 0 };
        if len == 3 { self.slice(from, at) } else { "\n" }
    }
}

/// The first bytes of line breaks.
pub(super) fn may_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | 0xc2 | 0xe2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_counted_in_characters() {
        let mut cursor = Cursor::new("aé€b\r\nc\u{85}\u{2028}");
        assert_eq!(cursor.skip_line(), "aé€b");
        assert_eq!(cursor.mark(), Mark { line: 0, column: 4 });
        assert_eq!(cursor.skip_break(), "\n");
        assert_eq!(cursor.skip_line(), "c");
        assert_eq!((cursor.skip_break(), cursor.skip_break(), cursor.skip_break()), ("\n", "\u{2028}", ""));
        assert_eq!(cursor.mark(), Mark { line: 3, column: 0 });
        assert!(cursor.is_end() && cursor.is_gap(0) && cursor.byte() == 0);
    }
}
