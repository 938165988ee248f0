//! Makes events of the tokens within collections: entries, keys and values, also those left out.

use super::parse::{Event, Parser, State, Step, empty};
use super::scan::Peek;
use super::token::Kind;

impl<'a> Parser<'a> {
    pub(super) fn block_seq(&mut self, token: Peek) -> Step<'a> {
        match token.kind {
            Kind::BlockEntry => {
                let next = self.advance()?;
                self.state = State::BlockSeq;
                if matches!(next.kind, Kind::BlockEntry | Kind::BlockEnd) {
                    return Ok(empty(token.end));
                }
                self.states.push(State::BlockSeq);
                self.node(true, false)
            }
            Kind::BlockEnd => Ok(self.end(token)),
            _ => Err(self.unexpected("did not find expected '-' indicator", token)),
        }
    }

    pub(super) fn level_seq(&mut self, token: Peek) -> Step<'a> {
        if token.kind != Kind::BlockEntry {
            self.leave();
            return Ok((Event::End, token.start));
        }
        let next = self.advance()?;
        if matches!(next.kind, Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd) {
            return Ok(empty(token.end));
        }
        self.states.push(State::LevelSeq);
        self.node(true, false)
    }

    pub(super) fn block_key(&mut self, token: Peek) -> Step<'a> {
        match token.kind {
            Kind::Key => {
                self.advance()?;
                self.block_entry(token, State::BlockValue)
            }
            Kind::BlockEnd => Ok(self.end(token)),
            _ => Err(self.unexpected("did not find expected key", token)),
        }
    }

    pub(super) fn block_value(&mut self, token: Peek) -> Step<'a> {
        if token.kind != Kind::Value {
            self.state = State::BlockKey;
            return Ok(empty(token.start));
        }
        self.advance()?;
        self.block_entry(token, State::BlockKey)
    }

    /// The key or value of a block mapping, whose indicator was the token given.
    fn block_entry(&mut self, indicator: Peek, then: State) -> Step<'a> {
        if matches!(self.scanner.peek()?.kind, Kind::Key | Kind::Value | Kind::BlockEnd) {
            self.state = then;
            return Ok(empty(indicator.end));
        }
        self.states.push(then);
        self.node(true, true)
    }

    pub(super) fn flow_seq(&mut self, mut token: Peek, first: bool) -> Step<'a> {
        if !first && token.kind == Kind::FlowEntry {
            token = self.advance()?;
        } else if !first && token.kind != Kind::FlowSeqEnd {
            return Err(self.unexpected("did not find expected ',' or ']'", token));
        }
        match token.kind {
            Kind::FlowSeqEnd => Ok(self.end(token)),
            Kind::Key => {
                self.scanner.take();
                self.state = State::PairKey;
                Ok((Event::MapStart { anchor: None }, token.start))
            }
            _ => {
                self.states.push(State::FlowSeq { first: false });
                self.node(false, false)
            }
        }
    }

    pub(super) fn flow_key(&mut self, mut token: Peek, first: bool) -> Step<'a> {
        if !first && token.kind == Kind::FlowEntry {
            token = self.advance()?;
        } else if !first && token.kind != Kind::FlowMapEnd {
            return Err(self.unexpected("did not find expected ',' or '}'", token));
        }
        match token.kind {
            Kind::FlowMapEnd => Ok(self.end(token)),
            Kind::Key => {
                let next = self.advance()?;
                if matches!(next.kind, Kind::Value | Kind::FlowEntry | Kind::FlowMapEnd) {
                    self.state = State::FlowValue;
                    return Ok(empty(next.start));
                }
                self.states.push(State::FlowValue);
                self.node(false, false)
            }
            _ => {
                self.states.push(State::NoFlowValue);
                self.node(false, false)
            }
        }
    }

    pub(super) fn flow_value(&mut self, mut token: Peek, then: State, close: Kind) -> Step<'a> {
        if token.kind == Kind::Value {
            token = self.advance()?;
            if token.kind != Kind::FlowEntry && token.kind != close {
                self.states.push(then);
                return self.node(false, false);
            }
        }
        self.state = then;
        Ok(empty(token.start))
    }
}
