//! Helm hooks: the annotations that take a document out of the release and run it at an event.
//!
//! When hooks run is Helm's business; here they are only read (`manifest_sorter.go` in Helm).

use std::collections::BTreeMap;

const EVENTS: &str = "helm.sh/hook";
const WEIGHT: &str = "helm.sh/hook-weight";
const DELETE_POLICY: &str = "helm.sh/hook-delete-policy";
const OUTPUT_LOG_POLICY: &str = "helm.sh/hook-output-log-policy";

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HookEvent {
    /// Before the first install.
    PreInstall,
    /// After the first install.
    PostInstall,
    /// Before an uninstall.
    PreDelete,
    /// After an uninstall.
    PostDelete,
    /// Before an upgrade.
    PreUpgrade,
    /// After an upgrade.
    PostUpgrade,
    /// Before a rollback.
    PreRollback,
    /// After a rollback.
    PostRollback,
    /// On `helm test`.
    Test,
}

impl HookEvent {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "pre-install" => Self::PreInstall,
            "post-install" => Self::PostInstall,
            "pre-delete" => Self::PreDelete,
            "post-delete" => Self::PostDelete,
            "pre-upgrade" => Self::PreUpgrade,
            "post-upgrade" => Self::PostUpgrade,
            "pre-rollback" => Self::PreRollback,
            "post-rollback" => Self::PostRollback,
            // `test-success` is what Helm 2 called it.
            "test" | "test-success" => Self::Test,
            _ => return None,
        })
    }
}

/// What the hook annotations of a document say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// When it runs; never empty.
    pub events: Vec<HookEvent>,
    /// Lower runs first. 0 when absent or not an integer. It does not change the printed order.
    pub weight: i64,
    /// When the object is deleted, in lower case, unchecked as in Helm.
    pub delete_policies: Vec<String>,
    /// When its log is shown, in lower case, unchecked as in Helm.
    pub output_log_policies: Vec<String>,
}

impl Hook {
    /// True when it runs on `helm test`.
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.events.contains(&HookEvent::Test)
    }

    /// The hook in a document's annotations; `None` where there is no hook annotation.
    ///
    /// # Errors
    /// The annotation itself, when one of its events is unknown: Helm then drops the whole document.
    pub(super) fn read(annotations: &BTreeMap<String, String>) -> Result<Option<Self>, String> {
        let Some(events) = annotations.get(EVENTS) else { return Ok(None) };
        let parsed: Option<Vec<_>> = list(events).iter().map(|event| HookEvent::parse(event)).collect();
        let list_of = |key| annotations.get(key).map(|text| list(text)).unwrap_or_default();
        Ok(Some(Self {
            events: parsed.ok_or_else(|| events.clone())?,
            weight: annotations.get(WEIGHT).and_then(|weight| weight.parse().ok()).unwrap_or(0),
            delete_policies: list_of(DELETE_POLICY),
            output_log_policies: list_of(OUTPUT_LOG_POLICY),
        }))
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|item| item.trim().to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<Hook>, String> {
        Hook::read(&pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn a_document_without_the_annotation_is_no_hook() {
        assert_eq!(read(&[(WEIGHT, "1")]), Ok(None));
    }

    #[test]
    fn events_and_policies_are_lists_in_any_case() {
        let hook = read(&[
            (EVENTS, "Pre-Install, test-success"),
            (WEIGHT, "-5"),
            (DELETE_POLICY, "before-hook-creation,Hook-Succeeded"),
        ])
        .unwrap()
        .unwrap();
        assert_eq!(hook.events, [HookEvent::PreInstall, HookEvent::Test]);
        assert_eq!((hook.weight, hook.is_test()), (-5, true));
        assert_eq!(hook.delete_policies, ["before-hook-creation", "hook-succeeded"]);
    }

    #[test]
    fn one_unknown_event_drops_the_document() {
        for unknown in ["", "crd-install", "pre-install,", "pre-install,later"] {
            assert_eq!(read(&[(EVENTS, unknown)]), Err(unknown.to_owned()));
        }
    }

    #[test]
    fn a_weight_that_is_no_integer_is_zero() {
        for weight in ["", "1.5", "x", " 1", "99999999999999999999"] {
            assert_eq!(read(&[(EVENTS, "test"), (WEIGHT, weight)]).unwrap().unwrap().weight, 0, "{weight:?}");
        }
    }
}
