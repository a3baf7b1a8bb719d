//! The numbers that a transport's goodbye has.

use std::sync::Arc;

use application::ports::Codec;
use domain::CloseReason;

/// The numbers of a protocol for the reasons of a close.
pub(crate) enum CloseCodes {
    /// Its codec's.
    Of(Arc<dyn Codec>),
    /// Of something that has no codec.
    By(fn(CloseReason) -> u16),
}

impl CloseCodes {
    pub(crate) fn of(&self, reason: CloseReason) -> u16 {
        match self {
            Self::Of(codec) => codec.close_code(reason),
            Self::By(code_of) => code_of(reason),
        }
    }
}
