//! Which images run: the application's, those of its templates, or the operator's default for the Spark version.

use std::collections::BTreeMap;

use super::Settings;
use super::arguments::App;
use super::template::Template;
use crate::api::forms::floating;
use crate::spark::conf::Setting;
use crate::spark::error::{Notice, SparkError};

/// The images of a submission, with the fields that they come from.
#[derive(Debug)]
pub(super) struct Images {
    /// `spec.image`, where there is one.
    pub both: Option<Setting>,
    /// Of the driver.
    pub driver: Setting,
    /// Of the executors.
    pub executor: Setting,
}

/// The images of driver and executors.
///
/// # Errors
/// One of them has none.
pub(super) fn images(
    app: &App<'_>,
    driver: &Template,
    executor: &Template,
    settings: &Settings,
    notices: &mut Vec<Notice>,
) -> Result<Images, SparkError> {
    let given = |field: &str, image: Option<&String>| {
        let image = image.filter(|image| !image.trim().is_empty())?;
        Some(Setting { value: image.clone(), field: field.to_owned() })
    };
    let both = given("spec.image", app.spec.image.as_ref());
    let default = || {
        let image = default_image(&settings.default_images, &app.spec.spark_version)?;
        Some(Setting { value: image.to_owned(), field: "spec.sparkVersion".to_owned() })
    };
    let choose = |role: &str, own: Option<&String>, template: &Template| {
        given(&format!("spec.{role}.image"), own)
            .or_else(|| both.clone())
            .or_else(|| {
                let image = template.container().and_then(|spark| spark.image.as_ref());
                given(&format!("spec.{role}.template"), image)
            })
            .or_else(default)
            .ok_or_else(|| SparkError::Missing {
                field: "spec.image".to_owned(),
                message: format!(
                    "the {role} has no image: set it here, in {role}.image, or in the Spark container of {role}.template \
                     (the operator has no default image for Spark {})",
                    app.spec.spark_version
                ),
            })
    };
    let images = Images {
        driver: choose("driver", app.spec.driver.pod.image.as_ref(), driver)?,
        executor: choose("executor", app.spec.executor.pod.image.as_ref(), executor)?,
        both,
    };
    let mut said: Vec<&Setting> = Vec::new();
    for image in [&images.driver, &images.executor] {
        if !said.contains(&image)
            && let Some(reason) = floating(&image.value)
        {
            let message = format!("image {} {reason}; name a version", image.value);
            notices.push(Notice::new(&image.field, "FloatingImage", message));
            said.push(image);
        }
    }
    Ok(images)
}

/// The default image of a Spark version: that of the longest key that is the version or its beginning up to a dot.
#[must_use]
pub fn default_image<'a>(images: &'a BTreeMap<String, String>, version: &str) -> Option<&'a str> {
    let fits =
        |key: &str| version.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let found = images.iter().filter(|(key, _)| fits(key)).max_by_key(|(key, _)| key.len());
    found.map(|(_, image)| image.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_key_that_fits_is_the_default_image() {
        let images: BTreeMap<String, String> =
            [("4", "four"), ("4.0", "line"), ("4.0.1", "exact"), ("3.5", "old")]
                .map(|(key, image)| (key.to_owned(), image.to_owned()))
                .into();
        for (version, image) in [
            ("4.0.1", Some("exact")),
            ("4.0.10", Some("line")),
            ("4.1.0", Some("four")),
            ("3.5.0", Some("old")),
            ("3.50", None),
        ] {
            assert_eq!(default_image(&images, version), image, "{version}");
        }
    }
}
