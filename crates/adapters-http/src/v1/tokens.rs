//! Tokens that a backend takes back.

use application::Refusal;
use domain::{ClientId, Revocation, Revoked, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    body,
    call::{Call, invalid},
    endpoint::{Work, data},
};

/// The most bytes of a body.
const BODY: usize = 4096;
/// The most bytes of a token's id, as in a token.
const TOKEN_ID: usize = 256;

#[derive(Deserialize)]
struct Wanted {
    token: Option<Box<str>>,
    client: Option<String>,
    issued_before: Option<u64>,
    expires_at: Option<u64>,
}

impl Wanted {
    fn what(self, now: Timestamp) -> Result<Revoked, Refusal> {
        let before = self.issued_before.map(Timestamp::from_millis);
        if before.is_some_and(|before| before > now) {
            // It would refuse tokens that are yet to be made.
            return Err(invalid("issued_before is in the future"));
        }
        match (self.token, self.client, before) {
            (Some(token), None, None) if !token.is_empty() && token.len() <= TOKEN_ID => {
                Ok(Revoked::Token(token))
            }
            (Some(_), None, None) => Err(invalid("token is not the id (jti) of a token")),
            (Some(_), _, _) => Err(invalid("token comes without client and issued_before")),
            (None, Some(client), before) => {
                let client = ClientId::parse(&client);
                let client = client.map_err(|error| invalid(format!("client {error}")))?;
                Ok(Revoked::Client { client, before: before.unwrap_or(now) })
            }
            (None, None, Some(before)) => Ok(Revoked::Everyone { before }),
            (None, None, None) => Err(invalid("one of token, client, issued_before is needed")),
        }
    }
}

#[derive(Serialize)]
struct Closed {
    closed: usize,
}

/// `POST tokens/revoke`
pub(super) fn revoke(call: Call) -> Work {
    Box::pin(async move {
        let body = body::read(&call.headers, call.body, BODY).await?;
        let wanted: Wanted = body::object(&body)?;
        let now = call.backend.now();
        let until = wanted.expires_at.map(Timestamp::from_millis);
        if until.is_some_and(|until| until <= now) {
            return Err(invalid("expires_at is past"));
        }
        // Tokens are taken a little longer than they say.
        let until = until.map(|until| until.after(LEEWAY));
        let revocation = Revocation { what: wanted.what(now)?, until };
        let closed = call.backend.revoke(&call.app.id, revocation, call.trace.as_ref()).await?;
        data(&Closed { closed })
    })
}

/// No less than the leeway of whoever judges `exp`.
const LEEWAY: std::time::Duration = std::time::Duration::from_secs(60);

pub(super) fn body_schema() -> Value {
    json!({
        "type": "object",
        "description": "token, or client, or issued_before, or both of the last two.",
        "properties": {
            "token": { "type": "string", "minLength": 1, "maxLength": TOKEN_ID, "description": "The id (jti) of a token." },
            "client": { "type": "string", "minLength": 1, "maxLength": 128, "description": "All tokens of this client." },
            "issued_before": { "type": "integer", "minimum": 0, "description": "Only those issued (iat) before, Unix milliseconds; with client now unless given. Without client those of all clients." },
            "expires_at": { "type": "integer", "description": "The latest end (exp) of what is revoked, Unix milliseconds: then the revocation is forgotten. Without it never." }
        }
    })
}

pub(super) fn data_schema() -> Value {
    json!({
        "type": "object",
        "required": ["closed"],
        "properties": {
            "closed": { "type": "integer", "description": "Connections that ended by it." }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_revoked_is_said_in_one_way() {
        let what = |json: &str| {
            body::object::<Wanted>(json.as_bytes())?.what(Timestamp::from_millis(1000))
        };
        let before = Timestamp::from_millis;
        let alice = ClientId::parse("alice").unwrap();
        let client = |at| Revoked::Client { client: alice.clone(), before: before(at) };
        assert_eq!(what(r#"{"token":"a"}"#), Ok(Revoked::Token("a".into())));
        assert_eq!(what(r#"{"client":"alice"}"#), Ok(client(1000)));
        assert_eq!(what(r#"{"client":"alice","issued_before":5}"#), Ok(client(5)));
        let everyone = Revoked::Everyone { before: before(1000) };
        assert_eq!(what(r#"{"issued_before":1000}"#), Ok(everyone));
        for bad in [
            "{}",
            r#"{"token":""}"#,
            r#"{"token":"a","client":"alice"}"#,
            r#"{"client":"a b"}"#,
            r#"{"issued_before":1001}"#,
            r#"{"issued_before":-1}"#,
        ] {
            assert!(what(bad).is_err(), "{bad}");
        }
    }
}
