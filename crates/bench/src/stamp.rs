//! What a message carries: when it was due, whose it is, which one it is.

/// Bytes of a stamp: three numbers of fixed width.
const FIXED: usize = AT + PUBLISHER + SEQUENCE;
const AT: usize = 16;
const PUBLISHER: usize = 4;
const SEQUENCE: usize = 10;

/// The shortest `data` that holds a stamp: a text of nothing else.
pub const SHORTEST: usize = FIXED + 2;

/// How an object begins that has a stamp.
const IN_OBJECT: &[u8] = b"{\"stamp\":\"";

/// The front of a message's `data`, which is a JSON text of digits and filler, or an object whose
/// first field is a text of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// When the message was due, in nanoseconds of the generator's clock.
    pub at: u64,
    /// Which publisher sent it.
    pub publisher: usize,
    /// The publisher's number for it, from 0.
    pub sequence: u64,
}

impl Stamp {
    /// Makes `out` a JSON text of exactly `size` bytes, quotes included.
    pub fn write(self, out: &mut Vec<u8>, size: usize) {
        out.clear();
        out.push(b'"');
        self.digits(out);
        out.resize(size.max(SHORTEST) - 1, b'x');
        out.push(b'"');
    }

    /// Makes `out` the front of a JSON object, up to the end of its first field.
    pub fn begin_object(self, out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(IN_OBJECT);
        self.digits(out);
        out.push(b'"');
    }

    fn digits(self, out: &mut Vec<u8>) {
        digits::<AT>(out, self.at);
        digits::<PUBLISHER>(out, self.publisher as u64);
        digits::<SEQUENCE>(out, self.sequence);
    }

    /// The stamp at the front of `data`. Nothing where somebody else wrote it.
    #[must_use]
    pub fn read(data: &[u8]) -> Option<Self> {
        let digits = data.strip_prefix(b"\"").or_else(|| data.strip_prefix(IN_OBJECT))?;
        let digits = digits.get(..FIXED)?;
        let (at, rest) = digits.split_at(AT);
        let (publisher, sequence) = rest.split_at(PUBLISHER);
        let publisher = usize::try_from(number(publisher)?).ok()?;
        Some(Self { at: number(at)?, publisher, sequence: number(sequence)? })
    }
}

fn digits<const WIDTH: usize>(out: &mut Vec<u8>, mut number: u64) {
    let mut text = [b'0'; WIDTH];
    for digit in text.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    out.extend_from_slice(&text);
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        Some(number * 10 + u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_comes_back_from_data_of_any_size() {
        let stamp = Stamp { at: 1_234_567_890_123_456, publisher: 42, sequence: 9_876_543_210 };
        for size in [SHORTEST, 128, 16 * 1024] {
            let mut data = Vec::new();
            stamp.write(&mut data, size);
            assert_eq!(data.len(), size);
            assert_eq!(Stamp::read(&data), Some(stamp));
            assert!(serde_json::from_slice::<String>(&data).is_ok());
        }
    }

    #[test]
    fn other_data_has_no_stamp() {
        for data in [&b""[..], b"\"short\"", b"{\"at\":12345678901234567890123456789012345}"] {
            assert_eq!(Stamp::read(data), None);
        }
    }
}
