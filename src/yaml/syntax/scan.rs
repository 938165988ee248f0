//! Makes tokens of a text, and opens and closes blocks by the indentation. A token that may begin a key is held
//! back until that is known.

use std::collections::VecDeque;

use super::cursor::Cursor;
use super::key::Candidate;
use super::token::{Kind, Mark, Problem, Token};

pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    /// Column of the innermost block collection, -1 outside of all.
    pub(super) indent: isize,
    /// Open brackets and braces.
    pub(super) brackets: usize,
    /// Whether a key may begin here.
    pub(super) key_allowed: bool,
    /// The quoted text read last.
    pub(super) quotes: Option<(Mark, Mark)>,
    indents: Vec<isize>,
    /// One for the blocks, and one for each open bracket.
    pub(super) candidates: Vec<Candidate>,
    pub(super) queue: VecDeque<Token<'a>>,
    /// How many tokens were taken.
    pub(super) taken: usize,
}

/// A look at the next token.
#[derive(Clone, Copy)]
pub(super) struct Peek {
    pub(super) kind: Kind,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let first = Candidate { possible: false, required: false, token: 0, mark: Mark::default() };
        Self {
            cursor: Cursor::new(text),
            indent: -1,
            brackets: 0,
            key_allowed: true,
            quotes: None,
            indents: Vec::new(),
            candidates: vec![first],
            queue: VecDeque::new(),
            taken: 0,
        }
    }

    /// The next token. After the last one, the end of the stream again and again.
    pub(super) fn peek(&mut self) -> Result<Peek, Problem> {
        loop {
            if let Some(Token { kind, start, end, .. }) = self.queue.front() {
                let (kind, start, end) = (*kind, *start, *end);
                if !self.may_be_key()? {
                    return Ok(Peek { kind, start, end });
                }
            }
            self.fetch()?;
        }
    }

    /// Take the token that was looked at.
    pub(super) fn take(&mut self) -> Option<Token<'a>> {
        self.taken += 1;
        self.queue.pop_front()
    }

    /// A problem noticed here with what began there.
    pub(super) fn problem(&self, message: &'static str, since: Mark) -> Problem {
        Problem { quoted: self.quotes, ..Problem::new(message, self.cursor.mark(), since) }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let start = self.cursor.mark();
        self.cursor.skip(length);
        self.queue.push_back(Token::new(kind, start, self.cursor.mark()));
    }

    /// Open a block collection at a column deeper than the current one; its token goes before a numbered one.
    fn indent_to(&mut self, mark: Mark, kind: Kind, before: Option<usize>) {
        let column = isize::try_from(mark.column).unwrap_or(isize::MAX);
        if self.brackets > 0 || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let at = before.map_or(self.queue.len(), |token| token.saturating_sub(self.taken));
        self.queue.insert(at.min(self.queue.len()), Token::new(kind, mark, mark));
    }

    /// Close the block collections deeper than a column.
    fn unindent_to(&mut self, column: isize) {
        if self.brackets > 0 {
            return;
        }
        while self.indent > column {
            self.push(Kind::BlockEnd, 0);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Puts at least one token into the queue.
    fn fetch(&mut self) -> Result<(), Problem> {
        self.skip_to_token();
        self.unindent_to(isize::try_from(self.cursor.column()).unwrap_or(isize::MAX));
        let cursor = &self.cursor;
        if cursor.is_end() {
            // No candidate is within reach any more, also not that of an open bracket.
            self.cursor.end_line();
            self.leave_all()?;
            self.push(Kind::StreamEnd, 0);
            return Ok(());
        }
        let in_brackets = self.brackets > 0;
        let gap_follows = cursor.is_gap(1);
        match cursor.byte() {
            b'%' if cursor.column() == 0 => {
                self.leave_all()?;
                let token = self.directive()?;
                self.queue.push_back(token);
            }
            byte @ (b'-' | b'.') if cursor.is_document_mark() => {
                self.leave_all()?;
                self.push(if byte == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd }, 3);
            }
            b'[' => self.open(Kind::FlowSeqStart)?,
            b'{' => self.open(Kind::FlowMapStart)?,
            b']' => self.close(Kind::FlowSeqEnd)?,
            b'}' => self.close(Kind::FlowMapEnd)?,
            b',' => {
                self.drop_candidate()?;
                self.key_allowed = true;
                self.push(Kind::FlowEntry, 1);
            }
            b'-' if gap_follows => {
                self.begin("block sequence entries are not allowed in this context", Kind::BlockSeqStart)?;
                self.drop_candidate()?;
                self.key_allowed = true;
                self.push(Kind::BlockEntry, 1);
            }
            b'?' if in_brackets || gap_follows => {
                self.begin("mapping keys are not allowed in this context", Kind::BlockMapStart)?;
                self.drop_candidate()?;
                self.key_allowed = !in_brackets;
                self.push(Kind::Key, 1);
            }
            b':' if in_brackets || gap_follows => self.value()?,
            b'|' | b'>' if !in_brackets => {
                let literal = cursor.byte() == b'|';
                self.drop_candidate()?;
                self.key_allowed = true;
                let token = self.block(literal)?;
                self.queue.push_back(token);
            }
            b'*' => self.node(|scanner| scanner.anchor(Kind::Alias))?,
            b'&' => self.node(|scanner| scanner.anchor(Kind::Anchor))?,
            b'!' => self.node(Self::tag)?,
            b'\'' => self.node(|scanner| scanner.quoted(b'\''))?,
            b'"' => self.node(|scanner| scanner.quoted(b'"'))?,
            b'\t' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                let here = cursor.mark();
                return Err(self.problem("found character that cannot start any token", here));
            }
            _ => self.node(Self::plain)?,
        }
        Ok(())
    }

    /// A token that may begin a key.
    fn node(&mut self, scan: impl FnOnce(&mut Self) -> Result<Token<'a>, Problem>) -> Result<(), Problem> {
        self.save_candidate()?;
        self.key_allowed = false;
        let token = scan(self)?;
        self.queue.push_back(token);
        Ok(())
    }

    /// An entry of a block collection, which may be its first one.
    fn begin(&mut self, refused: &'static str, kind: Kind) -> Result<(), Problem> {
        let here = self.cursor.mark();
        if self.brackets == 0 {
            if !self.key_allowed {
                return Err(self.problem(refused, here));
            }
            self.indent_to(here, kind, None);
        }
        Ok(())
    }

    /// The end of the document's content.
    fn leave_all(&mut self) -> Result<(), Problem> {
        self.unindent_to(-1);
        self.drop_candidate()?;
        self.key_allowed = false;
        Ok(())
    }

    fn open(&mut self, kind: Kind) -> Result<(), Problem> {
        self.save_candidate()?;
        let (token, mark) = (self.taken + self.queue.len(), self.cursor.mark());
        self.candidates.push(Candidate { possible: false, required: false, token, mark });
        self.brackets += 1;
        self.key_allowed = true;
        self.push(kind, 1);
        Ok(())
    }

    fn close(&mut self, kind: Kind) -> Result<(), Problem> {
        self.drop_candidate()?;
        if self.brackets > 0 {
            self.brackets -= 1;
            self.candidates.pop();
        }
        self.key_allowed = false;
        self.push(kind, 1);
        Ok(())
    }

    /// `:` after a key, or without one.
    fn value(&mut self) -> Result<(), Problem> {
        let last = self.candidates.len().saturating_sub(1);
        if self.check(last)?
            && let Some(candidate) = self.candidates.get_mut(last)
        {
            candidate.possible = false;
            let Candidate { token, mark, .. } = *candidate;
            let at = token.saturating_sub(self.taken).min(self.queue.len());
            self.queue.insert(at, Token::new(Kind::Key, mark, mark));
            self.indent_to(mark, Kind::BlockMapStart, Some(token));
            self.key_allowed = false;
        } else {
            self.begin("mapping values are not allowed in this context", Kind::BlockMapStart)?;
            self.key_allowed = self.brackets == 0;
        }
        self.push(Kind::Value, 1);
        Ok(())
    }

    /// Passes blanks, comments and line breaks. A tab may not indent a key.
    fn skip_to_token(&mut self) {
        loop {
            let tabs = self.brackets > 0 || !self.key_allowed;
            self.cursor.skip_while(|b| b == b' ' || tabs && b == b'\t');
            if self.cursor.byte() == b'#' {
                self.cursor.skip_line();
            }
            if !self.cursor.is_break() {
                return;
            }
            self.cursor.skip_break();
            if self.brackets == 0 {
                self.key_allowed = true;
            }
        }
    }
}
