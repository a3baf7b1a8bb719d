//! Lengths of time: `"30s"`, `"10m"`, `"24h"`.

use std::{fmt, time::Duration};

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A length of time, whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub struct Span(Duration);

const UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const MISTAKE: &str = "must be a whole number with ms, s, m, h or d, such as \"30s\"";

impl Span {
    /// So many seconds.
    pub(crate) const fn secs(count: u64) -> Self {
        Self(Duration::from_secs(count))
    }

    /// So many minutes.
    pub(crate) const fn minutes(count: u64) -> Self {
        Self::secs(count * 60)
    }

    /// So many hours.
    pub(crate) const fn hours(count: u64) -> Self {
        Self::minutes(count * 60)
    }

    /// So many days.
    pub(crate) const fn days(count: u64) -> Self {
        Self::hours(count * 24)
    }

    /// Nothing where the text is no length of time.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_digit())?;
        let (digits, name) = text.split_at(end);
        let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == name.trim_start())?;
        let millis = digits.parse::<u64>().ok()?.checked_mul(*unit)?;
        Some(Self(Duration::from_millis(millis)))
    }

    /// As the standard library has it.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let fits = |(_, unit): &&(&str, u64)| millis >= *unit && millis.is_multiple_of(*unit);
        match UNITS.iter().rev().find(fits) {
            Some((name, unit)) => write!(f, "{}{name}", millis / unit),
            None => f.write_str("0s"),
        }
    }
}

/// For the command line.
impl std::str::FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or(MISTAKE)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor)
    }
}

struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time such as \"30s\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
        Span::parse(text).ok_or_else(|| E::custom(MISTAKE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_shown() {
        for (text, millis, shown) in [
            ("30s", 30_000, "30s"),
            ("90s", 90_000, "90s"),
            ("60 s", 60_000, "1m"),
            ("24h", 86_400_000, "1d"),
            ("250ms", 250, "250ms"),
            ("0s", 0, "0s"),
        ] {
            let span = Span::parse(text).unwrap();
            assert_eq!(span.get(), Duration::from_millis(millis), "{text}");
            assert_eq!(span.to_string(), shown, "{text}");
        }
        for text in ["", "30", "s", "1.5s", "-1s", "10 min", "1h30m", "99999999999999999999d"] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
    }
}
