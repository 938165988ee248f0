//! Spark's release lines, and what differs between them in what a submission creates.

use super::error::{Notice, SparkError, shown};

/// A line of Spark for which the native submitter has a table, proven against its spark-submit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// 3.5
    V3_5,
    /// 4.0
    V4_0,
    /// 4.1
    V4_1,
    /// 4.2
    V4_2,
    /// 4.3
    V4_3,
}

/// The oldest major version that runs at all.
const OLDEST_MAJOR: u32 = 3;

impl Line {
    /// All lines, oldest first.
    pub const ALL: [Self; 5] = [Self::V3_5, Self::V4_0, Self::V4_1, Self::V4_2, Self::V4_3];

    /// Major and minor number.
    #[must_use]
    pub fn number(self) -> (u32, u32) {
        match self {
            Self::V3_5 => (3, 5),
            Self::V4_0 => (4, 0),
            Self::V4_1 => (4, 1),
            Self::V4_2 => (4, 2),
            Self::V4_3 => (4, 3),
        }
    }

    /// The line whose table is used for a version, and a notice where it is not the version's own: older minor versions
    /// of Spark 3 take the table of 3.5, newer versions than we know that of the newest.
    ///
    /// # Errors
    /// No version of the form 4.0.1, or one before 3.0.
    pub fn of(version: &str) -> Result<(Self, Option<Notice>), SparkError> {
        let refused = |message| SparkError::Version { version: shown(version), message };
        let mut parts = version.strip_prefix('v').unwrap_or(version).split(['.', '-', '_']);
        let mut part = || parts.next().and_then(|part| part.parse::<u32>().ok());
        // It becomes a label of the pods.
        let label = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let (Some(major), Some(minor), true) = (part(), part(), version.chars().all(label)) else {
            return Err(refused("write the version in full, such as 4.0.1"));
        };
        if major < OLDEST_MAJOR {
            return Err(refused(
                "the native submitter begins with 3.0; choose the submitter `job`, which runs the image's own spark-submit",
            ));
        }
        if let Some(line) = Self::ALL.into_iter().find(|line| line.number() == (major, minor)) {
            return Ok((line, None));
        }
        let newer = (major, minor) > Self::V4_3.number();
        let line = if newer { Self::V4_3 } else { Self::V3_5 };
        let (table, tested) = line.number();
        let age = if newer { "newer than" } else { "older than" };
        let message = format!(
            "Spark {version} is {age} the lines that were tested against their spark-submit; it is submitted as {table}.{tested}"
        );
        Ok((line, Some(Notice::new("spec.sparkVersion", "UntestedSparkVersion", message))))
    }

    /// Whether driver and service have the port of Spark Connect.
    pub(super) fn has_connect_port(self) -> bool {
        self >= Self::V4_1
    }

    /// Whether executors get a network policy that lets only their application in.
    pub(super) fn has_network_policy(self) -> bool {
        self >= Self::V4_2
    }

    /// Whether the service says what is spoken at the port of Spark Connect.
    pub(super) fn names_protocols(self) -> bool {
        self >= Self::V4_2
    }

    /// Whether the user of a driver is the user that it stands in for.
    pub(super) fn is_proxy_user(self) -> bool {
        self >= Self::V4_3
    }

    /// Whether privilege escalation is set by configuration, and the service tells of pods that are not ready.
    pub(super) fn is_strict(self) -> bool {
        self >= Self::V4_3
    }

    /// Whether `{{APP_ID}}` is replaced in labels too, not only in annotations.
    pub(super) fn substitutes_labels(self) -> bool {
        self >= Self::V4_0
    }

    /// Whether `{{SPARK_VERSION}}` is replaced in image names.
    pub(super) fn substitutes_images(self) -> bool {
        self >= Self::V4_1
    }

    /// Whether steps of a submission can be left out by configuration.
    pub(super) fn excludes_steps(self) -> bool {
        self >= Self::V4_1
    }

    /// Whether volumes know `mount.subPathExpr`, `options.type` of a hostPath, and labels and annotations of claims.
    pub(super) fn has_volume_details(self) -> bool {
        self >= Self::V4_0
    }

    /// Access mode of claims that Spark makes, unless `spark.kubernetes.legacy.useReadWriteOnceAccessMode` says otherwise.
    pub(super) fn uses_read_write_once(self) -> bool {
        self < Self::V4_0
    }

    /// Whether the least memory overhead of the driver can be configured.
    pub(super) fn has_min_memory_overhead(self) -> bool {
        self >= Self::V4_0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_of_its_own_line() {
        for (version, line) in [
            ("3.5.0", Line::V3_5),
            ("4.0.1", Line::V4_0),
            ("v4.1.0-preview1", Line::V4_1),
            ("4.2", Line::V4_2),
            ("4.3.0-SNAPSHOT", Line::V4_3),
        ] {
            assert_eq!(Line::of(version), Ok((line, None)), "{version}");
        }
    }

    #[test]
    fn other_versions_take_the_nearest_table_and_say_so() {
        for (version, line) in
            [("3.0.3", Line::V3_5), ("3.4.1", Line::V3_5), ("4.4.0", Line::V4_3), ("5.0.0", Line::V4_3)]
        {
            let (found, notice) = Line::of(version).unwrap();
            assert_eq!(found, line, "{version}");
            assert_eq!(notice.unwrap().reason, "UntestedSparkVersion", "{version}");
        }
    }

    #[test]
    fn too_old_and_unreadable_versions_are_refused() {
        for version in ["2.4.8", "1.6.0", "", "four", "4", "latest", "-1.0", "4.x"] {
            assert_eq!(Line::of(version).unwrap_err().field(), "spec.sparkVersion", "{version}");
        }
        assert!(Line::of("2.4.8").unwrap_err().to_string().contains("`job`"));
    }
}
