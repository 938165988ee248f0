//! What a program needs beside itself, in the three tongues it is said in: the field of the application, the option of
//! spark-submit, the key of Spark's configuration.

use crate::api::Dependencies;

/// One list of dependencies that says something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dependency<'a> {
    /// `spec.deps.` and this.
    pub field: &'static str,
    /// Option of spark-submit.
    pub option: &'static str,
    /// Key that spark-submit makes of the option.
    pub key: &'static str,
    /// Whether its items are URIs of files, not coordinates or repositories.
    pub files: bool,
    /// Its items, at least one.
    pub items: &'a [String],
}

/// The lists that are not empty, in the order of Kubeflow's arguments.
///
/// Source: Spark's SparkSubmitArguments and SparkSubmit.prepareSubmitEnvironment.
pub(super) fn dependencies(deps: &Dependencies) -> impl Iterator<Item = Dependency<'_>> {
    [
        list("jars", "--jars", "spark.jars", true, deps.jars.as_ref()),
        list("packages", "--packages", "spark.jars.packages", false, deps.packages.as_ref()),
        list(
            "excludePackages",
            "--exclude-packages",
            "spark.jars.excludes",
            false,
            deps.exclude_packages.as_ref(),
        ),
        list("repositories", "--repositories", "spark.jars.repositories", false, deps.repositories.as_ref()),
        list("pyFiles", "--py-files", "spark.submit.pyFiles", true, deps.py_files.as_ref()),
        list("files", "--files", "spark.files", true, deps.files.as_ref()),
        list("archives", "--archives", "spark.archives", true, deps.archives.as_ref()),
    ]
    .into_iter()
    .filter(|list| !list.items.is_empty())
}

fn list<'a>(
    field: &'static str,
    option: &'static str,
    key: &'static str,
    files: bool,
    items: Option<&'a Vec<String>>,
) -> Dependency<'a> {
    Dependency { field, option, key, files, items: items.map(Vec::as_slice).unwrap_or_default() }
}
