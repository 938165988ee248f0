//! YAML as Helm reads and writes it.
//!
//! [`read`] turns text into a tree of [`Node`]s that remember their [`Place`]; scalars mean what YAML 1.1 says
//! they mean, because Helm's reader (go-yaml v2) does so: `on` is a boolean and `0644` is 420. [`to_yaml`]
//! writes a JSON value byte for byte as Helm's `toYaml` does. Nothing here knows Kubernetes or values.

mod build;
mod date;
mod emit;
mod error;
mod hint;
mod node;
mod order;
mod read;
mod resolve;
mod scalar;
mod style;
mod syntax;

pub use emit::to_yaml;
pub use error::ReadError;
pub use node::{Map, Node, Place, Value};
pub use order::natural_order;
pub use read::{Documents, DuplicateKey, Limits, Options, read, read_documents, read_with};
