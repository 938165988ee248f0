//! Text that would become something else on its way: an option, another key, the end of a string.

use k8s_openapi::api::core::v1::Pod;
use serde_json::Value as Json;

use crate::api::SparkApplicationSpec;
use crate::spark::conf::Setting;
use crate::spark::error::SparkError;

/// Checks the program, its arguments and the configuration.
pub(super) fn check(spec: &SparkApplicationSpec, conf: &[(String, Setting)]) -> Result<(), SparkError> {
    let main = &spec.main_application_file;
    if main.is_empty() {
        let message = "there is nothing to run: name a jar, a Python or an R file".to_owned();
        return Err(SparkError::Missing { field: "spec.mainApplicationFile".to_owned(), message });
    }
    if main.starts_with('-') {
        return Err(SparkError::value(
            "spec.mainApplicationFile",
            main,
            "a file: spark-submit takes it for an option",
        ));
    }
    let arguments = spec.arguments.iter().flatten().enumerate();
    let words = arguments.map(|(index, argument)| (format!("spec.arguments[{index}]"), argument));
    let single = [
        ("spec.mainApplicationFile", Some(main)),
        ("spec.mainClass", spec.main_class.as_ref()),
        ("spec.proxyUser", spec.proxy_user.as_ref()),
    ];
    let single = single.into_iter().filter_map(|(field, word)| Some((field.to_owned(), word?)));
    for (field, word) in words.chain(single) {
        without_nul(&field, word)?;
    }
    for (key, Setting { value, field }) in conf {
        if key.contains('=') {
            return Err(SparkError::value(
                field,
                key,
                "a key: what stands behind its first = would be the value",
            ));
        }
        without_nul(field, key)?;
        without_nul(field, value)?;
    }
    Ok(())
}

/// Checks every text in the pods: variables, commands, and what a template brings.
pub(super) fn check_pods(driver: &Pod, executor: &Pod) -> Result<(), SparkError> {
    for (field, pod) in [("spec.driver", driver), ("spec.executor", executor)] {
        // Whatever cannot be written as JSON fails where it is written.
        let json = serde_json::to_value(pod).unwrap_or_default();
        if let Some(text) = nul(&json) {
            without_nul(field, text)?;
        }
    }
    Ok(())
}

/// The first text with a NUL character.
fn nul(json: &Json) -> Option<&str> {
    match json {
        Json::String(text) => text.contains('\0').then_some(text),
        Json::Array(items) => items.iter().find_map(nul),
        Json::Object(fields) => fields
            .iter()
            .find_map(|(key, value)| key.contains('\0').then_some(key.as_str()).or_else(|| nul(value))),
        _ => None,
    }
}

/// No process can be given a NUL character: its arguments and variables end there.
fn without_nul(field: &str, text: &str) -> Result<(), SparkError> {
    if text.contains('\0') {
        return Err(SparkError::value(
            field,
            text,
            "text that a process can be given: it has a NUL character",
        ));
    }
    Ok(())
}
