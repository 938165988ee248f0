//! Policy checks over manifests: what only this operator's authors would know, and what its users must not ship.
//!
//! [`Linter`] is given one document after the other and keeps only what rules about several objects need. Rules are
//! data beside a function, a table a family ([`rules`]). Whether fields have the right shape is not judged here: what
//! has a wrong one is passed over.

mod baseline;
mod binding;
mod cross;
mod docs;
mod image;
mod leader;
mod look;
mod pod;
mod report;
mod restricted;
mod role;
mod rule;
mod webhook;

use std::collections::HashMap;
use std::sync::Arc;

pub use docs::docs;
pub use rule::{Rule, nearest, rule, rules};

use self::cross::{Memory, Right, allowances};
use super::{Content, Identity, Object};
use crate::yaml::{Node, Place};

/// The annotation of an object that allows rules: their ids, with commas between them.
pub const ALLOW: &str = "sparkoperator.k8s.io/lint-allow";

/// An object that something was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Which object of the input, from 0.
    pub number: usize,
    /// What it is, without labels and annotations.
    pub identity: Identity,
}

/// What a rule found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Where: the node that is wrong, or the nearest one above what is missing.
    pub place: Place,
    /// In which object.
    pub subject: Arc<Subject>,
    /// What, in a clause.
    pub message: String,
}

/// All that was found, in the order of the input.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What is not allowed.
    pub findings: Vec<Finding>,
    /// How many objects were read.
    pub objects: usize,
    /// How many findings are allowed, by an annotation or by the caller.
    pub allowed: usize,
}

/// Why there can be no lint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule {id:?}; did you mean {}?", nearest(id))]
pub struct UnknownRule {
    /// What was asked for.
    pub id: String,
}

/// Checks documents, one after the other.
#[derive(Default)]
pub struct Linter {
    allowed: Vec<&'static str>,
    objects: usize,
    findings: Vec<Finding>,
    allowances: Vec<Allowance>,
    memory: Memory,
}

/// One rule in an annotation.
struct Allowance {
    rule: &'static Rule,
    subject: Arc<Subject>,
    place: Place,
    used: bool,
}

impl Linter {
    /// A linter that allows rules everywhere.
    ///
    /// # Errors
    /// [`UnknownRule`] for the first id that is no rule's.
    pub fn new<'a>(allow: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownRule> {
        let ids = allow.into_iter().map(|id| match rule(id) {
            Some(rule) => Ok(rule.id),
            None => Err(UnknownRule { id: id.to_owned() }),
        });
        Ok(Self { allowed: ids.collect::<Result<_, _>>()?, ..Self::default() })
    }

    /// Checks the objects of one document.
    pub fn document(&mut self, content: &Content) {
        let first = self.objects;
        for object in &content.objects {
            let node = object.items.iter().try_fold(&content.root, |node, index| {
                node.find(["items"]).and_then(|items| items.find([index.to_string().as_str()]))
            });
            if let Some(node) = node {
                self.object(object, node);
            }
            self.objects += 1;
        }
        for key in &content.duplicate_keys {
            // A key of the List itself goes with its first object.
            let before = |object: &&Object| at(&object.place) <= at(&key.place);
            let index = content.objects.iter().rposition(|object| before(&object)).unwrap_or_default();
            let number = first + index;
            let none = Identity::default();
            let subject =
                subject(number, content.objects.get(index).map_or(&none, |object| &object.identity));
            let message = format!("the key {:?} stands in line {} too", key.key, key.before.line);
            self.add("duplicate-key", subject, key.place.clone(), message);
        }
    }

    fn object(&mut self, object: &Object, node: &Node) {
        let Object { identity, place, .. } = object;
        let number = self.objects;
        let found = rule::check(identity, node);
        if !found.is_empty() {
            let subject = subject(number, identity);
            self.findings.extend(found.into_iter().map(|(rule, place, message)| Finding {
                rule,
                place,
                subject: Arc::clone(&subject),
                message,
            }));
        }
        self.memory.rights(identity, node, || subject(number, identity));
        if let Some(before) = self.memory.seen(identity, place) {
            let message = format!("the same object stands at {before}");
            self.add("duplicate-object", subject(number, identity), place.clone(), message);
        }
        if let Some(annotation) = identity.annotations.get(ALLOW) {
            let annotations = node.find(["metadata", "annotations", ALLOW]);
            let place = annotations.map_or(place, |node| &node.place);
            let (rules, unknown) = allowances(annotation);
            for id in unknown {
                let message = format!("there is no rule {id:?}, the nearest is {}", nearest(id));
                self.add("unknown-allowance", subject(number, identity), place.clone(), message);
            }
            self.allowances.extend(rules.into_iter().map(|rule| Allowance {
                rule,
                subject: subject(number, identity),
                place: place.clone(),
                used: false,
            }));
        }
    }

    fn add(&mut self, id: &str, subject: Arc<Subject>, place: Place, message: String) {
        self.findings.push(Finding { rule: cross::of(id), place, subject, message });
    }

    /// What was found in all documents together.
    #[must_use]
    pub fn finish(mut self) -> Report {
        for Right { subject, place, message } in std::mem::take(&mut self.memory).cluster_wide() {
            self.add("rbac-cluster-pods", subject, place, message);
        }
        let Self { allowed, objects, mut findings, mut allowances, .. } = self;
        let all = findings.len();
        let mut by_object = HashMap::new();
        for (index, allowance) in allowances.iter().enumerate() {
            by_object.insert((allowance.subject.number, allowance.rule.id), index);
        }
        findings.retain(|finding| match by_object.get(&(finding.subject.number, finding.rule.id)) {
            Some(&index) => {
                allowances[index].used = true;
                false
            }
            None => true,
        });
        let hidden = all - findings.len();
        for Allowance { rule, subject, place, .. } in
            allowances.into_iter().filter(|allowance| !allowance.used)
        {
            let message = format!("the annotation allows {}, which finds nothing here", rule.id);
            findings.push(Finding { rule: cross::of("unused-allowance"), place, subject, message });
        }
        let open = findings.len();
        findings.retain(|finding| !allowed.contains(&finding.rule.id));
        let allowed = hidden + open - findings.len();
        findings.sort_by_key(|finding| (finding.subject.number, at(&finding.place), finding.rule.id));
        Report { findings, objects, allowed }
    }
}

fn subject(number: usize, identity: &Identity) -> Arc<Subject> {
    let Identity { group, version, kind, name, namespace, .. } = identity;
    let identity = Identity {
        group: group.clone(),
        version: version.clone(),
        kind: kind.clone(),
        name: name.clone(),
        namespace: namespace.clone(),
        ..Identity::default()
    };
    Arc::new(Subject { number, identity })
}

fn at(place: &Place) -> (usize, usize) {
    (place.line, place.column)
}
