//! The Helm chart, generated from the same templates and values as the direct render.
//!
//! [`parse`](parse::parse) reads a template into a form of our own ([`ir`]), [`print`] writes it as a Go template.
//! Nothing is maintained twice: what a Go template cannot say is refused when the chart is generated.

pub mod ir;
pub mod kinds;
pub mod parse;
pub mod print;
