//! Why a request of a backend is not done.

use std::borrow::Cow;

/// Why a request of a backend is not done: a text for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// 400: it is not what the protocol says.
    #[error("{0}")]
    Invalid(Cow<'static, str>),
    /// 413: more bytes than the limit.
    #[error("{what} exceeds the allowed maximum ({limit_bytes} bytes)")]
    TooLarge {
        /// What is too large.
        what: Cow<'static, str>,
        /// The limit in bytes.
        limit_bytes: usize,
    },
}

impl Fault {
    pub(crate) fn invalid(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(text.into())
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) => 400,
            Self::TooLarge { .. } => 413,
        }
    }

    /// The same of one event of a batch, counted from 0.
    pub(crate) fn of_event(self, index: usize) -> Self {
        match self {
            Self::Invalid(text) => Self::Invalid(format!("event {index}: {text}").into()),
            Self::TooLarge { what, limit_bytes } => {
                Self::TooLarge { what: format!("event {index}: {what}").into(), limit_bytes }
            }
        }
    }
}
