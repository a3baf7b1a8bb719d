//! What a verified token says.

use application::ports::TokenError;
use domain::{AppId, ChannelName, Claims, ClientId, Payload, PayloadError, Scope, Timestamp};
use serde::Deserialize;

use crate::{
    caps,
    date::Dates,
    object::{JsonObject, NotAnObject},
    terms::Terms,
};

/// Claims with a meaning of their own: none of them can name the client.
pub(crate) const OWN_MEANING: [&str; 11] =
    ["api", "app_id", "aud", "caps", "channels", "exp", "iat", "info", "iss", "jti", "nbf"];

/// The most bytes of a `jti`.
const TOKEN_ID_LIMIT: usize = 256;

/// Judges the claims of a token whose signature a key with these terms verified.
pub(crate) fn judge(
    text: &[u8],
    app: &AppId,
    terms: &Terms,
    now: Timestamp,
) -> Result<Claims, TokenError> {
    let claims = JsonObject::parse(text).map_err(|error| match error {
        NotAnObject::Other => invalid("the claims are not a JSON object"),
        NotAnObject::Duplicate => invalid("a claim comes twice"),
    })?;
    let dates = Dates::judge(&claims, now)?;
    judge_issuer(&claims, terms)?;
    judge_audience(&claims, terms)?;
    judge_app(&claims, app, terms)?;
    Ok(Claims {
        client: client(&claims, terms)?,
        expires_at: dates.expires_at,
        issued_at: dates.issued_at,
        token_id: token_id(&claims)?,
        caps: claims.raw("caps").map(caps::parse).transpose()?,
        channels: channels(&claims)?,
        info: info(&claims)?,
        api: api(&claims)?,
    })
}

fn invalid(why: &'static str) -> TokenError {
    TokenError::Invalid { why }
}

fn judge_issuer(claims: &JsonObject<'_>, terms: &Terms) -> Result<(), TokenError> {
    const WHY: &str = "`iss` is not what the key demands";
    let Some(issuer) = terms.issuer.as_deref() else { return Ok(()) };
    match claims.get::<String>("iss", WHY)? {
        Some(held) if held == issuer => Ok(()),
        _ => Err(invalid(WHY)),
    }
}

/// One or several (RFC 7519, 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

fn judge_audience(claims: &JsonObject<'_>, terms: &Terms) -> Result<(), TokenError> {
    const WHY: &str = "`aud` is not what the key demands";
    let Some(audience) = terms.audience.as_deref() else { return Ok(()) };
    let named = match claims.get("aud", WHY)? {
        Some(Audience::One(held)) => held == audience,
        Some(Audience::Several(held)) => held.iter().any(|held| held == audience),
        None => false,
    };
    if named { Ok(()) } else { Err(invalid(WHY)) }
}

/// The token says which app it is for; without that, its audience (judged before) does.
fn judge_app(claims: &JsonObject<'_>, app: &AppId, terms: &Terms) -> Result<(), TokenError> {
    let fits = match claims.raw("app_id") {
        Some(held) => {
            serde_json::from_str::<String>(held.get()).is_ok_and(|held| held == app.as_str())
        }
        None => terms.audience.is_some(),
    };
    if fits { Ok(()) } else { Err(TokenError::AppMismatch) }
}

fn client(claims: &JsonObject<'_>, terms: &Terms) -> Result<ClientId, TokenError> {
    const WHY: &str = "the claim that names the client has no valid client id";
    let name = claims
        .get::<String>(&terms.client_claim, WHY)?
        .ok_or(invalid("the claim that names the client is missing"))?;
    ClientId::parse(&name).map_err(|_| invalid(WHY))
}

fn token_id(claims: &JsonObject<'_>) -> Result<Option<Box<str>>, TokenError> {
    let id: Option<Box<str>> = claims.get("jti", "`jti` is not a text")?;
    match id {
        Some(id) if id.len() > TOKEN_ID_LIMIT => Err(invalid("`jti` has more than 256 bytes")),
        id => Ok(id),
    }
}

/// Each channel once, in the order of the token.
fn channels(claims: &JsonObject<'_>) -> Result<Vec<ChannelName>, TokenError> {
    let names: Vec<String> =
        claims.get("channels", "`channels` is not a list of texts")?.unwrap_or_default();
    if names.len() > Claims::CHANNELS_LIMIT {
        return Err(invalid("`channels` has more than 128 names"));
    }
    let mut channels = Vec::with_capacity(names.len());
    for name in &names {
        let channel = ChannelName::parse(name)
            .map_err(|_| invalid("`channels` has a name that no channel has"))?;
        if channel.is_reserved() {
            return Err(invalid("`channels` has a name that is reserved to the server"));
        }
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    Ok(channels)
}

/// Each scope once, in the order of the token.
fn api(claims: &JsonObject<'_>) -> Result<Vec<Scope>, TokenError> {
    let names: Vec<String> = claims.get("api", "`api` is not a list of texts")?.unwrap_or_default();
    let mut scopes = Vec::new();
    for name in &names {
        let scope = Scope::parse(name).ok_or(invalid("`api` has a scope that there is not"))?;
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

fn info(claims: &JsonObject<'_>) -> Result<Option<Payload>, TokenError> {
    let Some(info) = claims.raw("info") else { return Ok(None) };
    Payload::compact(info, Claims::INFO_LIMIT).map(Some).map_err(|error| {
        invalid(match error {
            PayloadError::TooLarge { .. } => "`info` has more than 1024 bytes",
            PayloadError::TooDeep => "`info` is nested too deep",
            PayloadError::LoneSurrogate => "`info` has a lone surrogate",
            PayloadError::NotJson => "`info` is not JSON",
        })
    })
}
