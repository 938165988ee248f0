//! The environment with every template of the chart, and the template that renders them all.

use std::fmt::Write as _;
use std::sync::OnceLock;

use minijinja::Environment;

use crate::chart::source::{MACROS, TEMPLATES};
use crate::template;

/// The template that renders all others: it knows every macro, and prints each file after its length in bytes and a
/// colon, so that no text of a user can be taken for the end of a file.
pub(super) const WHOLE: &str = "the whole chart";

/// The environment with every template parsed, once for the process.
pub(super) fn environment() -> Result<&'static Environment<'static>, &'static minijinja::Error> {
    static ENVIRONMENT: OnceLock<Result<Environment<'static>, minijinja::Error>> = OnceLock::new();
    let built = ENVIRONMENT.get_or_init(|| {
        let mut env = template::environment();
        for (path, text) in MACROS.iter().chain(TEMPLATES) {
            env.add_template(path, text)?;
        }
        env.add_template_owned(WHOLE, whole())?;
        Ok(env)
    });
    built.as_ref()
}

fn whole() -> String {
    let mut text = String::new();
    for (path, source) in MACROS {
        let names: Vec<_> = source.lines().filter_map(macro_name).collect();
        // Writing to a string cannot fail.
        let _ = write!(text, "{{%- from {path:?} import {} %}}", names.join(", "));
    }
    // A loop's variables, and those that the file sets, end with the iteration.
    text + "{%- for path in paths %}{%- set file %}{% include path %}{% endset %}{{- len(file) }}:{{ file }}{%- endfor %}"
}

/// The macro that a line begins to define.
fn macro_name(line: &str) -> Option<&str> {
    line.strip_prefix("{%- macro ")?.split('(').next()
}
