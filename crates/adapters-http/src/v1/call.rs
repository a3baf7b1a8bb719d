//! What an endpoint is given, and how it reads address, query and head.

use std::{collections::HashMap, sync::Arc};

use application::{Backend, Refusal, UsageReports, Webhooks};
use axum::body::Body;
use domain::{ApiKeyHash, App, ChannelName, ClientId, ErrorCode, Language, TraceId};
use http::HeaderMap;

/// One request that may be carried out.
pub(super) struct Call {
    pub(super) backend: Arc<Backend>,
    pub(super) usage: Arc<UsageReports>,
    pub(super) webhooks: Option<Arc<Webhooks>>,
    pub(super) app: Arc<App>,
    /// What was shown: a key, a session or a token of the app.
    pub(super) shown: ApiKeyHash,
    pub(super) language: Language,
    /// Of the address, decoded.
    pub(super) path: HashMap<String, String>,
    pub(super) query: Query,
    pub(super) headers: HeaderMap,
    /// What the backend calls it.
    pub(super) trace: Option<TraceId>,
    pub(super) body: Body,
}

impl Call {
    /// The channel that the address names.
    pub(super) fn channel(&self) -> Result<ChannelName, Refusal> {
        channel(self.segment("channel"))
    }

    /// The client that the address names.
    pub(super) fn client(&self) -> Result<ClientId, Refusal> {
        let client = ClientId::parse(self.segment("client"));
        client.map_err(|error| invalid(format!("client {error}")))
    }

    fn segment(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }
}

/// The name of a channel.
pub(super) fn channel(text: &str) -> Result<ChannelName, Refusal> {
    let channel = ChannelName::parse(text);
    channel.map_err(|error| Refusal::because(ErrorCode::InvalidChannel, format!("it {error}")))
}

/// Something of the request is not what it must be.
pub(super) fn invalid(detail: impl Into<String>) -> Refusal {
    Refusal::because(ErrorCode::InvalidParams, detail)
}

/// The query of an address: each key once. Keys that nobody knows are passed over.
pub(super) struct Query(HashMap<String, String>);

impl Query {
    /// Of decoded pairs.
    pub(super) fn of(pairs: Vec<(String, String)>) -> Result<Self, Refusal> {
        let mut query = HashMap::new();
        for (key, value) in pairs {
            if query.insert(key, value).is_some() {
                return Err(invalid("the query has a key twice"));
            }
        }
        Ok(Self(query))
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number(&self, key: &str, least: u64, most: u64) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.text(key) else { return Ok(None) };
        // A sign would be taken by the parser.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && (least..=most).contains(number));
        match number {
            Some(number) => Ok(Some(number)),
            None => Err(invalid(format!("{key} is not a number from {least} to {most}"))),
        }
    }

    /// `true` or `false`, which is also what an absent one means.
    pub(super) fn flag(&self, key: &str) -> Result<bool, Refusal> {
        match self.text(key) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(invalid(format!("{key} is not true or false"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Result<Query, Refusal> {
        Query::of(pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect())
    }

    #[test]
    fn a_number_is_digits_within_its_bounds() {
        let number = |text: &str| query(&[("limit", text)]).unwrap().number("limit", 1, 10);
        assert_eq!(number("10"), Ok(Some(10)));
        for bad in ["0", "11", "+1", "-1", "", "1.0", "99999999999999999999999"] {
            let refused = number(bad).unwrap_err();
            assert_eq!(refused.detail.as_deref(), Some("limit is not a number from 1 to 10"));
        }
        assert_eq!(query(&[]).unwrap().number("limit", 1, 10), Ok(None));
    }

    #[test]
    fn a_key_comes_once_and_a_flag_is_a_word() {
        assert!(query(&[("a", "1"), ("a", "2")]).is_err());
        let flag = |text: &str| query(&[("come_back", text)]).unwrap().flag("come_back");
        assert_eq!((flag("true"), flag("false")), (Ok(true), Ok(false)));
        assert!(flag("1").is_err());
    }
}
