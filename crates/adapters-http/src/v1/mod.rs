//! The server API: `/v1/apps/{app}/...`, for backends and operators (`docs/server-api.md`).
//!
//! * `endpoints` is the one table of what there is: the routes and the OpenAPI document are made of
//!   it. `endpoint` says what a row has.
//! * `serve` answers a request: language, key and scope (`authority`, `keys`), then the endpoint.
//! * `sessions` are short-lived tokens in place of keys.
//! * `failures` bounds and notes refused keys, by address.
//! * `call` is what an endpoint is given, with its address and query parsed; `body` reads bodies.
//! * `messages`, `batch`, `history`, `channels`, `clients`, `subscriptions`,
//!   `tokens`, `usage` (with `usage_formats`), `bill`, `overview`, `webhooks`, `watch`, `explain` are the endpoints; `explained` is
//!   what the last one answers.
//! * `turns` has apps take turns where something dear is done once at a time.
//! * `operator` is what has no app: the endpoints of operators, with a table of their own.
//! * `openapi` writes the document, `reference` serves it and a page that shows it.

mod authority;
mod batch;
mod bill;
mod body;
mod call;
mod channels;
mod clients;
mod endpoint;
mod endpoints;
mod events;
mod explain;
mod explained;
mod failures;
mod history;
mod keys;
mod messages;
mod openapi;
mod operator;
mod overview;
mod reference;
mod serve;
mod sessions;
mod subscriptions;
mod tokens;
mod turns;
mod usage;
mod usage_formats;
mod watch;
mod webhooks;

pub(crate) use authority::{Shown, bearer};
pub use keys::hash_of_key;
pub use openapi::document as openapi_document;
pub use serve::{ServerApi, server_api};
