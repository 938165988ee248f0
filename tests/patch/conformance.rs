//! RFC 6902 and RFC 7396 case by case. The json-patch crate, run on the bare documents, must agree with each case, so
//! that a case that is written down wrongly is found. Our own rules (targets, expectations) are not judged here.

use serde_json::{Map, Value as Json, json};
use spark_operator::manifest::Manifests;
use spark_operator::manifest::patch::{PatchError, Sides, apply, read_patches};
use spark_operator::yaml::{self, Options};

/// A case of either file.
struct Case {
    keys: Map<String, Json>,
}

impl Case {
    fn all(file: &str, text: &str) -> Vec<Self> {
        let options = Options { exact_integers: true, ..Options::default() };
        let mut documents = yaml::read_documents(&file.into(), text, options).unwrap();
        assert_eq!(documents.duplicate_keys, [], "{file}");
        let Json::Array(cases) = documents.roots.remove(0).to_json() else { panic!("{file} is no list") };
        let cases = cases.into_iter().map(|case| match case {
            Json::Object(keys) => Self { keys },
            other => panic!("{file}: {other}"),
        });
        let cases: Vec<_> = cases.collect();
        for (index, case) in cases.iter().enumerate() {
            const KEYS: [&str; 10] = [
                "description",
                "doc",
                "patch",
                "merge",
                "expected",
                "gone",
                "error",
                "again",
                "strict",
                "whole",
            ];
            let unknown = case.keys.keys().find(|key| !KEYS.contains(&key.as_str()) && *key != "crate");
            assert_eq!(unknown, None, "{file}: {}", case.title());
            let twice = cases[..index].iter().any(|other| other.title() == case.title());
            assert!(!twice, "{file}: twice: {}", case.title());
        }
        cases
    }

    fn get(&self, key: &str) -> Option<&Json> {
        self.keys.get(key)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Json::as_str)
    }

    fn title(&self) -> &str {
        self.text("description").unwrap()
    }

    fn is_whole(&self) -> bool {
        self.get("whole").is_some()
    }

    /// The object that the document is, or is in.
    fn object(&self, document: Option<&Json>) -> Json {
        let mut object =
            json!({"apiVersion": "example.com/v1", "kind": "Case", "metadata": {"name": "case"}});
        match (document, self.is_whole()) {
            (Some(document), true) => return document.clone(),
            (Some(document), false) => object["spec"] = document.clone(),
            (None, _) => {}
        }
        object
    }

    /// The operations with their pointers below the place of the document. Where the RFC adds, so do we.
    fn operations(&self) -> Json {
        let prefix = if self.is_whole() { "" } else { "/spec" };
        let mut operations = self.keys["patch"].clone();
        for operation in operations.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
            for key in ["path", "from"] {
                if let Some(Json::String(pointer)) = operation.get_mut(key)
                    && (pointer.is_empty() || pointer.starts_with('/'))
                {
                    pointer.insert_str(0, prefix);
                }
            }
            if operation.get("op") == Some(&json!("add")) {
                operation.insert("ifPresent".to_owned(), json!("add"));
            }
        }
        operations
    }

    /// The same behind a `test` of the whole document: applied again, the patch fails there.
    fn guarded(&self) -> Json {
        let path = if self.is_whole() { "" } else { "/spec" };
        let mut operations = self.operations();
        let guard = json!({"op": "test", "path": path, "value": self.keys["doc"]});
        operations.as_array_mut().unwrap().insert(0, guard);
        operations
    }

    fn patched(&self, change: &Json) -> Result<Json, Refused> {
        patched(&yaml::to_yaml(&self.object(self.get("doc"))), change)
    }

    /// What the crate makes of the bare document; `None` if it refuses.
    fn of_the_crate(&self) -> Option<Json> {
        let mut document = self.keys["doc"].clone();
        let mut operations = self.keys["patch"].clone();
        for operation in operations.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
            operation.remove("ifPresent");
        }
        let patch: json_patch::Patch = serde_json::from_value(operations).ok()?;
        json_patch::patch(&mut document, &patch).ok()?;
        Some(document)
    }
}

#[derive(Debug)]
struct Refused {
    said: String,
    again: Option<String>,
}

/// The only object of the text, patched.
fn patched(text: &str, change: &Json) -> Result<Json, Refused> {
    let mut patch = json!({"target": {"kind": "*"}});
    patch.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let refused = |said: String| Refused { said, again: None };
    let patches = read_patches("p.yaml", &yaml::to_yaml(&json!([patch])))
        .map_err(|error| refused(error.to_string()))?;
    let manifests = [Manifests::new("m.yaml", text.to_owned())];
    let result = apply(&patches, &manifests, Sides::All).map_err(|error| Refused {
        said: error.to_string(),
        again: match error {
            PatchError::NotIdempotent { path, .. } => Some(path),
            _ => None,
        },
    })?;
    Ok(read(&result.texts[0].concat()))
}

fn read(text: &str) -> Json {
    let manifests = Manifests::new("out.yaml", text.to_owned());
    let chunks: Vec<_> = manifests.chunks().collect();
    assert_eq!(chunks.len(), 1, "{text}");
    manifests.read(chunks[0]).unwrap().unwrap().root.to_json()
}

#[test]
fn operations_do_what_rfc_6902_says() {
    let cases = Case::all("rfc6902.yaml", include_str!("rfc6902.yaml"));
    let (mut as_is, mut guarded, mut strict) = (0, 0, 0);
    let mut wrong = Vec::new();
    for case in &cases {
        let result =
            judge(case, &mut [&mut as_is, &mut guarded, &mut strict]).and_then(|()| cross_check(case));
        wrong.extend(result.err().map(|what| format!("{}: {what}", case.title())));
    }
    println!(
        "RFC 6902: {} cases, {as_is} as the RFC says, {guarded} refused as not idempotent and proven with a guard, \
         {strict} refused as mistakes that the RFC ignores",
        cases.len()
    );
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(as_is >= 110 && guarded >= 5, "{as_is}, {guarded}");
}

/// Whether we do what the case says; counts it.
fn judge(case: &Case, [as_is, guarded, strict]: &mut [&mut usize; 3]) -> Result<(), String> {
    let result = case.patched(&json!({"operations": case.operations()}));
    let expected = case.get("gone").is_none().then(|| case.get("expected"));
    match (case.text("error"), case.text("again"), case.text("strict")) {
        (Some(said), None, None) => {
            **as_is += 1;
            is_refused(result, said)
        }
        (None, None, Some(said)) => {
            **strict += 1;
            is_refused(result, said)
        }
        (None, None, None) => {
            **as_is += 1;
            is(result, &case.object(expected.map(Option::unwrap)))
        }
        (None, Some(at), None) => {
            **guarded += 1;
            match result {
                Err(Refused { again: Some(found), .. }) if found == at => {}
                other => return Err(format!("not refused because {at} would change again: {other:?}")),
            }
            let change = json!({"operations": case.guarded()});
            let expected = case.object(expected.map(Option::unwrap));
            is(case.patched(&change), &expected)?;
            is_refused(patched(&yaml::to_yaml(&expected), &change), "operation 1, test ")
        }
        _ => Err("two of error, again and strict".to_owned()),
    }
}

/// Whether the crate does what the case says.
fn cross_check(case: &Case) -> Result<(), String> {
    let expected = match (case.text("error"), case.get("gone")) {
        (Some(_), _) => None,
        (None, Some(_)) => Some(Json::Null),
        (None, None) => case.get("expected").cloned(),
    };
    let found = case.of_the_crate();
    match (found == expected, case.get("crate")) {
        (true, None) | (false, Some(_)) => Ok(()),
        (true, Some(_)) => Err("the crate does the same, `crate` is not needed".to_owned()),
        (false, None) => Err(format!("the crate does otherwise: {found:?}, not {expected:?}")),
    }
}

fn is(result: Result<Json, Refused>, expected: &Json) -> Result<(), String> {
    match result {
        Ok(found) if found == *expected => Ok(()),
        Ok(found) => Err(format!("{found}, not {expected}")),
        Err(refused) => Err(refused.said),
    }
}

fn is_refused(result: Result<Json, Refused>, said: &str) -> Result<(), String> {
    match result {
        Err(refused) if refused.said.contains(said) && refused.again.is_none() => Ok(()),
        Err(refused) => Err(format!("refused otherwise: {}", refused.said)),
        Ok(found) => Err(format!("not refused: {found}")),
    }
}

#[test]
fn merges_do_what_rfc_7396_says() {
    let cases = Case::all("rfc7396.yaml", include_str!("rfc7396.yaml"));
    for case in &cases {
        let merge = json!({"merge": {"spec": case.keys["merge"]}});
        let expected = case.object(case.get("expected"));
        assert_eq!(case.get("expected").is_none(), case.get("gone").is_some(), "{}", case.title());
        is(case.patched(&merge), &expected).unwrap_or_else(|what| panic!("{}: {what}", case.title()));
        // A merge is idempotent by itself.
        is(patched(&yaml::to_yaml(&expected), &merge), &expected).unwrap();
        let mut document = case.keys["doc"].clone();
        json_patch::merge(&mut document, &case.keys["merge"]);
        assert_eq!(
            Some(&document),
            case.get("expected").or(Some(&Json::Null)),
            "the crate: {}",
            case.title()
        );
    }
    println!("RFC 7396: {} cases, all as the RFC says", cases.len());
}

/// What holds in Kubernetes objects but not in the RFC: a merge cannot replace the object itself by what is none.
#[test]
fn a_merge_is_a_mapping() {
    let object = "apiVersion: v1\nkind: A\n";
    for merge in [json!(null), json!([1]), json!("a"), json!(1)] {
        let refused = patched(object, &json!({"merge": merge})).unwrap_err();
        assert!(refused.said.contains("`merge` must be a mapping, not "), "{}", refused.said);
    }
    let refused = patched(object, &json!({"merge": {"kind": null}})).unwrap_err();
    assert!(
        refused.said.contains("would no longer be a Kubernetes object: it has no `kind`"),
        "{}",
        refused.said
    );
}
