//! The three parts of a token.

use application::ports::TokenError;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{TOKEN_LIMIT, header::Header};

/// A token in three parts. Nothing of it is to be believed but what a key verifies.
pub(crate) struct Token<'a> {
    /// What the header asks for.
    pub(crate) header: Header,
    /// What is signed, and by what.
    pub(crate) signed: Signed<'a>,
    payload: &'a str,
}

/// The signed text and its signature.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    /// Header and payload as they travel.
    pub(crate) message: &'a str,
    /// The signature as it travels: sound base64url.
    pub(crate) signature: &'a str,
}

impl<'a> Token<'a> {
    /// Cuts a token in three and reads its header. Longer than [`TOKEN_LIMIT`] it isn't looked at.
    pub(crate) fn parse(text: &'a str) -> Result<Self, TokenError> {
        const PARTS: TokenError = TokenError::Invalid { why: "not three parts" };
        if text.len() > TOKEN_LIMIT {
            return Err(TokenError::Invalid { why: "longer than 8192 bytes" });
        }
        let (message, signature) = text.rsplit_once('.').ok_or(PARTS)?;
        let (header, payload) = message.split_once('.').ok_or(PARTS)?;
        if payload.contains('.') {
            return Err(PARTS);
        }
        decode(signature, "the signature is not base64url")?;
        let header = Header::parse(&decode(header, "the header is not base64url")?)?;
        Ok(Self { header, signed: Signed { message, signature }, payload })
    }

    /// The claims' text.
    pub(crate) fn payload(&self) -> Result<Vec<u8>, TokenError> {
        decode(self.payload, "the claims are not base64url")
    }
}

/// Strict: no padding, no other alphabet, no bits left over.
fn decode(part: &str, why: &'static str) -> Result<Vec<u8>, TokenError> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Invalid { why })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> &'static str {
        match Token::parse(text) {
            Err(TokenError::Invalid { why }) => why,
            Err(other) => panic!("{other:?}"),
            Ok(_) => "fine",
        }
    }

    #[test]
    fn three_parts_of_strict_base64url() {
        let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
        assert_eq!(why(&format!("{header}.e30.AAAA")), "fine");
        assert_eq!(why(&format!("{header}.e30.")), "fine", "no key verifies it, though");
        for text in ["", "a", "a.b", "a.b.c.d"] {
            assert_eq!(why(text), "not three parts", "{text}");
        }
        for signature in ["AAAA=", "AA==", "AA+/", "A", "AB", " AAAA", "AAAA\n"] {
            let text = format!("{header}.e30.{signature}");
            assert_eq!(why(&text), "the signature is not base64url", "{signature}");
        }
        assert_eq!(why("e30=.e30.AAAA"), "the header is not base64url");
    }

    #[test]
    fn a_long_token_is_not_looked_at() {
        assert_eq!(why(&".".repeat(TOKEN_LIMIT + 1)), "longer than 8192 bytes");
        assert_eq!(why(&".".repeat(TOKEN_LIMIT)), "not three parts");
    }
}
