//! The syntax of YAML 1.1 as Helm's reader takes it: from text to the events of its documents.
//!
//! A reader of our own, because Helm's (go-yaml v2) is of libyaml's family, with its own ideas of brackets, tabs
//! and indentation, and no crate has them: saphyr-parser 0.3 is YAML 1.2, refuses what Helm takes, and needs 150 ms
//! for the events of a megabyte; libyaml-safer 0.3 panics on some texts (`"\`, `[!,`), is quadratic in the depth of
//! brackets, and lacks go-yaml's changes (`\'`, `{a:}`). Here a megabyte is 40 ms, the tree included.
//! `tests/yaml.rs` compares with Helm.
//!
//! [`cursor`] walks the characters, [`scan`] makes tokens of them, helped by [`key`], [`plain`], [`quoted`],
//! [`block`] and [`tag`]; [`parse`] makes events of the tokens, with [`collections`]. Every step is linear, nothing
//! recurses. What the events mean is not known here.

mod block;
mod collections;
mod cursor;
mod key;
mod parse;
mod plain;
mod quoted;
mod scan;
mod tag;
mod token;

pub(super) use parse::{Event, Parser};
pub(super) use token::{Mark, Problem};
