//! When a receiver wants to be asked again.

use std::time::{Duration, UNIX_EPOCH};

use domain::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// `Retry-After`, as seconds or as a date. Nothing where there is none that can be read.
pub(crate) fn of(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits are a very long time.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    Some(since.saturating_sub(Duration::from_millis(now.as_millis())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nothing_else() {
        let now = Timestamp::from_secs(784_111_777);
        let of = |text: &str| {
            let headers = [(RETRY_AFTER, text.parse().unwrap())].into_iter().collect();
            super::of(&headers, now)
        };
        let seconds = Duration::from_secs;
        assert_eq!(of("120"), Some(seconds(120)));
        assert_eq!(of("99999999999999999999999"), Some(seconds(u64::MAX)));
        assert_eq!(of("Sun, 06 Nov 1994 08:50:37 GMT"), Some(seconds(60)));
        assert_eq!(of("Sun, 06 Nov 1994 08:48:37 GMT"), Some(seconds(0)), "past");
        for bad in ["", "soon", "-1", "1.5"] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(super::of(&HeaderMap::new(), now), None);
    }
}
