//! The one shape of every JSON answer: `{code, message, data}`, on an error with `reason`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{ErrorCode, Language};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// A success.
pub(crate) fn success(language: Language, data: &Value) -> Response {
    answer(StatusCode::OK, &json!({"code": 200, "message": language.success(), "data": data}))
}

/// A refusal, with its class as the HTTP status. `detail` says in English what exactly is wrong.
pub(crate) fn refusal(language: Language, code: ErrorCode, detail: &str) -> Response {
    let status = StatusCode::from_u16(code.class()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = format!("{} ({detail})", code.message(language));
    let body = json!({
        "code": code.class(),
        "message": message,
        "data": null,
        "reason": code.reason(),
    });
    answer(status, &body)
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
