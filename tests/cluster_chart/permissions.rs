//! The permission matrix: for each preset and each of its accounts, a real API server is asked about every right of
//! `tests/security/rights.txt` in every place, whether the preset gives it there or not, and about all of
//! `tests/permissions/denied.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use crate::WHAT;
use crate::case::{Case, items, presets};
use crate::rights::{Granted, Right, allowed, granted, ledger};
use crate::stored::{Question, Stored};
use crate::support::cluster;

const VERBS: &str = "get list watch create update patch delete deletecollection";

/// Nobody names an object so.
const ANOTHER: &str = "of-somebody-else";

/// One thing that must be denied.
struct Denied {
    accounts: &'static str,
    group: &'static str,
    resource: &'static str,
    verbs: &'static str,
    places: &'static str,
}

fn denied() -> Vec<Denied> {
    let lines = include_str!("../permissions/denied.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| match line.split(" | ").map(str::trim).collect::<Vec<_>>()[..] {
            [accounts, group, resource, verbs, places, why] if !why.is_empty() => {
                let verbs = if verbs == "*" { VERBS } else { verbs };
                Denied { accounts, group: if group == "core" { "" } else { group }, resource, verbs, places }
            }
            _ => panic!("denied.txt: {line:?} has not six columns"),
        })
        .collect()
}

impl Stored<'_> {
    /// What the API server answers otherwise than it must.
    fn differences(
        &self,
        part: &str,
        account: (&str, &str),
        questions: &BTreeMap<Question, bool>,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        for (question, must) in questions {
            let may = self.ask(account, question);
            if may != *must && !is_extra(self.case, part, question) {
                let says = if may { "may" } else { "may not" };
                let Question { verb, resource, group, namespace, name } = question;
                let place = namespace.as_deref().unwrap_or("all namespaces");
                wrong.push(format!(
                    "{}: {part} {says} {verb} {resource}.{group} {name:?} in {place}",
                    self.case.name
                ));
            }
        }
        wrong
    }

    /// Every right of `rights.txt` everywhere, and whether this account must have it there.
    fn of_the_ledger(&self, part: &str, own: &str) -> BTreeMap<Question, bool> {
        let case = self.case;
        let given = granted(case);
        let mut places: Vec<Option<&str>> = self.namespaces.keys().map(|name| Some(name.as_str())).collect();
        places.extend([None, Some("kube-system")]);
        let mut questions = BTreeMap::new();
        for right in allowed() {
            for verb in right.verbs.split(' ') {
                let mut names = vec![String::new()];
                if right.named {
                    names = given
                        .iter()
                        .filter(|g| g.resource == right.resource && g.group == right.group)
                        .flat_map(|g| g.names.clone())
                        .chain([ANOTHER.to_owned()])
                        .collect();
                }
                for name in names {
                    // Rights of the other parts: a right in all namespaces is one at home too.
                    let places = places.iter().filter(|place| {
                        right.account == part
                            || **place == Some(&case.namespace)
                            || **place == case.listed().first().copied()
                    });
                    for place in places {
                        let namespace = place.map(str::to_owned);
                        let must = self.must(part, own, &right, verb, &name, *place);
                        let question = Question {
                            group: right.group.into(),
                            resource: right.resource.into(),
                            verb: verb.into(),
                            namespace,
                            name: name.clone(),
                        };
                        *questions.entry(question).or_default() |= must;
                    }
                }
            }
        }
        questions
    }

    /// Whether a line of the ledger gives this account the right in this place: there, or in all namespaces.
    fn must(
        &self,
        part: &str,
        own: &str,
        right: &Right,
        verb: &str,
        name: &str,
        place: Option<&str>,
    ) -> bool {
        if right.account != part || name == ANOTHER {
            return false;
        }
        // Rights in job namespaces that the user has in a role of his own.
        let theirs = !self.case.text(&format!("{part}.rbac.existingClusterRole")).is_empty();
        if theirs && matches!(right.scope, crate::rights::Scope::Jobs) {
            return false;
        }
        let holds = |namespace: Option<&str>| {
            let names = if right.named { vec![name.to_owned()] } else { vec![] };
            let right = Granted {
                account: part.into(),
                binding: String::new(),
                namespace: namespace.map(str::to_owned),
                group: right.group.into(),
                resource: right.resource.into(),
                verb: verb.into(),
                names,
            };
            ledger(self.case, &right).is_ok()
        };
        // A job's account has its rights where it lives.
        let here = place.is_some() && (part != "spark" || place == Some(own)) && holds(place);
        here || part != "spark" && holds(None)
    }

    /// What `denied.txt` says of this account, in every place.
    fn of_the_denied(&self, part: &str) -> BTreeMap<Question, bool> {
        let mut questions = BTreeMap::new();
        for line in denied()
            .iter()
            .filter(|line| line.accounts == "all" || line.accounts.split(' ').any(|a| a == part))
        {
            let mut places = Vec::new();
            for place in line.places.split(' ') {
                match place {
                    "home" => places.push(Some(self.case.namespace.clone())),
                    "jobs" => {
                        let first = self.case.listed().into_iter().find(|name| !name.is_empty());
                        places.extend(first.map(|name| Some(name.to_owned())));
                    }
                    "elsewhere" => places.push(Some("kube-system".to_owned())),
                    "cluster" => places.push(None),
                    other => panic!("denied.txt: {other:?} is no place"),
                }
            }
            for namespace in places {
                for verb in line.verbs.split(' ') {
                    let name = if ["get", "update", "patch"].contains(&verb) { ANOTHER } else { "" };
                    questions.insert(
                        Question {
                            group: line.group.into(),
                            resource: line.resource.into(),
                            verb: verb.into(),
                            namespace: namespace.clone(),
                            name: name.into(),
                        },
                        false,
                    );
                }
            }
        }
        questions
    }
}

/// Whether the user gave this right himself.
fn is_extra(case: &Case, part: &str, question: &Question) -> bool {
    items(case.value(part), "/rbac/extraRules").any(|rule| {
        let has = |field: &str, value: &str| crate::case::strings(&rule[field]).contains(&value);
        has("apiGroups", &question.group)
            && has("resources", &question.resource)
            && has("verbs", &question.verb)
    })
}

#[test]
fn every_account_of_every_preset_may_do_what_it_must_and_nothing_else() {
    let Some(cluster) = cluster(WHAT) else { return };
    assert!(denied().len() >= 40);
    let presets = presets();
    let (next, counts) = (AtomicUsize::new(0), [const { AtomicUsize::new(0) }; 2]);
    let (wrong, accounts) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let asked = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = presets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let stored = Stored::new(cluster, case);
                    for (part, namespace, name) in stored.accounts() {
                        accounts.fetch_add(1, Ordering::Relaxed);
                        let mut questions = stored.of_the_denied(&part);
                        for (question, must) in stored.of_the_ledger(&part, &namespace) {
                            let twice = questions.insert(question.clone(), must);
                            assert!(
                                !(must && twice.is_some()),
                                "{part}: denied.txt and rights.txt: {question:?}"
                            );
                        }
                        // Most presets differ in other things than rights: the same is asked once.
                        let rights = stored.rights_of((&namespace, &name));
                        if !asked.lock().unwrap().insert(format!("{rights:?} {questions:?}")) {
                            continue;
                        }
                        for must in questions.values() {
                            counts[usize::from(*must)].fetch_add(1, Ordering::Relaxed);
                        }
                        let found = stored.differences(&part, (&namespace, &name), &questions);
                        wrong.lock().unwrap().extend(found);
                    }
                }
            });
        }
    });
    let [denied, allowed] = counts.map(AtomicUsize::into_inner);
    println!(
        "permission matrix: {} presets, {} accounts of {} different rights, {} questions: {allowed} allowed, {denied} denied",
        presets.len(),
        accounts.into_inner(),
        asked.into_inner().unwrap().len(),
        allowed + denied
    );
    let wrong = wrong.into_inner().unwrap();
    assert!(allowed > 1000 && denied > 5000);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_right_too_many_and_a_right_too_few_are_found() {
    let Some(cluster) = cluster(WHAT) else { return };
    let name = "spark-operator-controller";
    let good = crate::case::case("default", "");
    for (change, resource, says) in [
        (
            json!([{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["get"] }]),
            "secrets",
            "may get secrets",
        ),
        (json!([]), "leases", "may not create leases"),
    ] {
        let bad = good.with("Role", name, |role| role["rules"] = change.clone());
        let stored = Stored::new(cluster, &bad);
        // What must be is that of the good one.
        let mut questions = stored.of_the_denied("controller");
        questions.extend(stored.of_the_ledger("controller", &bad.namespace));
        questions.retain(|question, _| question.resource == resource);
        let found = stored.differences("controller", (&bad.namespace, name), &questions);
        assert!(found.iter().any(|wrong| wrong.contains(says)), "{says}: {found:?}");
    }
}
