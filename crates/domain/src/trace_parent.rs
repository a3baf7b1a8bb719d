//! What a request over HTTP is part of, as W3C Trace Context says it.

use crate::TraceId;

/// The value of a `traceparent` header: `00-<trace id>-<parent id>-<flags>`, such as
/// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
///
/// Only its trace id is used: 32 lower-case hex digits, which fit a [`TraceId`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceParent(TraceId);

impl TraceParent {
    /// Nothing where the text is not of the form; by the specification it is then as if there were
    /// none. A later version than `00` may have more behind a further `-`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(5, '-');
        let (version, trace) = (parts.next()?, parts.next()?);
        let (parent, flags, more) = (parts.next()?, parts.next()?, parts.next());
        let whole = is_hex(version, 2) && is_id(trace, 32) && is_id(parent, 16) && is_hex(flags, 2);
        let known = version != "ff" && (version != "00" || more.is_none());
        (whole && known).then(|| TraceId::parse(trace).map(Self))?
    }

    /// The trace's id.
    #[must_use]
    pub fn into_trace(self) -> TraceId {
        self.0
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Hex digits, of which not all are 0.
fn is_id(text: &str, digits: usize) -> bool {
    is_hex(text, digits) && text.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn its_trace_id_is_taken() {
        for (version, rest) in [("00", ""), ("01", ""), ("cc", "-what-comes-later"), ("fe", "-")] {
            let parsed = TraceParent::parse(&format!("{version}-{TRACE}-{PARENT}-01{rest}"));
            assert_eq!(parsed.unwrap().into_trace().as_str(), TRACE, "{version}");
        }
    }

    #[test]
    fn what_is_not_of_the_form_is_as_if_there_were_none() {
        let zeros = "0".repeat(32);
        for bad in [
            String::new(),
            TRACE.to_owned(),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}-{PARENT}-01-more"),
            format!("00-{TRACE}-{PARENT}-01-"),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("0-{TRACE}-{PARENT}-01"),
            format!("00-{zeros}-{PARENT}-01"),
            format!("00-{TRACE}-{}-01", &zeros[..16]),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{}-{PARENT}-01", &TRACE[1..]),
            format!("00-{TRACE}-{PARENT}-1"),
            format!("00-{TRACE}-{PARENT}-0g"),
            format!("01-{TRACE}-{PARENT}-01more"),
            format!(" 00-{TRACE}-{PARENT}-01"),
        ] {
            assert_eq!(TraceParent::parse(&bad), None, "{bad}");
        }
    }
}
