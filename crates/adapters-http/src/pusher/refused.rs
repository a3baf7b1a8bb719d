//! Why a backend's request is not done, as plain text.

use application::Refusal;
use axum::response::{IntoResponse, Response};
use domain::{ErrorCode, Language};
use http::{HeaderValue, StatusCode, header};
use protocol_pusher::api::{Fault, NotSigned};

/// Why a backend's request is not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// Also where there is no such app: who has no key learns nothing of apps.
    #[error("auth_key is not a key of the app in the path")]
    NotItsKey,
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("{}", .0.message(Language::English))]
    Application(Refusal),
    #[error("{}: some of it may have been sent", .0.message(Language::English))]
    NotSent(Refusal),
    #[error("the body exceeds the allowed maximum ({limit_bytes} bytes)")]
    BodyTooLarge { limit_bytes: usize },
    #[error("the body did not come in time")]
    BodyTooLate,
    #[error("the body did not come as a whole")]
    BodyBroken,
    #[error("too many requests at once: try again")]
    Busy,
    #[error("internal error")]
    Internal,
}

impl Refused {
    fn status(&self) -> u16 {
        match self {
            Self::NotSigned(_) | Self::NotItsKey => 401,
            Self::Fault(fault) => fault.status(),
            Self::Application(refusal) | Self::NotSent(refusal) => refusal.code.class(),
            Self::BodyTooLarge { .. } => 413,
            Self::BodyTooLate => 408,
            Self::BodyBroken => 400,
            Self::Busy => 429,
            Self::Internal => 500,
        }
    }

    /// In seconds, where waiting helps.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Application(refusal) | Self::NotSent(refusal) => {
                let wait = refusal.retry_after?.as_millis().div_ceil(1000);
                Some(u64::try_from(wait).unwrap_or(u64::MAX))
            }
            Self::Busy => Some(1),
            Self::NotSigned(_)
            | Self::NotItsKey
            | Self::Fault(_)
            | Self::BodyTooLarge { .. }
            | Self::BodyTooLate
            | Self::BodyBroken
            | Self::Internal => None,
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        if refusal.code == ErrorCode::AppNotFound {
            return Self::NotItsKey;
        }
        Self::Application(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, format!("{self}\n")).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_has_its_status_and_says_why() {
        let later = || Refusal::later(ErrorCode::Unavailable, Duration::from_millis(1001));
        for (refused, status, part, retry) in [
            (NotSigned::Signature.into(), 401, "invalid signature", None),
            (Refusal::plain(ErrorCode::AppNotFound).into(), 401, "auth_key", None),
            (Refusal::plain(ErrorCode::AppDisabled).into(), 403, "app disabled", None),
            (later().into(), 503, "unavailable", Some(2)),
            (Refused::NotSent(later()), 503, "some of it may have been sent", Some(2)),
            (Refused::BodyTooLarge { limit_bytes: 7 }, 413, "(7 bytes)", None),
            (Refused::BodyTooLate, 408, "in time", None),
            (Refused::BodyBroken, 400, "as a whole", None),
            (Refused::Busy, 429, "too many", Some(1)),
            (Refused::Internal, 500, "internal", None),
        ] {
            let refused: Refused = refused;
            assert_eq!((refused.status(), refused.retry_after()), (status, retry), "{refused}");
            assert!(refused.to_string().contains(part), "{refused}");
        }
    }
}
