//! Scalars of lines: literal (`|`) and folded (`>`).

use super::scan::Scanner;
use super::token::{Kind, Mark, Problem, Token};

/// What becomes of the line breaks at the end.
#[derive(Clone, Copy, PartialEq)]
enum Chomp {
    Strip,
    Clip,
    Keep,
}

impl<'a> Scanner<'a> {
    pub(super) fn block(&mut self, literal: bool) -> Result<Token<'a>, Problem> {
        let start = self.cursor.mark();
        self.cursor.skip(1);
        let (chomp, increment) = self.block_header(start)?;
        let mut indent = match increment {
            0 => 0,
            // Below the level of the collection, or of the document.
            more => usize::try_from(self.indent).unwrap_or(0) + more,
        };
        let mut out = String::new();
        let (mut ended, mut empty) = ("", String::new());
        let mut end = self.empty_lines(&mut indent, &mut empty, start)?;
        let mut was_indented = false;
        while self.cursor.column() == indent && !self.cursor.is_end() {
            let is_indented = self.cursor.is_blank();
            let folds = !literal && !was_indented && !is_indented && ended == "\n";
            if !folds {
                out.push_str(ended);
            } else if empty.is_empty() {
                out.push(' ');
            }
            out.push_str(&empty);
            empty.clear();
            was_indented = is_indented;
            out.push_str(self.cursor.skip_line());
            ended = self.cursor.skip_break();
            end = self.empty_lines(&mut indent, &mut empty, start)?;
        }
        if chomp != Chomp::Strip {
            out.push_str(ended);
        }
        if chomp == Chomp::Keep {
            out.push_str(&empty);
        }
        Ok(Token::with(Kind::Scalar, start, end, out))
    }

    /// The rest of the first line: chomping and the indentation, 0 to find it out.
    fn block_header(&mut self, start: Mark) -> Result<(Chomp, usize), Problem> {
        let (mut chomp, mut increment) = (None, None);
        loop {
            match self.cursor.byte() {
                b'+' if chomp.is_none() => chomp = Some(Chomp::Keep),
                b'-' if chomp.is_none() => chomp = Some(Chomp::Strip),
                b'0' if increment.is_none() => {
                    return Err(self.problem("found an indentation indicator equal to 0", start));
                }
                digit @ b'1'..=b'9' if increment.is_none() => increment = Some(usize::from(digit - b'0')),
                _ => break,
            }
            self.cursor.skip(1);
        }
        self.rest_of_line(start)?;
        Ok((chomp.unwrap_or(Chomp::Clip), increment.unwrap_or(0)))
    }

    /// Passes indentation and empty lines, whose breaks are collected; finds out the indentation if it is 0.
    /// Returns where the last line break ended.
    fn empty_lines(&mut self, indent: &mut usize, breaks: &mut String, start: Mark) -> Result<Mark, Problem> {
        let mut end = self.cursor.mark();
        let mut deepest = 0;
        loop {
            while (*indent == 0 || self.cursor.column() < *indent) && self.cursor.byte() == b' ' {
                self.cursor.skip(1);
            }
            deepest = deepest.max(self.cursor.column());
            if (*indent == 0 || self.cursor.column() < *indent) && self.cursor.byte() == b'\t' {
                return Err(
                    self.problem("found a tab character where an indentation space is expected", start)
                );
            }
            if !self.cursor.is_break() {
                break;
            }
            breaks.push_str(self.cursor.skip_break());
            end = self.cursor.mark();
        }
        if *indent == 0 {
            *indent = deepest.max(usize::try_from(self.indent + 1).unwrap_or(0)).max(1);
        }
        Ok(end)
    }
}
