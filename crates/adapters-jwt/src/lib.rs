//! Tokens: HMAC, RSA, EC and EdDSA keys, JWKS.
//!
//! [`JwtTokenVerifier`] and [`JwtTokenIssuer`] are the adapters of the ports of these names;
//! [`check_key`] tells the configuration at start whether a key can be used.
//!
//! The major parts, in the order in which a token meets them:
//!
//! * `token.rs` cuts the text in three, `header.rs` reads what chooses the key.
//!   `object.rs` is the JSON object that both a header and the claims are: no name twice.
//! * `key_sets.rs` remembers the parsed keys of each app (`key_set.rs`, `key.rs`), `jwks/` has
//!   those that are fetched.
//! * `pool.rs` has the threads on which public keys verify signatures. Shared secrets verify at
//!   once: a microsecond of work is less than the way to another thread and back.
//! * `seal.rs` is apart: passes of the server's own, to watch ([`HmacSeal`]).
//! * `claims.rs` judges what the verified token says, `date.rs` its times, `caps.rs` its grants.
//!
//! The signature is judged before any claim, and `exp` before any other claim: a forged token
//! learns nothing, an expired one is told so whatever else is odd about it.

mod algorithm;
mod caps;
mod claims;
#[cfg(test)]
mod cost;
mod date;
mod header;
mod issuer;
mod jwks;
mod key;
mod key_error;
mod key_set;
mod key_sets;
mod object;
mod pem;
mod pool;
mod seal;
mod terms;
mod token;
mod verifier;

pub use issuer::JwtTokenIssuer;
pub use jwks::{FetchError, JwksOptions, JwksUrlError};
pub use key::check_key;
pub use key_error::KeyError;
pub use seal::HmacSeal;
pub use verifier::JwtTokenVerifier;

/// The longest token that is read, in bytes.
pub const TOKEN_LIMIT: usize = 8 * 1024;
