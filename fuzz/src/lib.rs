//! What each fuzz target checks, one file per target.
//!
//! The checks know nothing of the fuzzer, so that a test of the checked crate can include the file
//! and replay `corpus/<target>` on every build.

pub mod native;
pub mod pusher;
pub mod token;
pub mod websocket;
