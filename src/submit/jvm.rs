//! Options of spark-submit's JVMs, which live for seconds: what they compile and load should cost little.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::{env, process};

use tempfile::TempDir;

/// One compiler: what the second one gains takes longer to come than they live.
const SHORT_LIVED: &str = "-XX:TieredStopAtLevel=1";

/// spark-submit starts two: the launcher, which finds out how to start the other.
const VARIABLES: [&str; 2] = ["SPARK_LAUNCHER_OPTS", SUBMIT];
const SUBMIT: &str = "SPARK_SUBMIT_OPTS";

/// Name of the archive in its folder.
const FILE: &str = "classes.jsa";

/// How often an archive is begun that comes to nothing.
const TRIES: u8 = 3;

/// Classes as spark-submit has loaded them, in an archive that the JVM keeps (JEP 350, Java 13 and later; older ones do
/// without). One submission that ends well writes it, which takes it some seconds longer; 70 MB in the folder of temporary
/// files.
#[derive(Debug, Default)]
pub struct Classes(Mutex<Archive>);

#[derive(Debug, Default)]
struct Archive {
    tries: u8,
    /// Of the process that is to write it, as long as it runs.
    begun: Weak<TempDir>,
    written: Option<Arc<TempDir>>,
}

/// What one process has to do with the archive, which stays as long as somebody has a part in it.
#[derive(Debug)]
pub(super) enum Part {
    Nothing,
    Writes(Arc<TempDir>),
    Reads(Arc<TempDir>),
}

impl Classes {
    /// The part of the next process.
    pub(super) fn part(&self) -> Part {
        let mut archive = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(written) = &archive.written {
            return Part::Reads(Arc::clone(written));
        }
        if archive.begun.strong_count() > 0 || archive.tries == TRIES {
            return Part::Nothing;
        }
        archive.tries += 1;
        match folder() {
            Ok(folder) => {
                let folder = Arc::new(folder);
                archive.begun = Arc::downgrade(&folder);
                Part::Writes(folder)
            }
            Err(error) => {
                tracing::warn!(%error, "no archive of spark-submit's classes: it takes longer without");
                Part::Nothing
            }
        }
    }

    /// A process has ended well.
    pub(super) fn keep(&self, part: Part) {
        if let Part::Writes(folder) = part
            && folder.path().join(FILE).exists()
        {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).written = Some(folder);
        }
    }
}

/// A folder for the archive, of nobody else. In a container, where the operator has always the same process id, it takes
/// the place of the one that was left when the operator was killed.
fn folder() -> std::io::Result<TempDir> {
    let name = format!("spark-submit-classes-{}", process::id());
    // Where it cannot be removed it is another user's, and cannot be made either.
    let _ = std::fs::remove_dir_all(env::temp_dir().join(&name));
    tempfile::Builder::new().prefix(&name).rand_bytes(0).tempdir()
}

impl Part {
    /// The variables for spark-submit. Those that the operator's environment has (`set`) stay as they are: whoever set them
    /// decides alone.
    pub(super) fn variables(
        &self,
        set: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = (&'static str, String)> {
        let archive = match self {
            Self::Nothing => None,
            Self::Writes(folder) => {
                Some(("-XX:+IgnoreUnrecognizedVMOptions -XX:ArchiveClassesAtExit", folder))
            }
            Self::Reads(folder) => Some(("-XX:SharedArchiveFile", folder)),
        };
        let archive =
            archive.map(|(option, folder)| format!(" {option}={}", folder.path().join(FILE).display()));
        VARIABLES.into_iter().filter(move |name| !set(name)).map(move |name| {
            let archive = archive.as_deref().filter(|_| name == SUBMIT).unwrap_or_default();
            (name, format!("{SHORT_LIVED}{archive}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(part: &Part) -> String {
        part.variables(|_| false).find(|(name, _)| *name == SUBMIT).unwrap().1
    }

    /// One after the other: the folder has the process's name.
    #[test]
    fn one_that_ends_well_writes_what_the_others_read() {
        let classes = Classes::default();
        // One that was cut off, and one that ended well and wrote nothing.
        drop(classes.part());
        classes.keep(classes.part());
        let last = classes.part();
        assert!(options(&last).contains("-XX:ArchiveClassesAtExit=/"), "{last:?}");
        // Those that run meanwhile.
        let beside = classes.part();
        assert_eq!(options(&beside), SHORT_LIVED);
        let Part::Writes(folder) = &last else { panic!("{last:?}") };
        let file = folder.path().join(FILE);
        std::fs::write(&file, "").unwrap();
        classes.keep(last);
        classes.keep(beside);
        let next = classes.part();
        assert!(options(&next).ends_with(&format!("-XX:SharedArchiveFile={}", file.display())));
        drop((classes, next));
        assert!(!file.exists());

        let classes = Classes::default();
        for _ in 0..TRIES {
            assert!(matches!(classes.part(), Part::Writes(_)));
        }
        assert!(matches!(classes.part(), Part::Nothing));
    }

    #[test]
    fn what_the_operator_was_given_stays() {
        assert_eq!(Part::Nothing.variables(|name| name == SUBMIT).count(), 1);
    }
}
