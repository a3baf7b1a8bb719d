//! The header of a client's frame.

use crate::MAX_CONTROL;
use crate::mask::Mask;
use crate::opcode::Opcode;
use crate::violation::Violation;

const FIN: u8 = 0x80;
const RSV: u8 = 0x70;
/// The message is compressed (RFC 7692, 6), where that was agreed.
pub(crate) const RSV1: u8 = 0x40;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;

/// Two bytes, eight of length, four of mask.
const LONGEST: usize = 14;

/// A header that keeps all rules that concern one frame alone.
pub(crate) struct FrameHeader {
    pub(crate) fin: bool,
    /// RSV1: only of the first frame of a message.
    pub(crate) compressed: bool,
    pub(crate) opcode: Opcode,
    pub(crate) length: u64,
    pub(crate) mask: Mask,
}

/// The bytes of a header that isn't whole yet.
#[derive(Default)]
pub(crate) struct PartialHeader {
    bytes: [u8; LONGEST],
    len: usize,
}

impl PartialHeader {
    /// Whether nothing of a header came yet.
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes the header's next bytes from the front of `input`: says how many, and the header
    /// where it is whole. `deflate` says whether messages may be compressed.
    pub(crate) fn take(
        &mut self,
        input: &[u8],
        deflate: bool,
    ) -> Result<(usize, Option<FrameHeader>), Violation> {
        let had = self.len;
        let copied = input.len().min(LONGEST - had);
        let have = had + copied;
        self.bytes[had..have].copy_from_slice(&input[..copied]);
        let Some((header, size)) = FrameHeader::parse(&self.bytes[..have], deflate)? else {
            self.len = have;
            return Ok((copied, None));
        };
        self.len = 0;
        Ok((size - had, Some(header)))
    }
}

impl FrameHeader {
    /// Parses the header at the front of `bytes`, with its size. Nothing where it isn't whole.
    ///
    /// Each rule is checked as soon as the bytes that it needs are there, in the order of the
    /// bytes. So the answer depends on what came, never on how it was cut.
    fn parse(bytes: &[u8], deflate: bool) -> Result<Option<(Self, usize)>, Violation> {
        let Some((&first, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        let fin = first & FIN != 0;
        let compressed = first & RSV1 != 0;
        let opcode = opcode(first, deflate)?;
        let Some((&second, rest)) = rest.split_first() else {
            return Ok(None);
        };
        if second & MASKED == 0 {
            return Err(Violation::Unmasked);
        }
        let short = second & !MASKED;
        if opcode.is_control() && usize::from(short) > MAX_CONTROL {
            return Err(Violation::LongControl);
        }
        let Some((length, rest)) = length(short, rest)? else {
            return Ok(None);
        };
        let Some((key, rest)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        let mask = Mask::new(*key);
        let header = Self { fin, compressed, opcode, length, mask };
        Ok(Some((header, bytes.len() - rest.len())))
    }
}

/// The opcode in the first byte, with the rules of that byte.
fn opcode(first: u8, deflate: bool) -> Result<Opcode, Violation> {
    let agreed = if deflate { RSV1 } else { 0 };
    if first & RSV & !agreed != 0 {
        return Err(Violation::ReservedBits);
    }
    let bits = first & OPCODE;
    let opcode = Opcode::parse(bits).ok_or(Violation::ReservedOpcode(bits))?;
    if first & RSV1 != 0 && !opcode.begins_message() {
        return Err(Violation::ReservedBits);
    }
    if opcode.is_control() && first & FIN == 0 {
        return Err(Violation::FragmentedControl);
    }
    Ok(opcode)
}

/// The payload's length, with the bytes behind it. Nothing where it isn't whole.
fn length(short: u8, rest: &[u8]) -> Result<Option<(u64, &[u8])>, Violation> {
    let (length, least, rest) = match short {
        126 => match rest.split_first_chunk() {
            Some((bytes, rest)) => (u64::from(u16::from_be_bytes(*bytes)), 126, rest),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk() {
            Some((bytes, rest)) => (u64::from_be_bytes(*bytes), 1 << 16, rest),
            None => return Ok(None),
        },
        length => (u64::from(length), 0, rest),
    };
    if length < least {
        return Err(Violation::LengthNotMinimal);
    }
    if length > i64::MAX as u64 {
        return Err(Violation::LengthOverflow);
    }
    Ok(Some((length, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opcode, length and size of the header.
    fn parse(bytes: &[u8]) -> Result<Option<(Opcode, u64, usize)>, Violation> {
        let parsed = FrameHeader::parse(bytes, false)?;
        Ok(parsed.map(|(header, size)| (header.opcode, header.length, size)))
    }

    #[test]
    fn lengths_have_three_forms() {
        assert_eq!(parse(b"\x81\xfdabcd"), Ok(Some((Opcode::Text, 125, 6))));
        assert_eq!(parse(b"\x82\xfe\x00\x7eabcd"), Ok(Some((Opcode::Binary, 126, 8))));
        let long = b"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00abcdrest";
        assert_eq!(parse(long), Ok(Some((Opcode::Binary, 65536, 14))));
    }

    #[test]
    fn a_header_waits_for_its_last_byte() {
        let long = b"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00abcd";
        for end in 0..long.len() {
            assert_eq!(parse(&long[..end]), Ok(None), "{end} bytes");
        }
        let mut partial = PartialHeader::default();
        assert!(matches!(partial.take(&long[..5], false), Ok((5, None))));
        assert!(matches!(partial.take(b"\x00\x00\x01\x00\x00abcdrest", false), Ok((9, Some(_)))));
    }

    #[test]
    fn only_the_first_frame_of_a_message_is_marked_as_compressed() {
        for first in 0..=u8::MAX {
            let bytes = [first, 0x80, 1, 2, 3, 4];
            let with = FrameHeader::parse(&bytes, true);
            if first & RSV1 == 0 {
                let (with, without) = (with.map(drop), FrameHeader::parse(&bytes, false).map(drop));
                assert_eq!(with, without, "{first:#x}: the rules are as ever");
            } else if first & RSV == RSV1 && [1, 2].contains(&(first & OPCODE)) {
                assert!(with.unwrap().unwrap().0.compressed, "{first:#x}");
            } else {
                assert!(with.is_err(), "{first:#x}");
            }
        }
    }

    #[test]
    fn each_rule_is_checked_at_its_byte() {
        let refused: [(&[u8], Violation); 12] = [
            (b"\xc1", Violation::ReservedBits),
            (b"\xa1", Violation::ReservedBits),
            (b"\x91", Violation::ReservedBits),
            (b"\x83", Violation::ReservedOpcode(3)),
            (b"\x8f", Violation::ReservedOpcode(15)),
            (b"\x09", Violation::FragmentedControl),
            (b"\x81\x05", Violation::Unmasked),
            (b"\x88\xfe", Violation::LongControl),
            (b"\x89\xff", Violation::LongControl),
            (b"\x81\xfe\x00\x7d", Violation::LengthNotMinimal),
            (b"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff", Violation::LengthNotMinimal),
            (b"\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00", Violation::LengthOverflow),
        ];
        for (bytes, violation) in refused {
            assert_eq!(parse(bytes), Err(violation), "{bytes:x?}");
            assert_eq!(parse(&bytes[..bytes.len() - 1]), Ok(None), "{bytes:x?}");
        }
    }
}
