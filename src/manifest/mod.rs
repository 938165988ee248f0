//! Kubernetes documents: what a rendered file holds, and the order in which `helm template` prints it.
//!
//! [`split`](split::split) cuts one rendered file into texts, [`Document::parse`] reads the head of a text (kind,
//! name, hook) and [`collect`] does both for all files and sorts as Helm installs. The texts are never
//! re-written: every byte Helm would keep is kept. Nothing here touches a cluster or knows our values.

pub mod diff;
mod document;
pub mod folder;
pub mod glob;
mod head;
mod hook;
pub mod lint;
mod number;
pub mod object;
mod order;
pub mod patch;
pub mod split;
pub mod stream;

pub use crate::values::HelmCompat;
pub use document::{Document, DocumentError};
pub use hook::{Hook, HookEvent};
pub use object::{Identity, Object};
pub use order::{Collected, Skipped, collect, install_order};
pub use stream::{Chunk, Content, Manifests, StreamError};
