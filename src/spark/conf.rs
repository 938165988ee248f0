//! Spark configuration: keys and values with the field that each comes from, read as Spark reads them.

use std::collections::BTreeMap;

use super::amount;
use super::error::SparkError;

/// A value, and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The value.
    pub value: String,
    /// The field of the application: `spec.driver.memory`, `spec.sparkConf[spark.driver.memory]`.
    pub field: String,
}

/// Spark configuration by key. As in Spark, only keys that begin with `spark.` are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conf(BTreeMap<String, Setting>);

impl Conf {
    /// Sets a key; what it was before is forgotten. A key that is none of Spark's is ignored, as spark-submit does.
    pub fn set(&mut self, key: &str, value: impl Into<String>, field: impl Into<String>) {
        if key.starts_with("spark.") {
            self.0.insert(key.to_owned(), Setting { value: value.into(), field: field.into() });
        }
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|setting| setting.value.as_str())
    }

    /// Where a key was set; the place in sparkConf where it would be set, when it was not.
    #[must_use]
    pub fn field(&self, key: &str) -> String {
        self.0.get(key).map_or_else(|| format!("spec.sparkConf[{key}]"), |setting| setting.field.clone())
    }

    /// All keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, setting)| (key.as_str(), setting.value.as_str()))
    }

    /// The keys that begin with a prefix, without it, and their settings.
    pub fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Setting)> {
        let from = self.0.range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded));
        from.map_while(move |(key, setting)| Some((key.strip_prefix(prefix)?, setting)))
    }

    /// [`Conf::below`] as a map of values.
    #[must_use]
    pub fn map_below(&self, prefix: &str) -> BTreeMap<String, String> {
        self.below(prefix).map(|(key, setting)| (key.to_owned(), setting.value.clone())).collect()
    }

    /// A list, separated by commas; spaces around items and empty items do not count.
    #[must_use]
    pub fn list(&self, key: &str) -> Vec<&str> {
        let value = self.get(key).unwrap_or_default();
        value.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
    }

    /// `true` or `false`, in any case.
    ///
    /// # Errors
    /// Anything else.
    pub fn bool(&self, key: &str, default: bool) -> Result<bool, SparkError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        match value.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(SparkError::value(self.field(key), value, "true or false")),
        }
    }

    /// A whole number of 32 bits.
    ///
    /// # Errors
    /// Anything else.
    pub fn int(&self, key: &str) -> Result<Option<i32>, SparkError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let wrong = || SparkError::value(self.field(key), value, "a whole number");
        value.trim().parse().map(Some).map_err(|_| wrong())
    }

    /// A port, or the default.
    ///
    /// # Errors
    /// No whole number, or none from 1 to 65535.
    pub fn port(&self, key: &str, default: i32) -> Result<i32, SparkError> {
        let port = self.int(key)?.unwrap_or(default);
        if (1..=65535).contains(&port) {
            return Ok(port);
        }
        let value = self.get(key).unwrap_or_default();
        Err(SparkError::value(self.field(key), value, "a port from 1 to 65535: Kubernetes opens no other"))
    }

    /// A decimal number that is at least zero.
    ///
    /// # Errors
    /// Anything else.
    pub fn factor(&self, key: &str) -> Result<Option<f64>, SparkError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let read = amount::java_double(value).filter(|number| *number >= 0.0);
        read.map(Some)
            .ok_or_else(|| SparkError::value(self.field(key), value, "a number from 0 up, such as 0.1"))
    }

    /// Memory in MiB, rounded down. Without a unit it is MiB.
    ///
    /// # Errors
    /// No amount in Spark's form, or one beyond 63 bits.
    pub fn mebibytes(&self, key: &str) -> Result<Option<u64>, SparkError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let read = amount::mebibytes(value);
        read.map(Some).ok_or_else(|| {
            SparkError::value(self.field(key), value, "an amount of memory such as 512m or 4g (no fractions)")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conf(entries: &[(&str, &str)]) -> Conf {
        let mut conf = Conf::default();
        for (key, value) in entries {
            conf.set(key, *value, format!("spec.sparkConf[{key}]"));
        }
        conf
    }

    #[test]
    fn keys_that_are_not_sparks_are_ignored_and_the_last_value_counts() {
        let conf = conf(&[("hadoop.x", "1"), ("spark.x", "1"), ("spark.x", "2")]);
        assert_eq!(conf.iter().collect::<Vec<_>>(), [("spark.x", "2")]);
    }

    #[test]
    fn what_is_below_a_prefix_is_found_without_it() {
        let conf = conf(&[("spark.a.b", "1"), ("spark.a.b.c", "2"), ("spark.ab", "3"), ("spark.a", "4")]);
        let found: Vec<_> =
            conf.below("spark.a.").map(|(key, setting)| (key, setting.value.as_str())).collect();
        assert_eq!(found, [("b", "1"), ("b.c", "2")]);
    }

    #[test]
    fn values_are_read_as_spark_reads_them() {
        let conf = conf(&[
            ("spark.t", " TRUE "),
            ("spark.i", " 7 "),
            ("spark.f", "0.5d"),
            ("spark.m", "1G"),
            ("spark.l", " a, ,b,"),
            ("spark.wrong", "1.5"),
            ("spark.port", "0"),
        ]);
        assert_eq!(conf.bool("spark.t", false), Ok(true));
        assert_eq!(conf.bool("spark.none", true), Ok(true));
        assert_eq!(conf.int("spark.i"), Ok(Some(7)));
        assert_eq!(conf.factor("spark.f"), Ok(Some(0.5)));
        assert_eq!(conf.mebibytes("spark.m"), Ok(Some(1024)));
        assert_eq!(conf.list("spark.l"), ["a", "b"]);
        for error in [
            conf.bool("spark.wrong", true).unwrap_err(),
            conf.int("spark.wrong").unwrap_err(),
            conf.mebibytes("spark.wrong").unwrap_err(),
        ] {
            assert_eq!(error.field(), "spec.sparkConf[spark.wrong]");
        }
        assert_eq!(conf.port("spark.port", 1).unwrap_err().field(), "spec.sparkConf[spark.port]");
    }
}
