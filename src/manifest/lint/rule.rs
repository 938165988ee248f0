//! Rules: what each finds, why it matters and what to do, as data, beside the function that looks. The list of all.
//!
//! The functions are with their families: a rule is added to the table of its family, and to no other place.

use super::look::Look;
use super::pod::Pod;
use super::{baseline, binding, cross, image, leader, restricted, role, webhook};
use crate::manifest::Identity;
use crate::yaml::{Node, Place};

/// Something that `lint` finds.
pub struct Rule {
    /// What people write to allow it: kebab-case, the family first.
    pub id: &'static str,
    /// What it finds.
    pub title: &'static str,
    /// Why that must not be shipped.
    pub reason: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    pub(super) check: Check,
}

/// What a rule looks at.
pub(super) enum Check {
    /// A pod, in any workload.
    Pod(fn(&Pod<'_>, &mut Found<'_>)),
    /// Each rule of a `Role` or `ClusterRole`.
    Grant(fn(&Node, &mut Found<'_>)),
    /// A `RoleBinding` or `ClusterRoleBinding`.
    Binding(fn(&Node, &mut Found<'_>)),
    /// Each webhook of a configuration.
    Webhook(fn(&Node, &mut Found<'_>)),
    /// Any object.
    Object(fn(&Identity, &Node, &mut Found<'_>)),
    /// More than one object, or what is no object: the linter itself does it.
    All,
}

/// Where a rule puts what it finds.
pub(super) struct Found<'a> {
    pub(super) rule: &'static Rule,
    pub(super) into: &'a mut Vec<(&'static Rule, Place, String)>,
}

impl Found<'_> {
    /// The place of what is wrong, or of the nearest node above what is missing; and what it is, in a clause.
    pub(super) fn add(&mut self, place: &Place, message: String) {
        self.into.push((self.rule, place.clone(), message));
    }
}

const FAMILIES: [&[Rule]; 8] = [
    baseline::RULES,
    restricted::RULES,
    role::RULES,
    binding::RULES,
    webhook::RULES,
    leader::RULES,
    image::RULES,
    cross::RULES,
];

/// Every rule, family by family.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.into_iter().flatten()
}

/// The rule of an id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}

/// The id nearest to one that is none.
#[must_use]
pub fn nearest(id: &str) -> &'static str {
    let near = rules().map(|rule| (strsim::damerau_levenshtein(rule.id, id), rule.id)).min();
    near.map_or("", |(_, id)| id)
}

/// Runs every rule that looks at single objects.
pub(super) fn check(identity: &Identity, object: &Node) -> Vec<(&'static Rule, Place, String)> {
    let mut into = Vec::new();
    let pod = Pod::of(identity, object);
    let in_group = |group: &str| identity.group == group;
    let (mut grants, mut webhooks, mut binding): (&[Node], &[Node], _) = (&[], &[], None);
    match identity.kind.as_str() {
        "Role" | "ClusterRole" if in_group(role::GROUP) => grants = object.list("rules"),
        "RoleBinding" | "ClusterRoleBinding" if in_group(role::GROUP) => binding = Some(object),
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" if in_group(webhook::GROUP) => {
            webhooks = object.list("webhooks");
        }
        _ => {}
    }
    for rule in rules() {
        let found = &mut Found { rule, into: &mut into };
        match rule.check {
            Check::Pod(check) => pod.iter().for_each(|pod| check(pod, found)),
            Check::Grant(check) => grants.iter().for_each(|grant| check(grant, found)),
            Check::Binding(check) => binding.into_iter().for_each(|binding| check(binding, found)),
            Check::Webhook(check) => webhooks.iter().for_each(|webhook| check(webhook, found)),
            Check::Object(check) => check(identity, object, found),
            Check::All => {}
        }
    }
    into
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_begin_with_a_family() {
        let ids: Vec<&str> = rules().map(|rule| rule.id).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
        let families = ["psa-", "rbac-", "webhook-", "leader-", "image-", "duplicate-"];
        for id in ids {
            assert!(
                families.iter().any(|family| id.starts_with(family)) || id.ends_with("-allowance"),
                "{id}"
            );
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{id}");
        }
    }

    #[test]
    fn every_rule_says_what_why_and_what_to_do() {
        for Rule { id, title, reason, fix, .. } in rules() {
            for text in [title, reason, fix] {
                assert!(!text.is_empty() && !text.ends_with('.') && !text.contains('|'), "{id}: {text}");
            }
        }
    }

    #[test]
    fn an_id_that_is_none_has_a_nearest() {
        assert_eq!(nearest("psa-privilegd"), "psa-privileged");
        assert_eq!(nearest("secrets-read"), "rbac-secrets-read");
    }
}
