//! Makes tokens.

use std::sync::Arc;

use application::ports::{Clock, IssueError, TokenIssuer, TokenRequest};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{Action, Actions, App, Claims, Grant, JwtKey, KeyMaterial};
use jsonwebtoken::{EncodingKey, Header};
use secrecy::ExposeSecret;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, value::RawValue};

use crate::{TOKEN_LIMIT, algorithm, check_key, date};

/// Makes tokens with the first shared secret of an app, for whoever may use the server's own
/// configuration. Each has a random `jti`. Times are whole seconds, rounded down.
pub struct JwtTokenIssuer {
    clock: Arc<dyn Clock>,
}

impl JwtTokenIssuer {
    /// The clock gives `iat`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl TokenIssuer for JwtTokenIssuer {
    fn issue(&self, app: &App, request: &TokenRequest) -> Result<String, IssueError> {
        let (key, secret) = first_secret(app).ok_or(IssueError::NoSecret)?;
        check_key(key).map_err(|error| IssueError::Unsignable(error.to_string()))?;
        check_request(request)?;
        let mut header = Header::new(algorithm::library(key.algorithm));
        header.kid = key.kid.as_ref().map(ToString::to_string);
        let issued_at = self.clock.now().as_secs();
        let claims = NewClaims { app, key, request, issued_at, token_id: random_id()? };
        let token =
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret.as_bytes()))
                .map_err(|error| IssueError::Unsignable(error.to_string()))?;
        if token.len() > TOKEN_LIMIT {
            return Err(unsignable("the token would have more than 8192 bytes"));
        }
        Ok(token)
    }
}

fn unsignable(why: &str) -> IssueError {
    IssueError::Unsignable(why.to_owned())
}

fn first_secret(app: &App) -> Option<(&JwtKey, &str)> {
    app.jwt_keys.iter().filter(|key| key.algorithm.is_symmetric()).find_map(|key| {
        match &key.material {
            KeyMaterial::Secret(secret) => Some((key, secret.expose_secret())),
            KeyMaterial::PublicKey(_) | KeyMaterial::JwksUrl(_) => None,
        }
    })
}

/// What the verifier would refuse is not made.
fn check_request(request: &TokenRequest) -> Result<(), IssueError> {
    if !date::is_sane(request.expires_at) {
        return Err(unsignable("it would expire after the year 9999"));
    }
    if request.caps.as_ref().is_some_and(|caps| caps.len() > Claims::CAPS_LIMIT) {
        return Err(unsignable("more than 128 patterns in `caps`"));
    }
    if request.channels.len() > Claims::CHANNELS_LIMIT {
        return Err(unsignable("more than 128 names in `channels`"));
    }
    if request.channels.iter().any(domain::ChannelName::is_reserved) {
        return Err(unsignable("a channel that is reserved to the server"));
    }
    if request.info.as_ref().is_some_and(|info| info.as_str().len() > Claims::INFO_LIMIT) {
        return Err(unsignable("more than 1024 bytes of `info`"));
    }
    Ok(())
}

fn random_id() -> Result<String, IssueError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| unsignable("no randomness"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// The claims of a new token.
struct NewClaims<'a> {
    app: &'a App,
    key: &'a JwtKey,
    request: &'a TokenRequest,
    issued_at: u64,
    token_id: String,
}

impl Serialize for NewClaims<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(issuer) = &self.key.issuer {
            map.serialize_entry("iss", issuer)?;
        }
        if let Some(audience) = &self.key.audience {
            map.serialize_entry("aud", audience)?;
        }
        map.serialize_entry("app_id", self.app.id.as_str())?;
        map.serialize_entry(&self.key.client_claim, self.request.client.as_str())?;
        map.serialize_entry("iat", &self.issued_at)?;
        map.serialize_entry("exp", &self.request.expires_at.as_secs())?;
        map.serialize_entry("jti", &self.token_id)?;
        if let Some(caps) = &self.request.caps {
            map.serialize_entry("caps", &caps_of(caps))?;
        }
        if !self.request.channels.is_empty() {
            let names: Vec<&str> = self.request.channels.iter().map(|name| name.as_str()).collect();
            map.serialize_entry("channels", &names)?;
        }
        if let Some(info) = &self.request.info {
            let info: &RawValue =
                serde_json::from_str(info.as_str()).map_err(serde::ser::Error::custom)?;
            map.serialize_entry("info", info)?;
        }
        if !self.request.api.is_empty() {
            let names: Vec<&str> = self.request.api.iter().map(|scope| scope.name()).collect();
            map.serialize_entry("api", &names)?;
        }
        map.end()
    }
}

/// Patterns to actions; the grants of a pattern that comes twice add up, as they do in the domain.
fn caps_of(caps: &[Grant]) -> serde_json::Map<String, Value> {
    let names = |actions: Actions| Action::ALL.into_iter().filter(move |a| actions.contains(*a));
    let mut map = serde_json::Map::new();
    for grant in caps {
        let pattern = grant.pattern.to_string();
        let same = caps.iter().filter(|other| other.pattern == grant.pattern);
        let actions: Actions = same.flat_map(|other| names(other.actions)).collect();
        map.insert(pattern, names(actions).map(Action::name).collect());
    }
    map
}
