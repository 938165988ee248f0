//! Snapshots of this folder: where they lie, and what is masked in them.

use std::path::Path;

/// Settings for a snapshot in `tests/submission/snapshots/`.
pub fn settings(description: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/submission/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(description);
    settings
}

/// As [`settings`], with ids and times masked: those of `submit` are of its moment.
pub fn masked(description: &str) -> insta::Settings {
    let mut settings = settings(description);
    settings.add_filter(r"\b[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}\b", "<UUID>");
    settings.add_filter(r"\bspark-[0-9a-f]{32}\b", "spark-<ID>");
    settings.add_filter(r"-[0-9a-f]{16}-driver", "-<UNIQUE>-driver");
    settings.add_filter(r"-[0-9a-f]{16}-policy", "-<UNIQUE>-policy");
    settings.add_filter(r"spark-drv-[0-9a-f]{16}-conf-map", "spark-drv-<UNIQUE>-conf-map");
    settings.add_filter(r"-submit-[0-9a-f]{8}\b", "-submit-<UNIQUE>");
    settings.add_filter(r"spark\.app\.submitTime=[0-9]{13}", "spark.app.submitTime=<TIME>");
    settings
}
