//! How values become bytes: numbers big-endian, texts behind their length, a checksum in front.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A value is being written.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Begins a value; its first eight bytes are left for the checksum.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut value = Vec::with_capacity(bytes + CHECKSUM);
        value.resize(CHECKSUM, 0);
        Self(value)
    }

    pub(crate) fn u8(&mut self, number: u8) {
        self.0.push(number);
    }

    pub(crate) fn u32(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    pub(crate) fn u64(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    pub(crate) fn u128(&mut self, number: u128) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A text of any length that memory has.
    pub(crate) fn text(&mut self, text: &str) {
        self.u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
        self.bytes(text.as_bytes());
    }

    /// The finished value, for this key: a value that turns up under another key is damage too.
    pub(crate) fn sealed(mut self, key: &[u8]) -> Vec<u8> {
        let sum = checksum(key, &self.0[CHECKSUM..]);
        self.0[..CHECKSUM].copy_from_slice(&sum.to_be_bytes());
        self.0
    }
}

const CHECKSUM: usize = 8;

fn checksum(key: &[u8], body: &[u8]) -> u64 {
    xxh3_64_with_seed(body, xxh3_64(key))
}

/// A value is being read. Everything is nothing where the bytes end too early.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Checks the value that was found under this key.
    pub(crate) fn unsealed(key: &[u8], value: &'a [u8]) -> Option<Self> {
        let (sum, body) = value.split_first_chunk::<CHECKSUM>()?;
        (u64::from_be_bytes(*sum) == checksum(key, body)).then_some(Self(body))
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn u128(&mut self) -> Option<u128> {
        self.array().map(u128::from_be_bytes)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.u32()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_bit_or_another_key_is_seen() {
        let mut writer = Writer::with_capacity(16);
        writer.u64(7);
        writer.text("text");
        let value = writer.sealed(b"key");
        let mut reader = Reader::unsealed(b"key", &value).unwrap();
        assert_eq!((reader.u64(), reader.text(), reader.u8()), (Some(7), Some("text"), None));
        assert!(Reader::unsealed(b"kez", &value).is_none());
        for bit in 0..value.len() * 8 {
            let mut changed = value.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(Reader::unsealed(b"key", &changed).is_none(), "bit {bit}");
        }
    }
}
