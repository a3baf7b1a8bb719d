//! Hours and months of the calendar, all of them UTC: what usage is counted by.

use std::{fmt, ops::Range};

use crate::Timestamp;

/// An hour, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(u32);

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: u32,
    /// From 1.
    month: u32,
}

/// A text that is no hour or month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoDate(&'static str);

const HOUR_MS: u64 = 3_600_000;
/// Years that a text may name: all of them have four digits and come after 1970.
const YEARS: Range<u32> = 1970..10_000;

impl Hour {
    /// The hour in which this time is. Times beyond half a million years are in the last one.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        Self(u32::try_from(time.as_millis() / HOUR_MS).unwrap_or(u32::MAX))
    }

    /// From its number since 1970.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number since 1970.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Its first millisecond.
    #[must_use]
    pub fn begins(self) -> Timestamp {
        Timestamp::from_millis(u64::from(self.0) * HOUR_MS)
    }

    /// The first millisecond behind it.
    #[must_use]
    pub fn ends(self) -> Timestamp {
        Timestamp::from_millis((u64::from(self.0) + 1) * HOUR_MS)
    }

    /// The hour so many later.
    #[must_use]
    pub const fn later(self, hours: u32) -> Self {
        Self(self.0.saturating_add(hours))
    }

    /// The first hour of its day.
    #[must_use]
    pub const fn of_day(self) -> Self {
        Self(self.0 - self.0 % 24)
    }

    /// The month that it is in.
    #[must_use]
    pub const fn month(self) -> Month {
        let (year, month, _) = date(self.0 / 24);
        Month { year, month }
    }

    /// `2026-11-23` (its first hour) or `2026-11-23T10:00:00Z`, a whole hour.
    ///
    /// # Errors
    /// Anything else, or no such day.
    pub fn parse(text: &str) -> Result<Self, NoDate> {
        const NO_HOUR: NoDate =
            NoDate("is not a day like 2026-11-23, or an hour of it like 2026-11-23T10:00:00Z");
        let parse = || {
            let (day, hour) = match text.split_once('T') {
                None => (text, 0),
                Some((day, time)) => (day, digits(time.strip_suffix(":00:00Z")?, 2)?),
            };
            let (month, day) = day.split_at_checked(7)?;
            let (month, day) = (Month::parse(month).ok()?, digits(day.strip_prefix('-')?, 2)?);
            let first = month.begins();
            let begins = first.later(day.checked_sub(1)? * 24);
            (hour < 24 && begins.month() == month).then(|| begins.later(hour))
        };
        parse().ok_or(NO_HOUR)
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.0 / 24);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:00:00Z", self.0 % 24)
    }
}

impl Month {
    /// Its first hour.
    #[must_use]
    pub const fn begins(self) -> Hour {
        Hour(days(self.year, self.month, 1) * 24)
    }

    /// The one behind it.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.month == 12 {
            Self { year: self.year + 1, month: 1 }
        } else {
            Self { year: self.year, month: self.month + 1 }
        }
    }

    /// Its hours.
    #[must_use]
    pub const fn hours(self) -> Range<Hour> {
        self.begins()..self.next().begins()
    }

    /// `2026-11`.
    ///
    /// # Errors
    /// Anything else, or no such month.
    pub fn parse(text: &str) -> Result<Self, NoDate> {
        let parse = || {
            let (year, month) = text.split_once('-')?;
            let (year, month) = (digits(year, 4)?, digits(month, 2)?);
            (YEARS.contains(&year) && (1..=12).contains(&month)).then_some(Self { year, month })
        };
        parse().ok_or(NoDate("is not a month like 2026-11"))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Days of the years that end with a multiple of 400.
const ERA: u32 = 146_097;
/// From 1 March of the year 0 to 1970.
const BEFORE: u32 = 719_468;

/// Year, month and day of a day since 1970. The year begins in March here, so that its leap day is
/// its last (Howard Hinnant, "chrono-compatible low-level date algorithms").
const fn date(day: u32) -> (u32, u32, u32) {
    let day = day + BEFORE;
    let (era, day) = (day / ERA, day % ERA);
    let year = (day - day / 1460 + day / 36_524 - day / (ERA - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 { (month + 3, year) } else { (month - 9, year + 1) };
    (year + era * 400, month, day)
}

/// The day since 1970 of a date of that year or later.
const fn days(year: u32, month: u32, day: u32) -> u32 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year / 400, year % 400);
    let day = (153 * month + 2) / 5 + day - 1;
    era * ERA + year * 365 + year / 4 - year / 100 + day - BEFORE
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hours_and_months_are_those_of_the_calendar() {
        let hour = |text: &str| Hour::parse(text).unwrap();
        assert_eq!(hour("1970-01-01").number(), 0);
        assert_eq!(hour("2000-03-01").begins().as_secs(), 951_868_800);
        assert_eq!(hour("2027-01-15T08:00:00Z"), Hour::of(Timestamp::from_secs(1_800_000_000)));
        assert_eq!(hour("2024-02-29T23:00:00Z").later(1).to_string(), "2024-03-01T00:00:00Z");
        let last = hour("2026-12-31T23:00:00Z");
        assert_eq!(
            (last.month().to_string(), last.later(1).month().to_string()),
            ("2026-12".into(), "2027-01".into())
        );
        assert_eq!(last.of_day().to_string(), "2026-12-31T00:00:00Z");
        let february = Month::parse("2028-02").unwrap().hours();
        assert_eq!(february.end.number() - february.start.number(), 29 * 24);
    }

    #[test]
    fn what_is_no_day_or_month_is_refused() {
        for text in [
            "",
            "2026",
            "2026-11",
            "2026-13-01",
            "2026-02-29",
            "2026-11-00",
            "2026-11-31",
            "2026-11-23T10:30:00Z",
            "2026-11-23T24:00:00Z",
            "2026-11-23T10:00:00",
            "2026-11-23 10:00",
            "1969-12-31",
            "+026-11-23",
            "2026-11-23T1:00:00Z",
            "二〇二六",
        ] {
            assert!(Hour::parse(text).is_err(), "{text}");
        }
        for text in ["", "2026", "2026-0", "2026-00", "2026-13", "26-11", "2026-11-01", "2026-1é"]
        {
            assert!(Month::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_hour_comes_back_and_is_in_its_month(number in 0u32..70_000_000) {
            let hour = Hour::from_number(number);
            prop_assert_eq!(Hour::parse(&hour.to_string()), Ok(hour));
            prop_assert!(hour.month().hours().contains(&hour));
            prop_assert_eq!(Month::parse(&hour.month().to_string()), Ok(hour.month()));
        }
    }
}
