//! Bodies: bounded in size and time, one JSON object.

use std::time::Duration;

use application::Refusal;
use axum::body::Body;
use domain::ErrorCode;
use futures_util::StreamExt;
use http::{HeaderMap, header};
use serde::Deserialize;

use super::call::invalid;

/// How long a body may take to come.
const TIME: Duration = Duration::from_secs(10);

/// Reads a body of no more than `limit` bytes. One that is a little larger is read to its end and
/// refused, so that its sender hears of it; a larger one is not read.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Vec<u8>, Refusal> {
    let too_large = || {
        Refusal::because(
            ErrorCode::PayloadTooLarge,
            format!("the body has more than {limit} bytes"),
        )
    };
    let most = limit.saturating_mul(2);
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if length.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut pieces = body.into_data_stream();
    let reading = async {
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next().await {
            let piece =
                piece.map_err(|_| invalid("the body breaks off, or its chunks are none"))?;
            if bytes.len() + piece.len() > most {
                return Err(too_large());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    };
    let read = tokio::time::timeout(TIME, reading).await;
    let bytes = read.map_err(|_| invalid("the body did not come in time"))??;
    if bytes.len() > limit { Err(too_large()) } else { Ok(bytes) }
}

/// A JSON object. Keys that nobody knows are passed over; a derived reader alone would also take a
/// list of the values in their order.
pub(super) fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Refusal> {
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(invalid("not a JSON object"));
    }
    serde_json::from_slice(json).map_err(|error| invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_over_its_limit_is_refused_read_or_unread() {
        let read = async |bytes: usize, announced: bool| {
            let mut headers = HeaderMap::new();
            if announced {
                headers.insert(header::CONTENT_LENGTH, bytes.into());
            }
            let read = super::read(&headers, Body::from(vec![b'x'; bytes]), 10).await;
            read.map(|bytes| bytes.len()).map_err(|refusal| refusal.code)
        };
        assert_eq!(read(10, true).await, Ok(10));
        for (bytes, announced) in [(11, true), (11, false), (100, true), (100, false)] {
            assert_eq!(read(bytes, announced).await, Err(ErrorCode::PayloadTooLarge));
        }
    }

    #[tokio::test]
    async fn a_broken_body_is_not_called_a_large_one() {
        let pieces = [Ok("{}"), Err(std::io::Error::other("invalid chunk size"))];
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        let refused = super::read(&HeaderMap::new(), body, 10).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidParams);
    }

    #[test]
    fn an_object_is_not_a_list() {
        #[derive(Deserialize, Debug)]
        struct Wanted {
            n: u32,
        }
        assert_eq!(object::<Wanted>(br#" {"n":1,"more":2}"#).unwrap().n, 1);
        for bad in [&b"[1]"[..], b"", b"{", br#"{"n":"1"}"#, br#"{"n":1,"n":2}"#] {
            assert_eq!(object::<Wanted>(bad).unwrap_err().code, ErrorCode::InvalidParams);
        }
    }
}
