//! `certManager`: the webhook's certificate from cert-manager.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::types::{DURATION_OR_EMPTY, Open, empty};

/// The Certificate and its issuer; read only if the webhook is rendered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(rename_all = "camelCase")]
pub struct CertManager {
    /// Let cert-manager issue the webhook's certificate. Needs `cert-manager.io/v1` in the cluster. Renewals are picked
    /// up without a restart.
    #[default(Some(false))]
    pub enable: Option<bool>,
    /// Issuer, as `group`, `kind` and `name`. Empty: a self-signed Issuer is rendered.
    #[default(Some(Open::new()))]
    pub issuer_ref: Option<Open>,
    /// Validity of the certificate. Empty: cert-manager's default (2160h).
    #[default(empty())]
    #[schemars(regex(pattern = DURATION_OR_EMPTY))]
    pub duration: Option<String>,
    /// How long before its end it is renewed. Empty: cert-manager's default.
    #[default(empty())]
    #[schemars(regex(pattern = DURATION_OR_EMPTY))]
    pub renew_before: Option<String>,
    /// Private key settings (cert-manager.io/v1 CertificatePrivateKey). Empty: cert-manager's default.
    #[default(Some(Open::new()))]
    pub private_key: Option<Open>,
}
