//! What a token's header asks for.

use application::ports::TokenError;
use domain::{JwtAlgorithm, KeyId};

use crate::object::{JsonObject, NotAnObject};

/// What a token's header asks for. `typ`, `cty` and whatever key the token brings along
/// (`jwk`, `jku`, `x5u`, ...) are not looked at.
#[derive(Debug)]
pub(crate) struct Header {
    /// What the token says it was signed with: a key with another algorithm is not tried. It never
    /// makes a key verify with an algorithm that is not its own.
    pub(crate) algorithm: JwtAlgorithm,
    /// Which key.
    pub(crate) kid: Option<KeyId>,
}

impl Header {
    /// Reads a decoded header.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, TokenError> {
        let object = JsonObject::parse(text).map_err(|error| TokenError::Invalid {
            why: match error {
                NotAnObject::Other => "the header is not a JSON object",
                NotAnObject::Duplicate => "the header has a name twice",
            },
        })?;
        // No extension is understood, so each that is critical is one too many.
        if object.raw("crit").is_some() {
            return Err(TokenError::Invalid { why: "the header has `crit`" });
        }
        Ok(Self { algorithm: algorithm(&object)?, kid: kid(&object)? })
    }
}

fn algorithm(object: &JsonObject<'_>) -> Result<JwtAlgorithm, TokenError> {
    let name: Option<String> = object.get("alg", "the header's `alg` is not a text")?;
    let name = name.ok_or(TokenError::Invalid { why: "the header has no `alg`" })?;
    JwtAlgorithm::parse(&name)
        .ok_or(TokenError::Invalid { why: "the header's `alg` is none that is taken here" })
}

fn kid(object: &JsonObject<'_>) -> Result<Option<KeyId>, TokenError> {
    const WHY: &str = "the header's `kid` is not the name of a key";
    let Some(kid) = object.get::<String>("kid", WHY)? else { return Ok(None) };
    KeyId::parse(&kid).map(Some).map_err(|_| TokenError::Invalid { why: WHY })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> &'static str {
        match Header::parse(text.as_bytes()) {
            Err(TokenError::Invalid { why }) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(why(r#"{"alg":"HS256","crit":[]}"#), "the header has `crit`");
        assert_eq!(why(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#), "the header has `crit`");
        assert_eq!(why(r#"{"alg":"HS256","alg":"none"}"#), "the header has a name twice");
        for alg in ["none", "None", "hs256", "PS256", ""] {
            let text = format!(r#"{{"alg":"{alg}"}}"#);
            assert_eq!(why(&text), "the header's `alg` is none that is taken here", "{alg}");
        }
        assert_eq!(why(r#"{"typ":"JWT"}"#), "the header has no `alg`");
        assert_eq!(
            why(r#"{"alg":"HS256","kid":1}"#),
            "the header's `kid` is not the name of a key"
        );
    }

    #[test]
    fn what_is_beside_the_point_is_ignored() {
        let header = br#"{"alg":"EdDSA","kid":"k","typ":5,"jwk":{},"jku":"http://x"}"#;
        let header = Header::parse(header).unwrap();
        assert_eq!(header.algorithm, JwtAlgorithm::EdDsa);
        assert_eq!(header.kid.unwrap().as_str(), "k");
    }
}
