//! What templates see as `.Capabilities`: a Kubernetes version and the API versions it has, without a cluster.

use crate::manifest::HelmCompat;

/// The API versions Helm 3.22 and 4.3 both assume: group and version, never kinds. Compiled into them from
/// client-go 0.37.
const API_VERSIONS: &str = include_str!("api_versions.txt");

/// What the cluster can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// `.Capabilities.KubeVersion`.
    pub kube_version: KubeVersion,
    /// `.Capabilities.APIVersions`, in Helm's order; `--api-versions` at the end.
    pub api_versions: Vec<String>,
}

/// A Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// `.Version` and `.GitVersion`: in Helm 4 as the user wrote it, suffix included (`v1.33.4-gke.12`); in
    /// Helm 3 the numbers only.
    pub full: String,
    /// What the object prints as, and what a chart's `kubeVersion` is compared with: the numbers only.
    pub normalized: String,
    /// `.Major`.
    pub major: String,
    /// `.Minor`.
    pub minor: String,
}

/// Why `--kube-version` was refused. Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid kube version '{text}': {reason}")]
pub struct KubeVersionError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: KubeVersionReason,
}

/// What can be wrong with a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KubeVersionReason {
    /// It does not begin with a number.
    #[error("could not parse {0:?} as version")]
    NotAVersion(String),
    /// It has no minor number.
    #[error("illegal version string {0:?}")]
    NoMinor(String),
    /// The major number has a leading zero.
    #[error("illegal zero-prefixed version component {0:?} in {1:?}")]
    LeadingZero(String, String),
    /// A number does not fit into 64 bits.
    #[error(
        "illegal non-numeric version component {0:?} in {1:?}: strconv.ParseUint: parsing {0:?}: value out of range"
    )]
    TooLarge(String, String),
}

impl Default for KubeVersion {
    /// The version of the client-go in the official builds of Helm 3.22 and 4.3: 1.37.
    ///
    /// A Helm 3 built without its Makefile says 1.20.
    fn default() -> Self {
        Self { full: "v1.37.0".into(), normalized: "v1.37.0".into(), major: "1".into(), minor: "37".into() }
    }
}

impl KubeVersion {
    /// Reads `--kube-version`: `1.31`, `v1.31.2`, `v1.31.2-eks-1`. Any suffix is taken.
    ///
    /// # Errors
    /// [`KubeVersionError`] unless it begins with at least two numbers (`ParseGeneric` in Kubernetes'
    /// apimachinery).
    pub fn parse(text: &str, compat: HelmCompat) -> Result<Self, KubeVersionError> {
        let numbers = numbers(text).map_err(|reason| KubeVersionError { text: text.to_owned(), reason })?;
        let joined: Vec<_> = numbers.iter().map(u64::to_string).collect();
        let normalized = format!("v{}", joined.join("."));
        let full = match compat {
            HelmCompat::V3 => normalized.clone(),
            HelmCompat::V4 if text.starts_with('v') => text.to_owned(),
            HelmCompat::V4 => format!("v{text}"),
        };
        Ok(Self { full, normalized, major: joined[0].clone(), minor: joined[1].clone() })
    }
}

/// At least two numbers.
fn numbers(text: &str) -> Result<Vec<u64>, KubeVersionReason> {
    let not_a_version = || KubeVersionReason::NotAVersion(text.to_owned());
    let trimmed = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
    let rest = trimmed.strip_prefix('v').unwrap_or(trimmed);
    let end = digits_and_dots(rest);
    if end == 0 || rest[end..].contains('\n') {
        return Err(not_a_version());
    }
    let parts: Vec<_> = rest[..end].split('.').collect();
    if parts.len() < 2 {
        return Err(KubeVersionReason::NoMinor(text.to_owned()));
    }
    if parts[0].starts_with('0') && parts[0] != "0" {
        return Err(KubeVersionReason::LeadingZero(parts[0].to_owned(), text.to_owned()));
    }
    parts
        .iter()
        .map(|part| {
            part.parse().map_err(|_| KubeVersionReason::TooLarge((*part).to_owned(), text.to_owned()))
        })
        .collect()
}

/// The length of the longest beginning that is numbers joined by single dots.
fn digits_and_dots(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while is_digit(end) || (end > 0 && bytes.get(end) == Some(&b'.') && is_digit(end + 1)) {
        end += 1;
    }
    end
}

impl Default for Capabilities {
    fn default() -> Self {
        Self::new(KubeVersion::default(), Vec::<String>::new())
    }
}

impl Capabilities {
    /// Helm's own API versions and those of `--api-versions`, which are taken as they are.
    pub fn new(kube_version: KubeVersion, extra: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let known = API_VERSIONS.lines().map(str::to_owned);
        Self { kube_version, api_versions: known.chain(extra.into_iter().map(Into::into)).collect() }
    }

    /// `.Capabilities.APIVersions.Has`: true for an exact match. A kind (`apps/v1/Deployment`) is there only if
    /// the user gave it.
    #[must_use]
    pub fn has(&self, api_version: &str) -> bool {
        self.api_versions.iter().any(|known| known == api_version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_each_helm_does() {
        for (text, v3, v4, minor) in [
            ("1.30", "v1.30", "v1.30", "30"),
            ("v1.30.4-gke.1", "v1.30.4", "v1.30.4-gke.1", "30"),
            ("1.30.5+k3s1", "v1.30.5", "v1.30.5+k3s1", "30"),
            ("1.020", "v1.20", "v1.020", "20"),
            ("1.30.1.2", "v1.30.1.2", "v1.30.1.2", "30"),
            ("1.30foo", "v1.30", "v1.30foo", "30"),
            ("1.30.", "v1.30", "v1.30.", "30"),
            (" 1.30 ", "v1.30", "v 1.30 ", "30"),
        ] {
            let helm3 = KubeVersion::parse(text, HelmCompat::V3).unwrap();
            let helm4 = KubeVersion::parse(text, HelmCompat::V4).unwrap();
            assert_eq!((helm3.full.as_str(), helm4.full.as_str()), (v3, v4), "{text}");
            assert_eq!((helm3.normalized.as_str(), helm4.normalized.as_str()), (v3, v3), "{text}");
            assert_eq!((helm4.major.as_str(), helm4.minor.as_str()), ("1", minor), "{text}");
        }
    }

    #[test]
    fn bad_versions_are_refused_in_the_words_of_helm() {
        let large = "9".repeat(23);
        for (text, reason) in [
            ("1", "illegal version string \"1\""),
            ("abc", "could not parse \"abc\" as version"),
            ("v", "could not parse \"v\" as version"),
            ("01.2", "illegal zero-prefixed version component \"01\" in \"01.2\""),
            (
                &format!("1.{large}"),
                &format!(
                    "illegal non-numeric version component \"{large}\" in \"1.{large}\": \
                     strconv.ParseUint: parsing \"{large}\": value out of range"
                ),
            ),
        ] {
            let error = KubeVersion::parse(text, HelmCompat::V4).unwrap_err().to_string();
            assert_eq!(error, format!("invalid kube version '{text}': {reason}"));
        }
    }

    #[test]
    fn kinds_are_known_only_when_given() {
        let given = Capabilities::new(KubeVersion::default(), ["cert-manager.io/v1/Certificate"]);
        assert!(given.has("v1") && given.has("cert-manager.io/v1/Certificate"));
        assert!(!given.has("apps/v1/Deployment") && !Capabilities::default().has("cert-manager.io/v1"));
    }
}
