//! Tokens for the run: given, or made with the app's secret.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;

use crate::fault::Fault;

/// Who the generator says that it is.
pub const CLIENT: &str = "bench";

/// Longer than any run.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Serialize)]
struct Claims<'a> {
    app_id: &'a str,
    client_id: &'a str,
    exp: u64,
    caps: BTreeMap<&'a str, &'a [&'a str]>,
}

/// A token that may subscribe and send in the channels of a run, signed with HS256.
///
/// # Errors
///
/// [`Fault::Usage`] where the secret can't sign.
pub fn sign(app: &str, secret: &str) -> Result<String, Fault> {
    sign_for(app, secret, &["subscribe", "send"])
}

/// The same for these actions.
///
/// # Errors
///
/// [`Fault::Usage`] where the secret can't sign.
pub fn sign_for(app: &str, secret: &str, actions: &[&str]) -> Result<String, Fault> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let caps = BTreeMap::from([("bench:*", actions)]);
    let claims = Claims { app_id: app, client_id: CLIENT, exp: (now + LIFE).as_secs(), caps };
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes()))
        .map_err(|error| Fault::Usage(format!("the secret can't sign a token: {error}")))
}
