//! What a client said.

use crate::opcode::Opcode;
use crate::violation::Violation;

/// What one call of [`Decoder::step`](crate::Decoder::step) did.
#[derive(Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// How many bytes of the input are done with. All of them where there is no event.
    pub consumed: usize,
    /// The event that the last consumed byte completed. Nothing where more bytes are needed.
    pub event: Option<Event<'a>>,
}

/// A whole message or control frame, unmasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A text message, its fragments joined.
    Text(&'a str),
    /// A binary message, its fragments joined.
    Binary(&'a [u8]),
    /// To be answered with a pong of the same payload, 125 bytes at most.
    Ping(&'a [u8]),
    /// Needs no answer. 125 bytes at most.
    Pong(&'a [u8]),
    /// The last event that counts: what a client sends after it is to be ignored (5.5.1). The
    /// decoder leaves that to its caller. Nothing inside where the client gave no code.
    Close(Option<CloseFrame<'a>>),
}

impl<'a> Event<'a> {
    /// The event of one unfragmented frame.
    pub(crate) fn of_frame(opcode: Opcode, payload: &'a [u8]) -> Result<Self, Violation> {
        Ok(match opcode {
            Opcode::Text => {
                Self::Text(str::from_utf8(payload).map_err(|_| Violation::TextNotUtf8)?)
            }
            Opcode::Binary => Self::Binary(payload),
            Opcode::Ping => Self::Ping(payload),
            Opcode::Pong => Self::Pong(payload),
            Opcode::Close => Self::Close(CloseFrame::parse(payload)?),
            // The decoder joins continuations to their message before it comes here.
            Opcode::Continuation => return Err(Violation::UnexpectedContinuation),
        })
    }
}

/// Why the client closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseFrame<'a> {
    /// A code that may be sent: 1000 to 1003, 1007 to 1014, or 3000 to 4999.
    pub code: u16,
    /// For people. 123 bytes at most, often empty.
    pub reason: &'a str,
}

impl<'a> CloseFrame<'a> {
    fn parse(payload: &'a [u8]) -> Result<Option<Self>, Violation> {
        if payload.is_empty() {
            return Ok(None);
        }
        let Some((code, reason)) = payload.split_first_chunk() else {
            return Err(Violation::HalfCloseCode);
        };
        let code = u16::from_be_bytes(*code);
        if !may_be_sent(code) {
            return Err(Violation::CloseCode(code));
        }
        let reason = str::from_utf8(reason).map_err(|_| Violation::ReasonNotUtf8)?;
        Ok(Some(Self { code, reason }))
    }
}

/// Codes of RFC 6455 7.4, and 1012 to 1014 from the IANA registry. 1004 is reserved; 1005, 1006
/// and 1015 only exist inside programs.
const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(payload: &[u8]) -> Result<Event<'_>, Violation> {
        Event::of_frame(Opcode::Close, payload)
    }

    #[test]
    fn a_close_frame_is_empty_or_begins_with_a_code() {
        assert_eq!(close(b""), Ok(Event::Close(None)));
        assert_eq!(close(b"\x03"), Err(Violation::HalfCloseCode));
        let frame = CloseFrame { code: 1000, reason: "" };
        assert_eq!(close(b"\x03\xe8"), Ok(Event::Close(Some(frame))));
        let frame = CloseFrame { code: 1001, reason: "bye" };
        assert_eq!(close(b"\x03\xe9bye"), Ok(Event::Close(Some(frame))));
        assert_eq!(close(b"\x03\xe9\xff"), Err(Violation::ReasonNotUtf8));
    }

    #[test]
    fn only_codes_that_may_be_sent_are_taken() {
        let good = [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 3999, 4000, 4999];
        for code in good {
            assert!(close(&u16::to_be_bytes(code)).is_ok(), "{code}");
        }
        let bad = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535];
        for code in bad {
            let payload = u16::to_be_bytes(code);
            let refused = close(&payload);
            assert_eq!(refused, Err(Violation::CloseCode(code)), "{code}");
        }
    }
}
