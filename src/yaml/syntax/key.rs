//! Which text is a key: that shows only at the `:` behind it, on the same line and at most 1024 characters on.

use super::scan::Scanner;
use super::token::{Mark, Problem};

/// What may turn out to be a key.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) possible: bool,
    /// It stands where its block mapping has its keys, so it must be one.
    pub(super) required: bool,
    /// The number of its first token. Never less than that of a candidate further out.
    pub(super) token: usize,
    pub(super) mark: Mark,
}

/// How far behind the start of a key its `:` may be.
const LONGEST_KEY: usize = 1024;

impl Scanner<'_> {
    /// Whether the next token still may turn out to begin a key.
    pub(super) fn may_be_key(&mut self) -> Result<bool, Problem> {
        let mut at = self.candidates.partition_point(|candidate| candidate.token < self.taken);
        while self.candidates.get(at).is_some_and(|candidate| candidate.token == self.taken) {
            if self.check(at)? {
                return Ok(true);
            }
            at += 1;
        }
        Ok(false)
    }

    /// Whether a candidate is still within reach.
    pub(super) fn check(&mut self, at: usize) -> Result<bool, Problem> {
        let here = self.cursor.mark();
        let Some(candidate) = self.candidates.get_mut(at).filter(|candidate| candidate.possible) else {
            return Ok(false);
        };
        let mark = candidate.mark;
        if mark.line == here.line && here.column <= mark.column + LONGEST_KEY {
            return Ok(true);
        }
        candidate.possible = false;
        if candidate.required { Err(self.problem("could not find expected ':'", mark)) } else { Ok(false) }
    }

    /// What begins here may be a key.
    pub(super) fn save_candidate(&mut self) -> Result<(), Problem> {
        if self.key_allowed {
            self.drop_candidate()?;
            let mark = self.cursor.mark();
            let required = self.brackets == 0 && usize::try_from(self.indent) == Ok(mark.column);
            let token = self.taken + self.queue.len();
            if let Some(last) = self.candidates.last_mut() {
                *last = Candidate { possible: true, required, token, mark };
            }
        }
        Ok(())
    }

    /// What may have been a key is none.
    pub(super) fn drop_candidate(&mut self) -> Result<(), Problem> {
        if let Some(last) = self.candidates.last_mut().filter(|last| last.possible) {
            last.possible = false;
            if last.required {
                let mark = last.mark;
                return Err(self.problem("could not find expected ':'", mark));
            }
        }
        Ok(())
    }
}
