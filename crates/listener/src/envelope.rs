//! The one shape of every JSON answer over HTTP: `{code, message, data}`, on an error with `reason` and,
//! where waiting helps, `retry_after_ms` and the header `Retry-After`.

use application::Refusal;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::Language;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

#[derive(Serialize)]
struct Envelope<'a, T> {
    code: u16,
    message: &'a str,
    data: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u128>,
}

/// A success.
pub fn success(language: Language, data: impl Serialize) -> Response {
    let message = language.success();
    answer(
        StatusCode::OK,
        &Envelope { code: 200, message, data: Some(data), reason: None, retry_after_ms: None },
    )
}

/// A refusal, with its class as the HTTP status.
pub fn refused(language: Language, refusal: &Refusal) -> Response {
    let code = refusal.code.class();
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = &refusal.message(language);
    let reason = Some(refusal.code.reason());
    let retry_after_ms = refusal.retry_after.map(|wait| wait.as_millis());
    let body = Envelope::<()> { code, message, data: None, reason, retry_after_ms };
    let mut response = answer(status, &body);
    if let Some(wait) = refusal.retry_after {
        // The header has whole seconds.
        let seconds = HeaderValue::from(wait.as_millis().div_ceil(1000).min(3600) as u64);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
