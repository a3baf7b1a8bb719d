//! What a backend calls its request.

use domain::{TraceId, TraceParent};
use http::HeaderMap;

/// The trace id of a request's `traceparent`. More than one header, or one of another form, is as
/// if there were none.
pub(crate) fn trace_of(headers: &HeaderMap) -> Option<TraceId> {
    let mut values = headers.get_all("traceparent").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    TraceParent::parse(value.to_str().ok()?).map(TraceParent::into_trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_header_is_a_trace_and_two_are_none() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let mut headers = HeaderMap::new();
        assert_eq!(trace_of(&headers), None);
        headers.append("traceparent", parent.parse().unwrap());
        let trace = trace_of(&headers).unwrap();
        assert_eq!(trace.as_str(), "4bf92f3577b34da6a3ce929d0e0e4736");
        headers.append("traceparent", parent.parse().unwrap());
        assert_eq!(trace_of(&headers), None);
        headers.insert("traceparent", "00-\u{e9}".parse().unwrap());
        assert_eq!(trace_of(&headers), None);
    }
}
