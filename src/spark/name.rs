//! Names of what a submission creates. Spark draws parts of them by lot; here they follow from the submission's id, so
//! that a submission that is done twice finds what it made before.

use sha2::{Digest, Sha256};

/// Longest name of a service, and longest value of a label.
const LABEL: usize = 63;

/// What one submission is known by. Everything that Spark would draw by lot is made of its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionId(String);

impl SubmissionId {
    /// Takes any text that is a label's value; a UUID as a rule.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id of an attempt at a generation of an application: a UUID that follows from the three.
    #[must_use]
    pub fn of(application_uid: &str, generation: i64, attempt: i32) -> Self {
        Self(uuid(&format!("{application_uid}/{generation}/{attempt}")))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Spark's application id: `spark-` and 32 hexadecimal digits.
    pub(super) fn application_id(&self) -> String {
        format!("spark-{}", self.hex("application", 16))
    }

    /// Spark's unique ids: 16 hexadecimal digits, others for each purpose.
    pub(super) fn unique(&self, purpose: &str) -> String {
        self.hex(purpose, 8)
    }

    /// The folder for scratch space where none is configured.
    pub(super) fn local_dir(&self) -> String {
        format!("/var/data/spark-{}", uuid(&format!("{}/local", self.0)))
    }

    fn hex(&self, purpose: &str, bytes: usize) -> String {
        hex(&format!("{}/{purpose}", self.0), bytes)
    }
}

/// The beginning of a text's SHA-256, as hexadecimal digits.
pub(crate) fn hex(text: &str, bytes: usize) -> String {
    Sha256::digest(text).iter().take(bytes).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// A UUID in form (version 8, RFC 9562: custom), made of a text.
fn uuid(text: &str) -> String {
    let hex = hex(text, 16);
    format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// What all objects' names begin with: the application's name in lower case with everything but letters, digits and
/// hyphens replaced, and a unique id.
pub(super) fn prefix(application: &str, unique: &str) -> String {
    let name = plain(&format!("{application}-{unique}"));
    let name = name.strip_prefix('-').unwrap_or(&name);
    match name.as_bytes().first() {
        Some(b'0'..=b'9') => format!("x{}", &name[1..]),
        _ => name.to_owned(),
    }
}

/// The value of the label `spark-app-name`.
pub(super) fn label(application: &str) -> String {
    let name = plain(application);
    let name = name.get(..LABEL).unwrap_or(&name);
    let name = name.strip_prefix('-').unwrap_or(name);
    name.strip_suffix('-').unwrap_or(name).to_owned()
}

/// The driver's service: the prefix with an ending, or, where that is too long, another unique id with it.
pub(super) fn service(prefix: &str, unique: &str) -> String {
    let preferred = format!("{prefix}-driver-svc");
    if preferred.len() <= LABEL { preferred } else { format!("spark-{unique}-driver-svc") }
}

/// Lower case, with a hyphen for everything that is no letter, digit or hyphen; hyphens in a row become one.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.trim().to_lowercase().chars() {
        let c = if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
        if c != '-' || !plain.ends_with('-') {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_has_one_id_and_every_other_attempt_another() {
        let id = SubmissionId::of("uid", 1, 1);
        assert_eq!(id, SubmissionId::of("uid", 1, 1));
        for other in
            [SubmissionId::of("uid", 1, 2), SubmissionId::of("uid", 2, 1), SubmissionId::of("other", 1, 1)]
        {
            assert_ne!(id, other);
            assert_ne!(id.application_id(), other.application_id());
        }
        assert_eq!(id.as_str().len(), 36);
        assert_eq!(id.application_id().len(), "spark-".len() + 32);
        assert_eq!(id.unique("a").len(), 16);
        assert_ne!(id.unique("a"), id.unique("b"));
    }

    #[test]
    fn names_are_made_of_what_kubernetes_allows() {
        for (application, expected) in [
            ("spark-pi", "spark-pi-0123"),
            ("Spark Pi!", "spark-pi-0123"),
            ("  .a..b.  ", "a-b-0123"),
            ("4ever", "xever-0123"),
            ("ü", "0123"),
        ] {
            let expected = if expected == "0123" { "x123" } else { expected };
            assert_eq!(prefix(application, "0123"), expected, "{application}");
        }
    }

    #[test]
    fn a_label_is_cut_at_63_characters() {
        assert_eq!(label("a.b"), "a-b");
        assert_eq!(label(&"a".repeat(70)).len(), 63);
        assert_eq!(label(&format!("{}.b", "a".repeat(62))).len(), 62);
    }

    #[test]
    fn a_service_whose_name_would_be_too_long_gets_another() {
        assert_eq!(service("spark-pi-0123", "ff"), "spark-pi-0123-driver-svc");
        assert_eq!(service(&"a".repeat(53), "ff"), "spark-ff-driver-svc");
    }
}
