//! The configuration that spark-submit hands to the submission: defaults, the application's, and what its options say.

use super::super::compile::Compiled;
use super::super::conf::Conf;
use super::super::dependencies::dependencies;
use super::super::error::{SparkError, shown};

/// What the field of a setting begins with that comes from the operator's defaults.
pub const DEFAULTS: &str = "spark-defaults";

/// The configuration as Spark's submission client gets it.
pub(super) fn submitted(compiled: &Compiled, master: &str) -> Result<Conf, SparkError> {
    let mut conf = Conf::default();
    for (key, value) in &compiled.defaults {
        conf.set(key, value, format!("{DEFAULTS}[{key}]"));
    }
    for (key, setting) in &compiled.conf {
        conf.set(key, &setting.value, &setting.field);
    }
    conf.set("spark.master", master, "spec");
    conf.set("spark.submit.deployMode", "cluster", "spec.mode");
    conf.set("spark.app.name", &compiled.name, "metadata.name");
    for list in dependencies(&compiled.program.dependencies) {
        let field = format!("spec.deps.{}", list.field);
        let files = list.items.iter().enumerate().filter(|(_, item)| list.files && !item.contains(','));
        for (index, item) in files {
            resolve(&format!("{field}[{index}]"), item)?;
        }
        conf.set(list.key, list.items.join(","), field);
    }
    // Spark adds a jar to the class path itself; files of Python and R it runs.
    let main = &compiled.program.main;
    if !is_python(main) && !is_r(main) {
        let mut jars = conf.list("spark.jars").join(",");
        let field = conf
            .get("spark.jars")
            .map_or("spec.mainApplicationFile".to_owned(), |_| conf.field("spark.jars"));
        if !is_internal(main) {
            jars.push_str(if jars.is_empty() { "" } else { "," });
            jars.push_str(main);
        }
        conf.set("spark.jars", jars, field);
    }
    for key in ["spark.jars", "spark.files", "spark.archives"] {
        if conf.get(key).is_some() {
            let uris = uris(&conf, key)?;
            let field = conf.field(key);
            conf.set(key, uris, field);
        }
    }
    let python = uris(&conf, "spark.submit.pyFiles")?;
    let field = conf.field("spark.submit.pyFiles");
    conf.set("spark.submit.pyFiles", python, field);
    // Spark sets the driver's address itself.
    conf.remove("spark.driver.host");
    if conf.get("spark.app.submitTime").is_none() {
        conf.set("spark.app.submitTime", compiled.identity.submitted_at.to_string(), "spec");
    }
    Ok(conf)
}

/// Whether spark-submit takes the program for one in Python: by its name, not by the application's type.
pub(super) fn is_python(main: &str) -> bool {
    extension(main) == Some("py")
}

/// As [`is_python`], for R.
pub(super) fn is_r(main: &str) -> bool {
    matches!(extension(main), Some("R" | "r"))
}

/// What stands behind the last dot. Case counts: to Spark a `.PY` is a jar.
fn extension(main: &str) -> Option<&str> {
    main.rsplit_once('.').map(|(_, extension)| extension)
}

/// Spark's name for a program that is no file: its class is in the image.
pub(super) fn is_internal(main: &str) -> bool {
    main == "spark-internal"
}

/// A list of URIs. Files of whoever submits are refused: there are none in the operator.
fn uris(conf: &Conf, key: &str) -> Result<String, SparkError> {
    let items = conf.get(key).unwrap_or_default().split(',').filter(|item| !item.trim().is_empty());
    let items: Vec<&str> = items.collect();
    for item in &items {
        resolve(&conf.field(key), item)?;
    }
    Ok(items.join(","))
}

/// Checks that a URI is none of a file beside spark-submit, which would have to be uploaded.
pub(super) fn resolve(field: &str, uri: &str) -> Result<(), SparkError> {
    let scheme = uri.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    let illegal = |c: char| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(c);
    match scheme {
        Some("file") | None => Err(SparkError::NeedsSparkSubmit {
            field: field.to_owned(),
            what: format!("uploading the file {}", shown(uri)),
            why: "reads no files of its own; a file in the image is written local:///path",
        }),
        Some(_) if uri.contains(illegal) => {
            Err(SparkError::value(field, uri, "a URI: spaces and the like are written as %20"))
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uris_that_the_driver_can_reach_are_taken() {
        for uri in ["local:///opt/a.jar", "https://a.b/c.jar", "s3a://bucket/a.jar#x", "hdfs://h/a.py"] {
            assert_eq!(resolve("spec.deps.jars", uri), Ok(()), "{uri}");
        }
        for uri in ["/opt/a.jar", "a.jar", "file:///opt/a.jar", "file:/a", "1a:b", "http://a/b c.jar", ""] {
            assert_eq!(resolve("spec.deps.jars", uri).unwrap_err().field(), "spec.deps.jars", "{uri}");
        }
    }
}
