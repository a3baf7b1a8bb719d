//! Tokens: HMAC, RSA, EC and EdDSA keys, JWKS.
