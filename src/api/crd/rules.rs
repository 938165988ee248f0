//! What the API server checks beyond the structure: rules in CEL, put into the definitions.
//!
//! A rule is written once, as a [`Check`]: printed as CEL for the API server, and [evaluated](Check::holds) on a tree
//! for `validate`, which works without a cluster. It refuses only what cannot run, or what the webhook of Kubeflow's
//! operator refuses too. All rules but that of the name are on nodes below `spec`: the API server skips a rule on a node
//! that an update leaves as it was, so an object that was stored before the rule keeps taking status and metadata. Where
//! a node holds a pod template, whose fields the schema does not know, the API server cannot tell that it is as it was
//! (1.35 refuses the status of such an object): there a rule passes by itself when the old node broke it too.
//! No rule asks for lengths: regular expressions stay short because the API server counts their worst case on texts of
//! 3 MiB, and takes no rule above a cost of 10,000,000 (about 120 characters of expression).

use serde_json::{Value as Json, json};

pub use super::check::Check;
pub(in crate::api) use super::check::steps;

/// A rule on a node.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The node: path of names from the object, or from the application's spec in [`APPLICATION`].
    pub at: &'static str,
    /// What must be true.
    pub check: Check,
    /// What is said when it is not.
    pub message: &'static str,
    /// The field that is to blame, below the node; empty when it is the node itself.
    pub field: &'static str,
    /// Why, and what Kubeflow's operator does.
    pub reason: &'static str,
}

/// Spark's form of an amount of memory. Spark trims, and takes any case.
const MEMORY: Check = Check::Matches("", "(?i)^[[:space:]]*[0-9]+([kmgtp]b?|b)?[[:space:]]*$");
const MEMORY_MESSAGE: &str =
    "must be an integer with an optional unit (b, k, m, g, t, p, each with or without b), such as 512m or 4g";
const MEMORY_REASON: &str =
    "Spark throws a NumberFormatException (decimals, Gi); the application fails at submission";

const TEMPLATE_MESSAGE: &str = "pod templates need Spark 3 or later";
const OLD_SPARK: &str = "^[012]([.-]|$)";

const ENABLED: Check = Check::True("enabled");

const fn memory(at: &'static str) -> Rule {
    Rule { at, check: MEMORY, message: MEMORY_MESSAGE, field: "", reason: MEMORY_REASON }
}

const fn dynamic(check: Check, message: &'static str, field: &'static str) -> Rule {
    let reason =
        "Spark's ExecutorAllocationManager throws at start; with dynamic allocation off nothing is checked";
    Rule { at: "dynamicAllocation", check, message, field, reason }
}

/// Rules of dynamic allocation that both kinds have.
const DYNAMIC: [Rule; 3] = [
    dynamic(
        Check::Any(&[
            Check::Not(&ENABLED),
            Check::Not(&Check::Has("minExecutors")),
            Check::Not(&Check::Has("maxExecutors")),
            Check::AtMost("minExecutors", "maxExecutors"),
        ]),
        "minExecutors must be at most maxExecutors",
        "minExecutors",
    ),
    dynamic(
        Check::Any(&[
            Check::Not(&ENABLED),
            Check::Not(&Check::Has("minExecutors")),
            Check::AtLeast("minExecutors", 0),
        ]),
        "minExecutors must be at least 0",
        "minExecutors",
    ),
    dynamic(
        Check::Any(&[
            Check::Not(&ENABLED),
            Check::Not(&Check::Has("maxExecutors")),
            Check::AtLeast("maxExecutors", 1),
        ]),
        "maxExecutors must be at least 1",
        "maxExecutors",
    ),
];

/// Rules of an application's spec: of SparkApplication, and of ScheduledSparkApplication's template.
pub const APPLICATION: [Rule; 10] = [
    Rule {
        at: "",
        check: Check::Any(&[
            Check::Not(&Check::Filled("nodeSelector")),
            Check::All(&[
                Check::Not(&Check::Filled("driver.nodeSelector")),
                Check::Not(&Check::Filled("executor.nodeSelector")),
            ]),
        ]),
        message: "nodeSelector cannot be both here and in driver or executor",
        field: "nodeSelector",
        reason: "Kubeflow's webhook refuses it; which one would win is not defined",
    },
    Rule {
        at: "",
        check: Check::Any(&[
            Check::Not(&Check::Any(&[Check::Has("driver.template"), Check::Has("executor.template")])),
            Check::Not(&Check::Matches("sparkVersion", OLD_SPARK)),
        ]),
        message: TEMPLATE_MESSAGE,
        field: "sparkVersion",
        reason: "Kubeflow's webhook refuses it; Spark 2 has no pod templates (a version that is no number passes here)",
    },
    memory("driver.memory"),
    memory("driver.memoryOverhead"),
    memory("executor.memory"),
    memory("executor.memoryOverhead"),
    Rule {
        at: "memoryOverheadFactor",
        check: Check::Matches(
            "",
            "^[[:space:]]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[dDfF]?[[:space:]]*$",
        ),
        message: "must be a decimal, such as 0.4",
        field: "",
        reason: "Spark throws a NumberFormatException at submission (hexadecimal floats, which Java reads, are refused too)",
    },
    DYNAMIC[0],
    DYNAMIC[1],
    DYNAMIC[2],
];

/// Rules of a schedule, from the object.
pub const SCHEDULE: [Rule; 5] = [
    Rule { at: "", check: NAME, message: NAME_MESSAGE, field: "metadata.name", reason: NAME_REASON },
    Rule {
        at: "spec.schedule",
        check: Check::Any(&[
            Check::Matches("", "@"),
            Check::Matches(
                "",
                "^((CRON_)?TZ=[^ ]* )?[[:space:]]*([0-9A-Za-z*?,/-]+[[:space:]]+){4}[0-9A-Za-z*?,/-]+[[:space:]]*$",
            ),
        ]),
        message: "must be five fields (minute, hour, day of month, month, day of week) or @hourly, @daily, @weekly, @monthly, @yearly or @every",
        field: "",
        reason: "Kubeflow's operator sets FailedValidation, and never runs it",
    },
    Rule {
        at: "spec.schedule",
        check: Check::Any(&[
            Check::Not(&Check::Matches("", "@")),
            Check::Matches("", "@(yearly|annually|monthly|weekly|daily|midnight|hourly)[[:space:]]*$"),
            Check::Matches("", "@every [^[:space:]]+[[:space:]]*$"),
        ]),
        message: "must be @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually or @every with a duration",
        field: "",
        reason: "Kubeflow's operator sets FailedValidation, and never runs it",
    },
    Rule {
        at: "spec.schedule",
        check: Check::Any(&[
            Check::Not(&Check::Matches("", "@every [^[:space:]]+[[:space:]]*$")),
            Check::Matches(
                "",
                "@every [+-]?(0|(([0-9]+[.]?[0-9]*|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+)[[:space:]]*$",
            ),
        ]),
        message: "must be @every and a duration such as 90s, 15m or 1h30m",
        field: "",
        reason: "Kubeflow's operator sets FailedValidation, and never runs it",
    },
    Rule {
        at: "spec.timeZone",
        check: Check::Matches("", "^([A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*)?$"),
        message: "must be a name of the IANA time zone database, such as Europe/Berlin or UTC",
        field: "",
        reason: "Kubeflow's operator sets FailedValidation, and never runs it",
    },
];

const NAME: Check =
    Check::Any(&[Check::Stored, Check::Matches("metadata.name", "^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")]);
const NAME_MESSAGE: &str = "metadata.name must be at most 63 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen";
const NAME_REASON: &str = "Kubeflow's webhook refuses it: labels and services are named after it";

/// The rule of a SparkApplication's name.
pub const APPLICATION_NAME: [Rule; 1] = [SCHEDULE[0]];

/// Rules of a SparkConnect, from the object.
pub const CONNECT: [Rule; 9] = [
    Rule {
        at: "",
        check: Check::Any(&[
            Check::Stored,
            Check::Matches("metadata.name", "^[a-z]([-a-z0-9]{0,54}[a-z0-9])?$"),
        ]),
        message: "metadata.name must be at most 56 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen",
        field: "metadata.name",
        reason: "Kubeflow's webhook refuses it: the service is named after it, with -server at its end",
    },
    Rule {
        at: "spec.sparkVersion",
        check: Check::Matches("", "."),
        message: "must not be empty",
        field: "",
        reason: "Kubeflow's webhook refuses it",
    },
    Rule {
        at: "spec",
        check: Check::Any(&[
            Check::Not(&Check::Any(&[Check::Has("server.template"), Check::Has("executor.template")])),
            Check::Not(&Check::Matches("sparkVersion", OLD_SPARK)),
        ]),
        message: TEMPLATE_MESSAGE,
        field: "sparkVersion",
        reason: "Kubeflow's webhook refuses it; Spark Connect begins with Spark 3.4",
    },
    memory("spec.server.memory"),
    memory("spec.executor.memory"),
    Rule { at: "spec.dynamicAllocation", ..DYNAMIC[0] },
    Rule { at: "spec.dynamicAllocation", ..DYNAMIC[1] },
    Rule { at: "spec.dynamicAllocation", ..DYNAMIC[2] },
    Rule {
        at: "spec.dynamicAllocation",
        check: Check::Any(&[
            Check::Not(&ENABLED),
            Check::Not(&Check::Has("initialExecutors")),
            Check::All(&[
                Check::AtLeast("initialExecutors", 0),
                Check::Any(&[
                    Check::Not(&Check::Has("minExecutors")),
                    Check::AtMost("minExecutors", "initialExecutors"),
                ]),
                Check::Any(&[
                    Check::Not(&Check::Has("maxExecutors")),
                    Check::AtMost("initialExecutors", "maxExecutors"),
                ]),
            ]),
        ]),
        message: "initialExecutors must be at least 0 and between minExecutors and maxExecutors",
        field: "initialExecutors",
        reason: "Kubeflow's webhook refuses it",
    },
];

/// The rules of a kind with the paths of their nodes from the object.
#[must_use]
pub fn of(kind: &str) -> Vec<(String, Rule)> {
    let (own, spec): (&[Rule], _) = match kind {
        "SparkApplication" => (&APPLICATION_NAME, Some("spec")),
        "ScheduledSparkApplication" => (&SCHEDULE, Some("spec.template")),
        "SparkConnect" => (&CONNECT, None),
        _ => (&[], None),
    };
    let own = own.iter().map(|rule| (rule.at.to_owned(), *rule));
    let inner = spec.into_iter().flat_map(|spec| {
        APPLICATION.iter().map(move |rule| {
            let dot = if rule.at.is_empty() { "" } else { "." };
            (format!("{spec}{dot}{}", rule.at), *rule)
        })
    });
    own.chain(inner).collect()
}

/// Puts the rules of a kind into its schema.
pub(super) fn add(kind: &str, schema: &mut Json) {
    for (path, rule) in of(kind) {
        let pointer = steps(&path).fold(String::new(), |above, step| above + "/properties/" + step);
        let Some(node) = schema.pointer_mut(&pointer) else { continue };
        let json = rule.json(!rule.is_of_creation() && has_unknown_fields(node));
        let Some(node) = node.as_object_mut() else { continue };
        let rules = node.entry("x-kubernetes-validations").or_insert_with(|| json!([]));
        if let Some(rules) = rules.as_array_mut() {
            rules.push(json);
        }
    }
}

impl Rule {
    /// The rule as a definition says it. `ratchets`: it passes on an update whose old node broke it.
    #[must_use]
    pub fn json(&self, ratchets: bool) -> Json {
        let mut cel = self.check.cel("self");
        if ratchets {
            let old = self.check.cel("oldSelf.value()");
            cel = format!("{cel} || (oldSelf.hasValue() && !({old}))");
        }
        let mut rule = json!({"rule": cel, "message": self.message});
        // The definition knows no fields of the metadata, and a path must be known.
        if !self.field.is_empty() && !self.field.starts_with("metadata.") {
            rule["fieldPath"] = json!(format!(".{}", self.field));
        }
        if ratchets || self.is_of_creation() {
            rule["optionalOldSelf"] = json!(true);
        }
        rule
    }

    fn is_of_creation(&self) -> bool {
        matches!(self.check, Check::Any([Check::Stored, ..]))
    }
}

/// Whether a schema holds one that lets any field in.
fn has_unknown_fields(schema: &Json) -> bool {
    match schema {
        Json::Object(map) => {
            map.get("x-kubernetes-preserve-unknown-fields") == Some(&json!(true))
                || map.values().any(has_unknown_fields)
        }
        _ => false,
    }
}
