//! Sessions: a short-lived token in place of a key, for pages (`docs/server-api.md`, Sessions).
//!
//! * `table` holds them.
//! * `endpoints` are `/v1/session`.

mod endpoints;
mod table;

pub(super) use endpoints::{SESSION_ENDPOINTS, answer};
pub(super) use table::{Session, Sessions};
