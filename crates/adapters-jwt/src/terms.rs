//! What a key demands of its tokens beside the signature.

use domain::JwtKey;

/// What a key demands of its tokens beside the signature, and where it finds the client.
#[derive(Debug)]
pub(crate) struct Terms {
    /// The `iss` that a token must carry.
    pub(crate) issuer: Option<Box<str>>,
    /// The `aud` that a token must name. It stands for the app, so `app_id` may be absent.
    pub(crate) audience: Option<Box<str>>,
    /// The claim that names the client.
    pub(crate) client_claim: Box<str>,
}

impl Terms {
    /// Those of a configured key.
    pub(crate) fn of(key: &JwtKey) -> Self {
        Self {
            issuer: key.issuer.clone(),
            audience: key.audience.clone(),
            client_claim: key.client_claim.clone(),
        }
    }
}
