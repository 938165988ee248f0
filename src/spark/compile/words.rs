//! Text that would become something else on its way: an option, another key, the end of a string.

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
