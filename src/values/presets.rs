//! The presets: values files for real uses, built into the binary.
//!
//! A preset's first comment line says what it is for; a line `# api-versions: …` lists what its objects need of the
//! cluster.

/// A values file for one use.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Name: the file's, without `.yaml`.
    pub name: &'static str,
    /// The values file.
    pub text: &'static str,
}

impl Preset {
    /// What it is for: the first line.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches('#').trim()
    }

    /// API versions that its objects need, as `--api-versions` takes them.
    pub fn api_versions(&self) -> impl Iterator<Item = &'static str> {
        let mut lines = self.text.lines();
        lines.find_map(|l| l.strip_prefix("# api-versions:")).unwrap_or_default().split_whitespace()
    }
}

/// Finds a preset by name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.name == name)
}

macro_rules! presets {
    ($($name:literal),+ $(,)?) => {
        &[$(Preset { name: $name, text: include_str!(concat!("../../values/", $name, ".yaml")) }),+]
    };
}

/// Every preset, the simple ones first.
pub const PRESETS: &[Preset] = presets![
    "default",
    "no-leader-election",
    "fail-fast-webhook",
    "graceful-webhook",
    "no-webhook",
    "namespaced",
    "all-namespaces",
    "namespace-selector",
    "list-and-selector",
    "one-operator-per-namespace",
    "restricted",
    "cert-manager",
    "own-certificate",
    "prometheus",
    "batch-schedulers",
    "high-availability",
    "host-network",
    "gradual-migration",
    "openshift",
    "argo-cd",
    "everything",
];
