//! Who is bound to roles, and to which: `RoleBinding` and `ClusterRoleBinding`.

use super::look::Look;
use super::rule::{Check, Found, Rule};
use crate::yaml::Node;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "rbac-no-subjects",
        title: "a binding without subjects",
        reason: "it grants nothing: what needs the rights fails at run time",
        fix: "name the service account, or remove the binding",
        check: Check::Binding(no_subjects),
    },
    Rule {
        id: "rbac-subject-namespace",
        title: "a ServiceAccount as a subject without its namespace",
        reason: "the API server refuses the binding; the namespace of the binding is not the default",
        fix: "add the namespace of the account",
        check: Check::Binding(subject_namespace),
    },
    Rule {
        id: "rbac-default-account",
        title: "the service account `default` as a subject",
        reason: "every pod that names no account of its own has the rights",
        fix: "make an account for what needs them",
        check: Check::Binding(default_account),
    },
    Rule {
        id: "rbac-everybody",
        title: "system:anonymous, system:unauthenticated or system:authenticated as a subject",
        reason: "the rights are for everybody who reaches the API server; on some clouds anybody can authenticate",
        fix: "name the users, groups or accounts that need the rights",
        check: Check::Binding(everybody),
    },
    Rule {
        id: "rbac-cluster-admin",
        title: "a binding to cluster-admin",
        reason: "it has every right, Secrets included, in the namespace or in all of them",
        fix: "bind a role that lists what is needed",
        check: Check::Binding(cluster_admin),
    },
];

fn subjects(binding: &Node) -> impl Iterator<Item = (&Node, &str, &str)> {
    let subjects = binding.list("subjects").iter();
    subjects.filter_map(|subject| Some((subject, subject.text("kind")?, subject.text("name")?)))
}

fn no_subjects(binding: &Node, found: &mut Found<'_>) {
    let subjects = binding.at("subjects");
    if subjects.is_none() || subjects.and_then(Look::items).is_some_and(<[Node]>::is_empty) {
        found.add(binding.place_of("subjects"), "binds nobody".to_owned());
    }
}

fn subject_namespace(binding: &Node, found: &mut Found<'_>) {
    for (subject, kind, name) in subjects(binding) {
        if kind == "ServiceAccount"
            && matches!(subject.at("namespace").map(Look::as_text), None | Some(Some("")))
        {
            let message = format!("the service account {name:?} has no namespace");
            found.add(subject.place_of("namespace"), message);
        }
    }
}

fn default_account(binding: &Node, found: &mut Found<'_>) {
    for (subject, kind, name) in subjects(binding) {
        if kind == "ServiceAccount" && name == "default" {
            let of =
                subject.text("namespace").map(|namespace| format!(" of {namespace}")).unwrap_or_default();
            found.add(subject.place_of("name"), format!("binds the service account default{of}"));
        }
    }
}

fn everybody(binding: &Node, found: &mut Found<'_>) {
    for (subject, kind, name) in subjects(binding) {
        let everybody = match kind {
            "User" => name == "system:anonymous",
            "Group" => matches!(name, "system:unauthenticated" | "system:authenticated"),
            _ => false,
        };
        if everybody {
            found.add(subject.place_of("name"), format!("binds {name}"));
        }
    }
}

fn cluster_admin(binding: &Node, found: &mut Found<'_>) {
    if binding.text("roleRef.kind") == Some("ClusterRole")
        && binding.text("roleRef.name") == Some("cluster-admin")
    {
        found.add(binding.place_of("roleRef.name"), "binds cluster-admin".to_owned());
    }
}
