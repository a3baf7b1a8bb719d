//! The protocol's numbers for the reasons of a close.

use domain::CloseReason;

/// The close code of a reason, by the published families. 4000-4099: do not come back; 4100-4199:
/// after a second or more; 4200-4299: at once; below: RFC 6455's own.
#[must_use]
pub const fn close_code(reason: CloseReason) -> u16 {
    match reason {
        CloseReason::UnknownApp => 4001,
        CloseReason::DisabledApp => 4003,
        CloseReason::ConnectionLimit => 4004,
        CloseReason::UnsupportedProtocol => 4007,
        // "Connection is unauthorized".
        CloseReason::NotAuthenticated
        | CloseReason::Disconnected
        | CloseReason::TokenRevoked
        | CloseReason::OriginDenied => 4009,
        // Not published: of the family of those who do not come back.
        CloseReason::BadRequests => 4010,
        // "Over capacity". A server that is going down is not one to come back to at once.
        CloseReason::OverCapacity | CloseReason::ShuttingDown => 4100,
        // Not published: of the family of those who wait before they come back.
        CloseReason::TooSlow => 4101,
        CloseReason::RateLimited => 4102,
        CloseReason::AuthTimeout => 4103,
        CloseReason::InternalError => 4104,
        CloseReason::Reconnect | CloseReason::TokenExpired => 4200,
        CloseReason::NoSignOfLife => 4201,
        CloseReason::ProtocolViolation => 1002,
        CloseReason::UnsupportedFrame => 1003,
        CloseReason::InvalidText => 1007,
        CloseReason::FrameTooLarge => 1009,
        CloseReason::ClientLeft => 1000,
        CloseReason::PeerLost => 1006,
    }
}

/// What the protocol says in words.
pub(crate) const fn message(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::UnknownApp => "App key does not exist",
        CloseReason::DisabledApp => "Application disabled",
        CloseReason::ConnectionLimit => "Application is over connection quota",
        CloseReason::UnsupportedProtocol => "Unsupported protocol version",
        CloseReason::NotAuthenticated | CloseReason::TokenRevoked => "Connection is unauthorized",
        CloseReason::Disconnected => "Disconnected by the application",
        CloseReason::OriginDenied => "Connection is unauthorized: origin denied",
        CloseReason::BadRequests => "Too many bad requests",
        CloseReason::OverCapacity => "Over capacity",
        CloseReason::ShuttingDown => "Server is shutting down",
        CloseReason::TooSlow => "Connection is too slow",
        CloseReason::RateLimited => "Too many requests",
        CloseReason::AuthTimeout => "Connection was not authenticated in time",
        CloseReason::InternalError => "Internal error",
        CloseReason::Reconnect | CloseReason::TokenExpired => "Reconnect",
        CloseReason::NoSignOfLife => "Pong reply not received",
        CloseReason::ProtocolViolation => "Protocol violation",
        CloseReason::UnsupportedFrame => "Binary frames are not supported",
        CloseReason::InvalidText => "Text is not UTF-8",
        CloseReason::FrameTooLarge => "Message is too large",
        CloseReason::ClientLeft | CloseReason::PeerLost => "Closed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Family;

    /// The protocol knows no delay that is given: whoever has one comes back at once, or after its
    /// own backoff.
    #[test]
    fn who_may_not_come_back_does_not() {
        for reason in CloseReason::TOLD {
            let code = close_code(reason);
            let stays_away =
                matches!(code, 4000..=4099 | 1002 | 1003 | 1007 | 1009) && code != 4004;
            assert_eq!(reason.family() == Family::Final, stays_away, "{reason:?}: {code}");
        }
    }
}
