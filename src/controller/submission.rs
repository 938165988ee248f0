//! Submission ids: what one is made of, and what it remembers of the spec that was submitted.
//!
//! The id is all that is sure to be kept: definitions of Kubeflow's operator prune fields of the status that they do not
//! know, and a pod may be gone. So the id, a UUID in form (version 8, RFC 9562: custom), holds digests: 48 bits of which
//! attempt at which generation of which application it is, 4 bits of how the rest was made, 22 bits of the spec without
//! what the gate PartialRestart lets change, and 48 bits of the spec.

use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use crate::api::SparkApplicationSpec;
use crate::spark::SubmissionId;

/// How digests are made. One that is made otherwise gets another number, and is not compared with these.
const SCHEME: u128 = 1;

/// Fields whose change is no other application: it goes on running.
const APART: [&str; 2] = ["suspend", "timeToLiveSeconds"];

/// Fields of the executor that new pods get, with the gate PartialRestart, while the application goes on running.
const PARTIAL: [&str; 5] = ["priorityClassName", "nodeSelector", "tolerations", "affinity", "schedulerName"];

/// What a spec is compared by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// 48 bits: everything but `suspend` and `timeToLiveSeconds`.
    full: u64,
    /// 22 bits: that without the executor's fields that PartialRestart lets change.
    partial: u32,
}

impl Digest {
    /// Of a spec as it is stored, with the defaults where it says nothing. The stored form and not the typed one: a
    /// field that this operator does not know, and the next one does, is no change when the operator is upgraded.
    #[must_use]
    pub fn of(stored: &Json, defaulted: Option<&SparkApplicationSpec>) -> Self {
        let mut spec = stored.clone();
        if let Some(defaults) = defaulted.and_then(|spec| serde_json::to_value(spec).ok()) {
            fill(&mut spec, &defaults);
        }
        for field in APART {
            remove(&mut spec, field);
        }
        let full = digest(&spec);
        if let Some(executor) = spec.get_mut("executor") {
            for field in PARTIAL {
                remove(executor, field);
            }
        }
        Self { full: u64::try_from(full >> 80).unwrap_or_default(), partial: partial(digest(&spec)) }
    }

    /// Whether only fields differ that PartialRestart lets change.
    #[must_use]
    pub fn partly_equals(self, other: Self) -> bool {
        self.partial == other.partial
    }
}

fn partial(digest: u128) -> u32 {
    u32::try_from(digest >> (128 - 22)).unwrap_or_default()
}

fn remove(object: &mut Json, field: &str) {
    if let Some(object) = object.as_object_mut() {
        object.remove(field);
    }
}

/// Adds what `defaults` has and `object` lacks, at every depth.
fn fill(object: &mut Json, defaults: &Json) {
    let Json::Object(defaults) = defaults else { return };
    if object.is_null() {
        *object = Json::Object(Map::new());
    }
    let Json::Object(object) = object else { return };
    for (key, default) in defaults {
        match object.get_mut(key) {
            Some(there) if there.is_object() => fill(there, default),
            // Of the words that have a default an empty one says nothing.
            Some(Json::String(there)) if there.is_empty() => {
                default.as_str().unwrap_or_default().clone_into(there);
            }
            Some(there) if !there.is_null() => {}
            _ => {
                object.insert(key.clone(), default.clone());
            }
        }
    }
}

/// The beginning of the SHA-256 of a value in one form: keys sorted, and of what is null or empty nothing, as Kubernetes
/// compares.
fn digest(value: &Json) -> u128 {
    let mut text = String::new();
    canonical(value, &mut text);
    let bytes = Sha256::digest(text);
    bytes.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

fn canonical(value: &Json, text: &mut String) {
    match value {
        Json::Object(object) => {
            let mut said: Vec<_> = object.iter().filter(|(_, value)| !says_nothing(value)).collect();
            said.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (key, value) in said {
                text.push_str(&Json::from(key.as_str()).to_string());
                text.push(':');
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Json::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn says_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(object) => object.values().all(says_nothing),
        _ => false,
    }
}

/// The id of an attempt at a generation of an application whose spec has this digest.
#[must_use]
pub fn id(uid: &str, generation: i64, attempt: i32, digest: Digest) -> SubmissionId {
    let mixed = mix(uid, digest);
    // xxxxxxxx-xxxx-8Spp-vppp-xxxxxxxxxxxx: S the scheme, p 22 bits (v holds two of them beside the variant).
    let partial = u128::from(mixed.partial);
    let bits = attempt_bits(uid, generation, attempt) << 80
        | 8 << 76
        | SCHEME << 72
        | (partial >> 14) << 64
        | 0b10 << 62
        | (partial & 0x3fff) << 48
        | u128::from(mixed.full);
    let hex = format!("{bits:032x}");
    SubmissionId::new(format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    ))
}

/// Equal specs of two applications do not show in their ids.
fn mix(uid: &str, digest: Digest) -> Digest {
    let mask = |what: &str, number: u64| {
        let bytes = Sha256::digest(format!("{uid}/{what}/{number}"));
        bytes.iter().take(16).fold(0u128, |number, byte| number << 8 | u128::from(*byte))
    };
    Digest {
        full: u64::try_from(mask("full", digest.full) >> 80).unwrap_or_default(),
        partial: partial(mask("partial", digest.partial.into())),
    }
}

fn attempt_bits(uid: &str, generation: i64, attempt: i32) -> u128 {
    let bytes = Sha256::digest(format!("{uid}/{generation}/{attempt}"));
    bytes.iter().take(6).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// How today's spec compares with the one that a submission was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is that very generation.
    None,
    /// Only `suspend` and `timeToLiveSeconds` differ, or what was changed has been changed back.
    Apart,
    /// Only fields of the executor differ that PartialRestart lets change.
    Partial,
    /// It is another.
    Full,
    /// The id is none of ours: it does not say what was submitted.
    Foreign,
}

/// Compares the spec of an application with what its submission id remembers.
#[must_use]
pub fn change(id: &str, uid: &str, generation: i64, attempt: i32, digest: Digest) -> Change {
    let hex: String = id.chars().filter(|c| *c != '-').collect();
    let bits = match u128::from_str_radix(&hex, 16) {
        Ok(bits)
            if hex.len() == 32
                && id.len() == 36
                && (bits >> 76) & 0xf == 8
                && (bits >> 72) & 0xf == SCHEME =>
        {
            bits
        }
        _ => return Change::Foreign,
    };
    let mixed = mix(uid, digest);
    let full = u64::try_from(bits & 0xffff_ffff_ffff).unwrap_or_default();
    let partial = u32::try_from(((bits >> 64) & 0xff) << 14 | (bits >> 48) & 0x3fff).unwrap_or_default();
    // The spec of a generation never changes, however its digest is made by then.
    if bits >> 80 == attempt_bits(uid, generation, attempt) {
        Change::None
    } else if full == mixed.full {
        Change::Apart
    } else if partial == mixed.partial {
        Change::Partial
    } else {
        Change::Full
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(spec: &Json) -> Digest {
        let typed: SparkApplicationSpec = serde_json::from_value(spec.clone()).unwrap();
        Digest::of(spec, Some(&typed.with_defaults()))
    }

    fn spec() -> Json {
        json!({"type": "Scala", "sparkVersion": "4.0.1", "mainApplicationFile": "local:///a.jar",
            "driver": {"cores": 1}, "executor": {"instances": 1}})
    }

    #[test]
    fn an_id_is_a_uuid_and_remembers_the_spec() {
        let digest = of(&spec());
        let id = id("uid", 3, 1, digest);
        let id = id.as_str();
        assert_eq!((id.len(), &id[14..16]), (36, "81"), "{id}");
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        assert_eq!(change(id, "uid", 3, 1, digest), Change::None);
        // A later generation with the same digest, and the same generation with a digest of another make.
        assert_eq!(change(id, "uid", 7, 1, digest), Change::Apart);
        assert_eq!(change(id, "uid", 3, 1, Digest::default()), Change::None);
        assert_eq!(change(id, "uid", 4, 1, Digest::default()), Change::Full);
        let partial = Digest { full: 1, ..digest };
        assert_eq!(change(id, "uid", 4, 1, partial), Change::Partial);
    }

    #[test]
    fn attempts_generations_and_applications_have_ids_of_their_own() {
        let digest = of(&spec());
        let all: std::collections::BTreeSet<_> = [("a", 1, 1), ("a", 1, 2), ("a", 2, 1), ("b", 1, 1)]
            .map(|(uid, generation, attempt)| id(uid, generation, attempt, digest).as_str().to_owned())
            .into();
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn ids_of_others_say_nothing() {
        for foreign in
            ["", "a", "0b7f6b2e-5c0e-4b52-9c5d-000000000000", "0b7f6b2e-5c0e-8252-9c5d-000000000000", "ü"]
        {
            assert_eq!(change(foreign, "uid", 1, 1, Digest::default()), Change::Foreign, "{foreign}");
        }
    }

    #[test]
    fn what_says_the_same_has_one_digest() {
        let plain = of(&spec());
        for (what, change) in [
            ("suspend", json!({"suspend": true})),
            ("time to live", json!({"timeToLiveSeconds": 5})),
            ("defaults written out", json!({"mode": "cluster", "restartPolicy": {"type": "Never"}})),
            ("an empty word", json!({"mode": ""})),
            (
                "empty lists and maps",
                json!({"arguments": [], "sparkConf": {}, "volumes": null, "deps": {"jars": []}}),
            ),
        ] {
            let mut changed = spec();
            json_patch::merge(&mut changed, &change);
            assert_eq!(of(&changed), plain, "{what}");
        }
    }

    #[test]
    fn what_says_otherwise_has_another() {
        let plain = of(&spec());
        for (change, partly) in [
            (json!({"arguments": ["1"]}), false),
            (json!({"arguments": [""]}), false),
            (json!({"unknown": 1}), false),
            (json!({"driver": {"nodeSelector": {"a": "b"}}}), false),
            (json!({"executor": {"instances": 2}}), false),
            (json!({"executor": {"nodeSelector": {"a": "b"}}}), true),
            (json!({"executor": {"tolerations": [{"key": "a"}]}, "suspend": true}), true),
        ] {
            let mut changed = spec();
            json_patch::merge(&mut changed, &change);
            let changed = of(&changed);
            assert_ne!(changed, plain, "{change}");
            assert_eq!(changed.partly_equals(plain), partly, "{change}");
        }
    }
}
