//! Plain HTTP surface: health, the demo page, the server API, and what backends of the Pusher
//! protocol ask.
//!
//! * [`health`] says whether the process serves and whether it wants traffic.
//! * [`metrics`] is the page that a monitor reads.
//! * [`demo_page`] is the page of this same machine, its files are in `assets/demo`.
//! * [`demo_token`] is that page's token; [`demo_pusher`] signs for such pages as a backend of the
//!   Pusher protocol does.
//! * [`sdk_files`] is the JavaScript SDK for pages, at `/sdk/rtmate.js`.
//! * [`console_files`] is the operator console, its files are in `assets/console`.
//! * [`server_api`] is `/v1/...` and `/docs`, for backends and operators.
//! * [`pusher_api`] is what backends of the Pusher protocol ask.

mod console_files;
mod demo_page;
mod demo_token;
mod health;
mod metrics;
mod pusher;
mod sdk_files;
mod trace;
mod v1;

pub use console_files::console_files;
pub use demo_page::demo_page;
pub use demo_token::demo_token;
pub use health::{Health, health};
pub use metrics::{MakePage, Metrics, OpenTo, metrics};
pub use pusher::{demo_pusher, pusher_api};
pub use sdk_files::sdk_files;
pub use v1::{ServerApi, hash_of_key, openapi_document, server_api};
