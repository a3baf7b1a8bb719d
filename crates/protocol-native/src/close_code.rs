//! The protocol's numbers for the reasons of a close.

use domain::CloseReason;

/// The close code of a reason. 4000-4099: do not come back; 4100-4199: after a backoff; 4200-4299:
/// after the given delay; below: RFC 6455's own.
#[must_use]
pub const fn close_code(reason: CloseReason) -> u16 {
    match reason {
        CloseReason::NotAuthenticated => 4001,
        CloseReason::Disconnected => 4003,
        CloseReason::BadRequests => 4005,
        CloseReason::TokenRevoked => 4006,
        CloseReason::UnknownApp => 4007,
        CloseReason::DisabledApp => 4008,
        CloseReason::OriginDenied => 4009,
        CloseReason::UnsupportedProtocol => 4010,
        CloseReason::OverCapacity => 4100,
        CloseReason::TooSlow => 4101,
        CloseReason::RateLimited => 4102,
        CloseReason::ConnectionLimit => 4103,
        CloseReason::AuthTimeout => 4104,
        CloseReason::ShuttingDown => 4200,
        CloseReason::NoSignOfLife => 4201,
        CloseReason::Reconnect => 4202,
        CloseReason::TokenExpired => 4203,
        CloseReason::ProtocolViolation => 1002,
        CloseReason::UnsupportedFrame => 1003,
        CloseReason::InvalidText => 1007,
        CloseReason::FrameTooLarge => 1009,
        CloseReason::InternalError => 1011,
        CloseReason::ClientLeft => 1000,
        CloseReason::PeerLost => 1006,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Family;
    use std::collections::HashSet;

    #[test]
    fn numbers_are_unique_and_lie_in_their_family() {
        let codes: HashSet<u16> = CloseReason::TOLD.into_iter().map(close_code).collect();
        assert_eq!(codes.len(), CloseReason::TOLD.len());
        for reason in CloseReason::TOLD {
            let family = match close_code(reason) {
                4000..=4099 | 1002 | 1003 | 1007 | 1009 => Family::Final,
                4100..=4199 | 1011 => Family::Backoff,
                4200..=4299 => Family::AfterDelay,
                other => panic!("{reason:?} has {other}, which is in no family"),
            };
            assert_eq!(reason.family(), family, "{reason:?}");
        }
    }
}
