//! What is said of an endpoint: enough to serve and to document it.

use std::pin::Pin;

use application::Refusal;
use domain::{ErrorCode, Scope};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

/// What a success has to say.
pub(super) enum Data {
    /// The `data` of the usual envelope.
    Json(Box<RawValue>),
    /// Something of another format, as it is.
    Text {
        /// Its media type.
        media: &'static str,
        /// All of it.
        text: String,
    },
}

/// What an endpoint comes to.
pub(super) type Outcome = Result<Data, Refusal>;

/// An endpoint at work.
pub(super) type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// An HTTP method of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

/// A parameter of an endpoint's query or head.
pub(super) struct Param {
    pub(super) name: &'static str,
    /// `query` or `header`.
    pub(super) place: &'static str,
    pub(super) required: bool,
    pub(super) about: &'static str,
    pub(super) schema: fn() -> Value,
}

/// One endpoint. `C` is what it is called with: that of an app, or that of an operator. `S` is `()`
/// where no scope is needed.
pub(super) struct Endpoint<C: 'static, S = Scope> {
    pub(super) method: Method,
    /// Behind `/v1/apps/{app}` for an app's, behind `/v1` for an operator's and those of sessions.
    pub(super) path: &'static str,
    /// What its caller's key needs.
    pub(super) scope: S,
    /// One word that no other endpoint has.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) params: &'static [Param],
    /// Of the request's body, where it has one.
    pub(super) body: Option<fn() -> Value>,
    /// Of a success's `data`.
    pub(super) data: fn() -> Value,
    /// Refusals beyond those that every endpoint has.
    pub(super) refusals: &'static [ErrorCode],
    pub(super) run: fn(C) -> Work,
}

/// Refusals that every endpoint has.
pub(super) const EVERYWHERE: [ErrorCode; 9] = [
    ErrorCode::InvalidParams,
    ErrorCode::Unauthenticated,
    ErrorCode::InvalidToken,
    ErrorCode::PermissionDenied,
    ErrorCode::OriginDenied,
    ErrorCode::AppDisabled,
    ErrorCode::NotFound,
    ErrorCode::RateLimited,
    ErrorCode::Unavailable,
];

/// Those of an operator's endpoints, which are not an app's.
pub(super) const OPERATOR_EVERYWHERE: [ErrorCode; 6] = [
    ErrorCode::InvalidParams,
    ErrorCode::Unauthenticated,
    ErrorCode::InvalidToken,
    ErrorCode::PermissionDenied,
    ErrorCode::RateLimited,
    ErrorCode::Unavailable,
];

/// The data of a success.
pub(super) fn data(data: &impl Serialize) -> Outcome {
    serde_json::value::to_raw_value(data).map(Data::Json).map_err(|error| {
        tracing::error!(target: "rtmate", %error, "an answer of the server API can't be written");
        Refusal::plain(ErrorCode::Internal)
    })
}
