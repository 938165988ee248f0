//! The Helm chart, generated from the same templates and values as the direct render.
//!
//! [`mod@parse`] reads a template into a form of our own ([`ir`]), [`mod@print`] writes it as a Go template; [`folder`] adds
//! what else a chart has, [`disk`] and [`package`] put it down. Nothing is maintained twice: what a Go template cannot
//! say is refused when the chart is generated.

mod calls;
pub mod disk;
pub mod folder;
pub mod ir;
pub mod kinds;
pub mod package;
pub mod parse;
pub mod print;
pub mod source;
