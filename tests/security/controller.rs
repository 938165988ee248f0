//! The controller's rights in one job namespace, as the chart renders them.

use serde_json::json;

use crate::case::case;
use crate::support::Namespace;
use crate::support::namespace::Account;

/// An account with the controller's rights in this namespace as the chart renders them for these submitters.
#[track_caller]
pub fn controller(place: &Namespace, submitter: &str) -> Account {
    let namespace = &place.name;
    let values = json!({"spark": {"jobNamespaces": [namespace]}, "submitter": {"type": submitter}});
    let case = case("default", &values.to_string());
    let here = |kind: &'static str| {
        let mut found = case.objects.iter().filter(move |object| object.kind() == kind).filter(|object| {
            object.namespace() == namespace.as_str() && object.name().ends_with("-controller")
        });
        let one = found.next().unwrap_or_else(|| panic!("no {kind} in the job namespace"));
        assert!(found.next().is_none(), "more than one {kind}");
        one
    };
    let (role, binding) = (here("Role"), here("RoleBinding"));
    assert_eq!((binding.text("/roleRef/kind"), binding.text("/roleRef/name")), ("Role", role.name()));
    place.cluster.create(&place.path("rbac.authorization.k8s.io/v1", "roles"), &role.json);
    let account = place.account("controller");
    place.bind(&account, "Role", role.name());
    account
}
