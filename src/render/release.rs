//! What templates see as `.Release`, checked as Helm checks it.

/// Longest release name: 63 for a DNS label, less ten that charts append.
const MAX_NAME: usize = 53;

/// Longest namespace: one DNS label.
const MAX_NAMESPACE: usize = 63;

/// The name `helm template` uses when none is given.
pub const DEFAULT_NAME: &str = "release-name";

/// The release that is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// `.Release.Name`.
    pub name: String,
    /// `.Release.Namespace`.
    pub namespace: String,
    /// `.Release.IsUpgrade`: set by `--is-upgrade`.
    pub is_upgrade: bool,
    /// `.Release.IsInstall`: the opposite.
    pub is_install: bool,
    /// `.Release.Revision`: 1, since nothing is installed.
    pub revision: u32,
    /// `.Release.Service`: the tool that renders, to every chart `Helm`.
    pub service: String,
}

/// Why a release cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// The name is empty.
    #[error("release name \"\": no name provided")]
    NoName,
    /// The name is too long or not made of DNS labels. Helm's words.
    #[error(
        "release name {0:?}: invalid release name, must match regex \
         ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ \
         and the length must not be longer than 53"
    )]
    Name(String),
    /// The namespace is not a DNS label. Helm leaves this to the cluster, which refuses it as well.
    #[error(
        "namespace {0:?}: invalid namespace, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ \
         and the length must not be longer than 63"
    )]
    Namespace(String),
}

impl Release {
    /// A release of revision 1.
    ///
    /// # Errors
    /// [`ReleaseError`] when Kubernetes would not take the name or the namespace.
    pub fn new(name: &str, namespace: &str, is_upgrade: bool) -> Result<Self, ReleaseError> {
        if name.is_empty() {
            return Err(ReleaseError::NoName);
        }
        if name.len() > MAX_NAME || !name.split('.').all(is_label) {
            return Err(ReleaseError::Name(name.to_owned()));
        }
        if namespace.len() > MAX_NAMESPACE || !is_label(namespace) {
            return Err(ReleaseError::Namespace(namespace.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            is_upgrade,
            is_install: !is_upgrade,
            revision: 1,
            service: "Helm".to_owned(),
        })
    }
}

fn is_label(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    match text.as_bytes() {
        [] => false,
        [only] => alphanumeric(*only),
        [first, middle @ .., last] => {
            alphanumeric(*first)
                && alphanumeric(*last)
                && middle.iter().all(|byte| alphanumeric(*byte) || *byte == b'-')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_as_in_helm() {
        for name in ["a", "0", "a-b", "a--b", "a.b-c.0", &"a".repeat(53)] {
            assert!(Release::new(name, "default", false).is_ok(), "{name}");
        }
        for name in ["A", "-a", "a-", "a..b", ".a", "a.", "a_b", "é", "a\n", "a b", &"a".repeat(54)] {
            assert_eq!(
                Release::new(name, "default", false),
                Err(ReleaseError::Name(name.to_owned())),
                "{name}"
            );
        }
        assert_eq!(Release::new("", "default", false), Err(ReleaseError::NoName));
    }

    #[test]
    fn namespaces_are_one_label() {
        assert!(Release::new("a", &"n".repeat(63), false).is_ok());
        for namespace in ["", "a.b", "Foo_", &"n".repeat(64)] {
            assert!(
                matches!(Release::new("a", namespace, false), Err(ReleaseError::Namespace(_))),
                "{namespace}"
            );
        }
    }

    #[test]
    fn an_upgrade_is_not_an_install() {
        let release = Release::new("a", "b", true).unwrap();
        assert_eq!((release.is_upgrade, release.is_install, release.revision), (true, false, 1));
    }
}
