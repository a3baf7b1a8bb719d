//! Tokens from the outside: keys of every kind, claims, key sets over a real socket.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

mod algorithms;
mod claims;
mod contract;
mod issuer;
mod jwks;
mod keys;
mod mutations;
mod seal;
mod server;
mod stage;
