//! The one table of errors that a client can be told.

use crate::Language;

/// Why a request was refused. Several causes may share a class, never a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The frame or a field of it is not what the protocol says.
    InvalidParams,
    /// No such event.
    UnsupportedEvent,
    /// No app has this id.
    AppNotFound,
    /// Not the name of a channel.
    InvalidChannel,
    /// Something else came before a successful `auth`.
    Unauthenticated,
    /// The token is not one, is not yet valid, or lacks what its key demands.
    InvalidToken,
    /// The token's `exp` is past.
    TokenExpired,
    /// No key of the app made this signature.
    SignatureInvalid,
    /// The token is for another app or client.
    AuthMismatch,
    /// The token was revoked.
    TokenRevoked,
    /// No grant allows this.
    PermissionDenied,
    /// The app does not answer this origin.
    OriginDenied,
    /// The app is switched off.
    AppDisabled,
    /// There is no such thing.
    NotFound,
    /// The connection is not subscribed to the channel.
    NotSubscribed,
    /// The channel's namespace does not have this capability.
    NotEnabled,
    /// Over HTTP: the address is there, for other methods.
    MethodNotAllowed,
    /// The request contradicts the present state.
    Conflict,
    /// The same key was used for other content.
    IdempotencyConflict,
    /// The stream began anew since the position was taken.
    EpochChanged,
    /// More bytes than the limit.
    PayloadTooLarge,
    /// Too fast; waiting helps.
    RateLimited,
    /// A quota is used up.
    QuotaExceeded,
    /// The connection has as many channels as it may.
    TooManyChannels,
    /// A fault of the server.
    Internal,
    /// The server can't right now. Of a send: the outcome is unknown, retry with the same key.
    Unavailable,
}

impl ErrorCode {
    /// Every code, in the order of the table in `docs/errors.md`.
    pub const ALL: [Self; 26] = [
        Self::InvalidParams,
        Self::UnsupportedEvent,
        Self::AppNotFound,
        Self::InvalidChannel,
        Self::Unauthenticated,
        Self::InvalidToken,
        Self::TokenExpired,
        Self::SignatureInvalid,
        Self::AuthMismatch,
        Self::TokenRevoked,
        Self::PermissionDenied,
        Self::OriginDenied,
        Self::AppDisabled,
        Self::NotFound,
        Self::NotSubscribed,
        Self::NotEnabled,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::IdempotencyConflict,
        Self::EpochChanged,
        Self::PayloadTooLarge,
        Self::RateLimited,
        Self::QuotaExceeded,
        Self::TooManyChannels,
        Self::Internal,
        Self::Unavailable,
    ];

    /// Class, reason, Chinese text, English text: one row of the table.
    const fn row(self) -> (u16, &'static str, &'static str, &'static str) {
        match self {
            Self::InvalidParams => (400, "invalid_params", "参数错误", "invalid parameters"),
            Self::UnsupportedEvent => {
                (400, "unsupported_event", "不支持的事件类型", "unsupported event")
            }
            Self::AppNotFound => (400, "app_not_found", "app_id 未找到", "app_id not found"),
            Self::InvalidChannel => (400, "invalid_channel", "频道名无效", "invalid channel name"),
            Self::Unauthenticated => (401, "unauthenticated", "未认证", "not authenticated"),
            Self::InvalidToken => (401, "invalid_token", "无效的 token", "invalid token"),
            Self::TokenExpired => (401, "token_expired", "token 已过期", "token expired"),
            Self::SignatureInvalid => {
                (401, "signature_invalid", "签名验证失败", "signature verification failed")
            }
            Self::AuthMismatch => (
                401,
                "auth_mismatch",
                "认证失败（app_id 不匹配）",
                "authentication failed (app_id does not match)",
            ),
            Self::TokenRevoked => (401, "token_revoked", "token 已被吊销", "token revoked"),
            Self::PermissionDenied => (403, "permission_denied", "权限不足", "permission denied"),
            Self::OriginDenied => (403, "origin_denied", "来源不被允许", "origin denied"),
            Self::AppDisabled => (403, "app_disabled", "应用已停用", "app disabled"),
            Self::NotFound => (404, "not_found", "未找到", "not found"),
            Self::NotSubscribed => (404, "not_subscribed", "未订阅该频道", "not subscribed"),
            Self::NotEnabled => (404, "not_enabled", "功能未启用", "not enabled"),
            Self::MethodNotAllowed => {
                (405, "method_not_allowed", "请求方法不被允许", "method not allowed")
            }
            Self::Conflict => (409, "conflict", "状态冲突", "conflict"),
            Self::IdempotencyConflict => (
                409,
                "idempotency_conflict",
                "同一 key 的内容不一致",
                "the same key was used for other content",
            ),
            Self::EpochChanged => (409, "epoch_changed", "频道 epoch 已变更", "epoch changed"),
            Self::PayloadTooLarge => (413, "payload_too_large", "消息体过大", "payload too large"),
            Self::RateLimited => (429, "rate_limited", "请求过于频繁", "rate limited"),
            Self::QuotaExceeded => (429, "quota_exceeded", "超出配额", "quota exceeded"),
            Self::TooManyChannels => {
                (429, "too_many_channels", "订阅频道过多", "too many channels")
            }
            Self::Internal => (500, "internal", "服务器内部错误", "internal error"),
            Self::Unavailable => (503, "unavailable", "服务暂不可用", "unavailable"),
        }
    }

    /// The HTTP-like class: what a reply's `code` says.
    #[must_use]
    pub const fn class(self) -> u16 {
        self.row().0
    }

    /// The stable machine name: what a reply's `reason` says.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        self.row().1
    }

    /// The text for people.
    #[must_use]
    pub const fn message(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.row().2,
            Language::English => self.row().3,
        }
    }

    /// Whether such a refusal spends the connection's budget of bad requests: each 400, 403 and
    /// 404. Refused tokens have a count of their own.
    #[must_use]
    pub const fn spends_budget(self) -> bool {
        matches!(self.class(), 400 | 403 | 404)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn reasons_are_unique_and_the_founding_texts_stand() {
        let reasons: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.reason()).collect();
        assert_eq!(reasons.len(), ErrorCode::ALL.len());
        assert_eq!(ErrorCode::TokenExpired.class(), 401);
        assert_eq!(ErrorCode::TokenExpired.message(Language::Chinese), "token 已过期");
    }
}
