//! Keys that are fetched: `url.rs` and `guard.rs` say from where, `fetch.rs` how much and how long,
//! `document.rs` what of it is a key, `source.rs` when, `sources.rs` that nobody asks twice.

mod document;
mod fetch;
mod guard;
mod options;
mod source;
mod sources;
mod url;

pub use fetch::FetchError;
pub use options::JwksOptions;
pub(crate) use source::JwksSource;
pub(crate) use sources::JwksSources;
pub(crate) use url::JwksUrl;
pub use url::JwksUrlError;
