//! Numbers of bytes: `65536`, `"64KiB"`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) struct Size(u64);

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;
const UNITS: [(&str, u64); 4] = [("GiB", GIB), ("MiB", MIB), ("KiB", KIB), ("B", 1)];
const MISTAKE: &str = "must be a number of bytes, or one with KiB, MiB or GiB in quotes, such as \
                       \"64KiB\"";

impl Size {
    /// So many bytes.
    pub(crate) const fn bytes(count: u64) -> Self {
        Self(count)
    }

    /// So many times 1,024 bytes.
    pub(crate) const fn kib(count: u64) -> Self {
        Self(count * KIB)
    }

    /// So many times 1,048,576 bytes.
    pub(crate) const fn mib(count: u64) -> Self {
        Self(count * MIB)
    }

    /// So many times 1,073,741,824 bytes.
    pub(crate) const fn gib(count: u64) -> Self {
        Self(count * GIB)
    }

    /// Nothing where the text is no size.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (digits, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?.trim_end(), *unit)))
            .unwrap_or((text, 1));
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        digits.parse::<u64>().ok()?.checked_mul(unit).map(Self)
    }

    /// In bytes.
    pub(crate) const fn get(self) -> u64 {
        self.0
    }

    /// In bytes of memory; the bounds of every such setting are far below any machine's.
    pub(crate) fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, unit): &&(&str, u64)| self.0 >= *unit && self.0.is_multiple_of(*unit);
        match UNITS.iter().find(fits) {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}B", self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as \"64KiB\"")
    }

    fn visit_i64<E: Error>(self, count: i64) -> Result<Size, E> {
        u64::try_from(count).map(Size).map_err(|_| E::custom(MISTAKE))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        Size::parse(text).ok_or_else(|| E::custom(MISTAKE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes, shown) in [
            ("64KiB", 65_536, "64KiB"),
            ("65536", 65_536, "64KiB"),
            ("1 MiB", 1_048_576, "1MiB"),
            ("1000B", 1000, "1000B"),
            ("2GiB", 2_147_483_648, "2GiB"),
            ("0", 0, "0B"),
        ] {
            let size = Size::parse(text).unwrap();
            assert_eq!((size.get(), size.to_string().as_str()), (bytes, shown), "{text}");
        }
        for text in ["", "KiB", "64KB", "64k", "-1", "+1", "1.5MiB", "99999999999GiB"] {
            assert_eq!(Size::parse(text), None, "{text}");
        }
    }
}
