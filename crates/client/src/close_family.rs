//! What a close code tells a client to do.

use std::time::Duration;

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// The close code; 1006 where there was no close frame.
    pub code: u16,
    /// The reason that the `disconnect` push gave.
    pub reason: Option<String>,
    /// When to come back, for codes from 4200.
    pub retry_after: Option<Duration>,
}

impl Departure {
    /// The network connection broke.
    #[must_use]
    pub const fn lost() -> Self {
        Self { code: 1006, reason: None, retry_after: None }
    }
}

/// What to do after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseFamily {
    /// Do not come back.
    Final,
    /// Come back after a backoff.
    Backoff,
    /// Come back after the delay that was given.
    AfterDelay,
}

/// The token ended: a new one is needed first.
pub(crate) const TOKEN_EXPIRED: u16 = 4203;

impl CloseFamily {
    /// The family of a close code. A code that is in none is taken as a broken connection.
    #[must_use]
    pub const fn of(code: u16) -> Self {
        match code {
            4000..=4099 | 1002 | 1003 | 1007 | 1009 => Self::Final,
            4200..=4299 => Self::AfterDelay,
            _ => Self::Backoff,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_families() {
        for code in [4000, 4001, 4005, 4006, 4099, 1002, 1003, 1007, 1009] {
            assert_eq!(CloseFamily::of(code), CloseFamily::Final, "{code}");
        }
        for code in [4100, 4101, 4104, 4199, 1000, 1001, 1006, 1011, 1012, 4300] {
            assert_eq!(CloseFamily::of(code), CloseFamily::Backoff, "{code}");
        }
        for code in [4200, 4203, 4299] {
            assert_eq!(CloseFamily::of(code), CloseFamily::AfterDelay, "{code}");
        }
    }
}
