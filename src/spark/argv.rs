//! spark-submit's argument list for a compiled application, in the order of Kubeflow's operator, and the files that it
//! names. Files are JSON, which is YAML in which no text can be taken for anything else.

use k8s_openapi::api::core::v1::Pod;

use super::compile::Compiled;
use super::dependencies::dependencies;
use super::error::SparkError;

impl Compiled {
    /// The arguments behind `spark-submit`. `master` is the API server: `k8s://https://kubernetes.default.svc`.
    #[must_use]
    pub fn arguments(&self, master: &str) -> Vec<String> {
        let program = &self.program;
        let mut arguments = Vec::new();
        let mut option = |name: &str, value: &str| arguments.extend([name.to_owned(), value.to_owned()]);
        option("--master", master);
        option("--deploy-mode", "cluster");
        if let Some(class) = &program.class {
            option("--class", class);
        }
        option("--name", &self.name);
        for list in dependencies(&program.dependencies) {
            option(list.option, &list.items.join(","));
        }
        for (key, setting) in &self.conf {
            option("--conf", &format!("{key}={}", setting.value));
        }
        if let Some(user) = &program.proxy_user {
            option("--proxy-user", user);
        }
        if self.load_spark_defaults {
            let behind_name =
                arguments.iter().position(|argument| argument == "--name").map_or(0, |at| at + 2);
            arguments.insert(behind_name, "--load-spark-defaults".to_owned());
        }
        arguments.push(program.main.clone());
        arguments.extend(program.arguments.iter().cloned());
        arguments
    }

    /// The template files that the arguments name, by file name, with their content.
    ///
    /// # Errors
    /// A template cannot be written as JSON.
    pub fn template_files(&self) -> Result<[(String, String); 2], SparkError> {
        let file = |role, pod| Ok((format!("{role}-pod-template.yaml"), template_text(role, pod)?));
        Ok([file("driver", &self.driver)?, file("executor", &self.executor)?])
    }
}

/// The template of a role's pods, as Spark reads it.
pub(super) fn template_text(role: &str, pod: &Pod) -> Result<String, SparkError> {
    let text = serde_json::to_string_pretty(pod).map_err(|error| SparkError::Template {
        field: format!("spec.{role}.template"),
        cause: error.to_string(),
    })?;
    Ok(printable(&text))
}

/// JSON as YAML may hold it: what is no printable character there, or breaks lines, is escaped. It is only in texts.
fn printable(json: &str) -> String {
    let odd = |c: char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    let escaped = |c: char| if odd(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    if json.contains(odd) { json.chars().map(escaped).collect() } else { json.to_owned() }
}
