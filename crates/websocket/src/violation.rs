//! Why a connection can't go on.

/// What the client did against RFC 6455 or against the server's limit.
///
/// The text says what was wrong and is safe to send as the reason of the close frame: it is short
/// and quotes numbers only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Violation {
    /// An RSV bit is set, and no extension that gives it a meaning was agreed, or not for this
    /// frame: a message is marked as compressed in its first frame.
    #[error("a reserved bit is set")]
    ReservedBits,
    /// The opcode has no meaning yet.
    #[error("opcode {0:#x} is reserved")]
    ReservedOpcode(u8),
    /// Frames of a client must be masked (5.1).
    #[error("frame is not masked")]
    Unmasked,
    /// A control frame must be final.
    #[error("control frame is fragmented")]
    FragmentedControl,
    /// A control frame carries [`MAX_CONTROL`](crate::MAX_CONTROL) bytes at most.
    #[error("control frame is longer than 125 bytes")]
    LongControl,
    /// The length was written in more bytes than it needs.
    #[error("frame length is not written in the shortest form")]
    LengthNotMinimal,
    /// The highest bit of a 64-bit length is set.
    #[error("frame length has its highest bit set")]
    LengthOverflow,
    /// A continuation came while no message was open.
    #[error("continuation without a message to continue")]
    UnexpectedContinuation,
    /// A new message began before the last fragment of the one that is open.
    #[error("new message inside a fragmented one")]
    ExpectedContinuation,
    /// The message, all its fragments together, is longer than the decoder takes, as it was sent
    /// or inflated.
    #[error("message is longer than {limit_bytes} bytes")]
    MessageTooBig {
        /// The limit that was in force when the frame's header came.
        limit_bytes: usize,
    },
    /// A compressed message isn't deflate data, or ends in the middle of it.
    #[error("compressed data is broken")]
    BrokenDeflate,
    /// A text message isn't UTF-8.
    #[error("text is not UTF-8")]
    TextNotUtf8,
    /// A close frame's payload is one byte long: neither empty nor a code.
    #[error("close frame holds half a code")]
    HalfCloseCode,
    /// A close frame's code must not be sent (7.4).
    #[error("close code {0} must not be sent")]
    CloseCode(u16),
    /// A close frame's reason isn't UTF-8.
    #[error("close reason is not UTF-8")]
    ReasonNotUtf8,
}

impl Violation {
    /// The code of the close frame that answers: 1002 (protocol error), 1007 (invalid payload) or
    /// 1009 (message too big).
    #[must_use]
    pub const fn close_code(&self) -> u16 {
        match self {
            Self::ReservedBits
            | Self::ReservedOpcode(_)
            | Self::Unmasked
            | Self::FragmentedControl
            | Self::LongControl
            | Self::LengthNotMinimal
            | Self::LengthOverflow
            | Self::UnexpectedContinuation
            | Self::ExpectedContinuation
            | Self::HalfCloseCode
            | Self::CloseCode(_) => 1002,
            Self::BrokenDeflate | Self::TextNotUtf8 | Self::ReasonNotUtf8 => 1007,
            Self::MessageTooBig { .. } => 1009,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_what_was_wrong() {
        assert_eq!(Violation::ReservedOpcode(11).to_string(), "opcode 0xb is reserved");
        let too_big = Violation::MessageTooBig { limit_bytes: usize::MAX };
        assert!(too_big.to_string().len() <= crate::MAX_CONTROL - 2, "fits a close frame");
        assert_eq!(too_big.close_code(), 1009);
        assert_eq!(Violation::TextNotUtf8.close_code(), 1007);
        assert_eq!(Violation::CloseCode(1005).close_code(), 1002);
    }
}
