//! What the driver's container runs: the image's entrypoint, told to be a driver.

use super::Driver;
use super::conf::{is_internal, is_python, is_r, resolve};
use crate::spark::error::SparkError;

/// Where the configuration is mounted.
pub(super) const CONF_FOLDER: &str = "/opt/spark/conf";
/// The configuration's file in it.
pub(super) const PROPERTIES: &str = "spark.properties";

/// Spark's command step.
pub(super) fn configure(driver: &mut Driver<'_>) -> Result<(), SparkError> {
    let program = &driver.compiled.program;
    if !is_internal(&program.main) {
        resolve("spec.mainApplicationFile", &program.main)?;
    }
    let (kind, class) = if is_python(&program.main) {
        ("python", Some("org.apache.spark.deploy.PythonRunner"))
    } else if is_r(&program.main) {
        ("r", Some("org.apache.spark.deploy.RRunner"))
    } else {
        ("java", program.class.as_deref())
    };
    let class = class.ok_or_else(|| SparkError::Missing {
        field: "spec.mainClass".to_owned(),
        message: "a program whose name does not end in .py or .R is Java or Scala and needs mainClass: nobody looks into its jar".to_owned(),
    })?;
    let arguments = driver.spark.args.get_or_insert_default();
    let mut add = |argument: &str| arguments.push(argument.to_owned());
    add("driver");
    if let Some(user) = &program.proxy_user {
        add("--proxy-user");
        add(user);
    }
    add("--properties-file");
    add(&format!("{CONF_FOLDER}/{PROPERTIES}"));
    add("--class");
    add(class);
    add(&program.main);
    program.arguments.iter().for_each(|argument| add(argument));
    if kind == "python" {
        let python = driver.conf.get("spark.pyspark.python").map(str::to_owned);
        let driver_python =
            driver.conf.get("spark.pyspark.driver.python").map(str::to_owned).or(python.clone());
        for (name, value) in [("PYSPARK_PYTHON", python), ("PYSPARK_DRIVER_PYTHON", driver_python)] {
            if let Some(value) = value {
                driver.env(name, value);
            }
        }
    }
    driver.property("spark.kubernetes.resource.type", kind);
    Ok(())
}
