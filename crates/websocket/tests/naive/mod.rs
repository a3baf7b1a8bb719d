//! A parser that has the whole stream before it and no wish to be fast: what the decoder must
//! agree with.

use flate2::{Decompress, FlushDecompress, Status};
use websocket::Violation;

use crate::check::{Outcome, Seen};

/// What a server takes.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) max_message: usize,
    /// Whether compression is agreed.
    pub(crate) deflate: bool,
}

/// The message whose last frame did not come: its first byte and its payload.
type Open = Option<(u8, Vec<u8>)>;

/// Reads frame after frame, each from its first byte.
pub(crate) fn decode(stream: &[u8], terms: Terms) -> Outcome {
    let mut seen = Vec::new();
    let mut open: Open = None;
    let mut at = 0;
    loop {
        match frame(&stream[at..], &mut open, terms) {
            Ok(Some((size, event))) => {
                at += size;
                seen.extend(event);
            }
            Ok(None) => return (seen, None),
            Err(violation) => return (seen, Some(violation)),
        }
    }
}

/// One frame: its size and the event that it completes. Nothing where it isn't whole.
fn frame(
    bytes: &[u8],
    open: &mut Open,
    Terms { max_message, deflate }: Terms,
) -> Result<Option<(usize, Option<Seen>)>, Violation> {
    let Some(first) = bytes.first() else {
        return Ok(None);
    };
    let fin = first >= &128;
    let reserved = first / 16 % 8;
    if reserved != 0 && !(deflate && reserved == 4) {
        return Err(Violation::ReservedBits);
    }
    let opcode = first % 16;
    if ![0, 1, 2, 8, 9, 10].contains(&opcode) {
        return Err(Violation::ReservedOpcode(opcode));
    }
    if reserved != 0 && opcode != 1 && opcode != 2 {
        return Err(Violation::ReservedBits);
    }
    let control = opcode >= 8;
    if control && !fin {
        return Err(Violation::FragmentedControl);
    }

    let Some(second) = bytes.get(1) else {
        return Ok(None);
    };
    if second < &128 {
        return Err(Violation::Unmasked);
    }
    let short = second - 128;
    if control && short > 125 {
        return Err(Violation::LongControl);
    }
    let extra = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some(digits) = bytes.get(2..2 + extra) else {
        return Ok(None);
    };
    let mut length = u128::from(short);
    if extra > 0 {
        length = digits.iter().fold(0, |sum, digit| sum * 256 + u128::from(*digit));
    }
    if (extra == 2 && length < 126) || (extra == 8 && length < 65536) {
        return Err(Violation::LengthNotMinimal);
    }
    if length >= 1 << 63 {
        return Err(Violation::LengthOverflow);
    }

    let start = 2 + extra + 4;
    let Some(key) = bytes.get(2 + extra..start) else {
        return Ok(None);
    };
    match (opcode, &open) {
        (0, None) => return Err(Violation::UnexpectedContinuation),
        (1 | 2, Some(_)) => return Err(Violation::ExpectedContinuation),
        _ => {}
    }
    let before = open.as_ref().map_or(0, |(_, payload)| payload.len()) as u128;
    if !control && before + length > max_message as u128 {
        return Err(Violation::MessageTooBig { limit_bytes: max_message });
    }

    let length = length as usize;
    let masked = bytes[start..].iter().take(length);
    let payload: Vec<u8> = masked.enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect();
    let whole = payload.len() == length;
    if control {
        if !whole {
            return Ok(None);
        }
        return Ok(Some((start + length, Some(control_event(opcode, payload)?))));
    }
    let (began, mut message) = open.clone().unwrap_or((*first, Vec::new()));
    message.extend(payload);
    let (kind, compressed) = (began % 16, began / 16 % 8 == 4);
    if !compressed {
        check_text(kind, &message, whole && fin)?;
    }
    if !whole {
        return Ok(None);
    }
    if !fin {
        *open = Some((began, message));
        return Ok(Some((start + length, None)));
    }
    *open = None;
    if compressed {
        message = inflate(message, max_message)?;
        check_text(kind, &message, true)?;
    }
    let event = match kind {
        1 => Seen::Text(String::from_utf8(message).expect("checked above")),
        _ => Seen::Binary(message),
    };
    Ok(Some((start + length, Some(event))))
}

/// Byte by byte, with a new state for each stream of blocks.
fn inflate(mut rest: Vec<u8>, max_message: usize) -> Result<Vec<u8>, Violation> {
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let payload = rest.len();
    rest.extend(b"\x00\x00\xff\xff\x01\x00\x00\xff\xff");
    let mut message = Vec::new();
    let mut at = 0;
    loop {
        let mut state = Decompress::new(false);
        let begin = at;
        loop {
            let mut byte = [0];
            let made = state.total_out();
            let done = state.decompress(&rest[at..], &mut byte, FlushDecompress::None);
            let taken = begin + state.total_in() as usize;
            let stuck = taken == at && state.total_out() == made;
            at = taken;
            message.extend(&byte[..(state.total_out() - made) as usize]);
            if message.len() > max_message {
                return Err(Violation::MessageTooBig { limit_bytes: max_message });
            }
            match done {
                Ok(Status::StreamEnd) if at == payload || at == rest.len() => return Ok(message),
                Ok(Status::StreamEnd) => break,
                Ok(Status::Ok | Status::BufError) if !stuck => {}
                _ => return Err(Violation::BrokenDeflate),
            }
        }
    }
}

/// Text must be UTF-8, and its beginning must be able to become UTF-8.
fn check_text(kind: u8, message: &[u8], whole: bool) -> Result<(), Violation> {
    let bad = |error: std::str::Utf8Error| whole || error.error_len().is_some();
    if kind == 1 && std::str::from_utf8(message).is_err_and(bad) {
        return Err(Violation::TextNotUtf8);
    }
    Ok(())
}

fn control_event(opcode: u8, payload: Vec<u8>) -> Result<Seen, Violation> {
    match opcode {
        9 => return Ok(Seen::Ping(payload)),
        10 => return Ok(Seen::Pong(payload)),
        _ => {}
    }
    match payload.len() {
        0 => return Ok(Seen::Close(None)),
        1 => return Err(Violation::HalfCloseCode),
        _ => {}
    }
    let code = u16::from(payload[0]) * 256 + u16::from(payload[1]);
    let ok = (1000..5000).contains(&code)
        && ![1004, 1005, 1006].contains(&code)
        && !(1015..3000).contains(&code);
    if !ok {
        return Err(Violation::CloseCode(code));
    }
    match String::from_utf8(payload[2..].to_vec()) {
        Ok(reason) => Ok(Seen::Close(Some((code, reason)))),
        Err(_) => Err(Violation::ReasonNotUtf8),
    }
}
