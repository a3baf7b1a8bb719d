//! Times in claims.

use std::time::Duration;

use application::ports::TokenError;
use domain::Timestamp;
use serde::Deserialize;

use crate::object::JsonObject;

/// How far two clocks may be apart, in both directions.
pub(crate) const LEEWAY: Duration = Duration::from_secs(30);

/// The end of the year 9999. A later date counts milliseconds, which is a mistake to be told.
const LAST_SECOND: u64 = 253_402_300_799;

/// A `NumericDate` (RFC 7519): seconds since 1970, also with a fraction, also before 1970.
#[derive(Deserialize)]
#[serde(untagged)]
enum NumericDate {
    Whole(u64),
    Fraction(f64),
}

impl NumericDate {
    fn timestamp(&self) -> Option<Timestamp> {
        let millis = match *self {
            Self::Whole(secs) => secs.saturating_mul(1000),
            // What is before 1970 counts as 1970: a time long past in any case. The conversion
            // saturates.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Self::Fraction(secs) => (secs * 1000.0) as u64,
        };
        (millis / 1000 <= LAST_SECOND).then(|| Timestamp::from_millis(millis))
    }
}

/// The times of a token.
pub(crate) struct Dates {
    /// `exp`.
    pub(crate) expires_at: Timestamp,
    /// `iat`.
    pub(crate) issued_at: Option<Timestamp>,
}

impl Dates {
    /// Reads and judges the times of a token at `now`. `exp` is judged first, so that an expired
    /// token is called that whatever else is wrong with it.
    pub(crate) fn judge(claims: &JsonObject<'_>, now: Timestamp) -> Result<Self, TokenError> {
        let expires_at = date(claims, "exp", "`exp` is not a date in seconds")?
            .ok_or(TokenError::Invalid { why: "no `exp`" })?;
        if now >= expires_at.after(LEEWAY) {
            return Err(TokenError::Expired);
        }
        let latest = now.after(LEEWAY);
        if date(claims, "nbf", "`nbf` is not a date in seconds")?.is_some_and(|nbf| nbf > latest) {
            return Err(TokenError::Invalid { why: "not valid yet (`nbf`)" });
        }
        let issued_at = date(claims, "iat", "`iat` is not a date in seconds")?;
        if issued_at.is_some_and(|iat| iat > latest) {
            return Err(TokenError::Invalid { why: "issued in the future (`iat`)" });
        }
        Ok(Self { expires_at, issued_at })
    }
}

/// Whether a token may say this time.
pub(crate) fn is_sane(time: Timestamp) -> bool {
    time.as_secs() <= LAST_SECOND
}

fn date(
    claims: &JsonObject<'_>,
    name: &str,
    why: &'static str,
) -> Result<Option<Timestamp>, TokenError> {
    let Some(date) = claims.get::<NumericDate>(name, why)? else { return Ok(None) };
    date.timestamp().map(Some).ok_or(TokenError::Invalid { why })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exp(text: &str) -> Option<u64> {
        let json = format!(r#"{{"exp":{text}}}"#);
        let claims = JsonObject::parse(json.as_bytes()).ok()?;
        date(&claims, "exp", "").ok()?.map(Timestamp::as_millis)
    }

    #[test]
    fn whole_and_broken_seconds() {
        assert_eq!(exp("1700000000"), Some(1_700_000_000_000));
        assert_eq!(exp("1700000000.25"), Some(1_700_000_000_250));
        assert_eq!(exp("1.7e9"), Some(1_700_000_000_000));
        assert_eq!(exp("-5"), Some(0));
        assert_eq!(exp("253402300799"), Some(253_402_300_799_000));
    }

    #[test]
    fn what_is_no_date_in_seconds_is_refused() {
        for text in ["1700000000000", "1e300", "99999999999999999999", "\"1700000000\"", "null"] {
            assert_eq!(exp(text), None, "{text}");
        }
        assert_eq!(exp("1e999"), None);
    }
}
