//! What is answered of channels.

use domain::{ChannelName, ClientId};
use json_writer::{Object, string};

/// What was asked of a channel, and is so at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// How many users are there, where that was asked.
    pub users: Option<usize>,
    /// How many connections subscribe, where that was asked.
    pub subscriptions: Option<usize>,
}

impl Facts {
    fn write(self, object: &mut Object<'_>) {
        let mut count = |key, count: Option<usize>| {
            if let Some(count) = count {
                object.number(key, u64::try_from(count).unwrap_or(u64::MAX));
            }
        };
        count("user_count", self.users);
        count("subscription_count", self.subscriptions);
    }
}

fn object(fill: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    let mut object = Object::begin(&mut out);
    fill(&mut object);
    object.end();
    out
}

/// `{"channels":{"a":{...}}}`
#[must_use]
pub fn write_by_channel<'a>(
    channels: impl IntoIterator<Item = (&'a ChannelName, Facts)>,
) -> Vec<u8> {
    object(|answer| {
        answer.object("channels", |all| {
            for (channel, facts) in channels {
                // No name of a channel needs an escape.
                all.object(channel.as_str(), |one| facts.write(one));
            }
        });
    })
}

/// `{"occupied":true,...}`
#[must_use]
pub fn write_channel(occupied: bool, facts: Facts) -> Vec<u8> {
    object(|answer| {
        answer.flag("occupied", occupied);
        facts.write(answer);
    })
}

/// `{"batch":[{...}]}`, in the order of the events.
#[must_use]
pub fn write_batch(events: &[Facts]) -> Vec<u8> {
    object(|answer| {
        let out = answer.key("batch");
        list(out, events.iter(), |out, facts| {
            let mut one = Object::begin(out);
            facts.write(&mut one);
            one.end();
        });
    })
}

/// `{"users":[{"id":"1"}]}`
#[must_use]
pub fn write_users<'a>(users: impl Iterator<Item = &'a ClientId>) -> Vec<u8> {
    object(|answer| {
        let out = answer.key("users");
        list(out, users, |out, user| {
            let key = br#"{"id":"#;
            out.extend_from_slice(key);
            string(out, user.as_str());
            out.push(b'}');
        });
    })
}

fn list<T>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: Vec<u8>) -> String {
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn answers_are_as_published() {
        let presence = ChannelName::parse("presence-a").unwrap();
        let public = ChannelName::parse("a").unwrap();
        let users = Facts { users: Some(42), ..Facts::default() };
        let both = Facts { subscriptions: Some(51), ..users };
        assert_eq!(
            text(write_by_channel([(&presence, users), (&public, Facts::default())])),
            r#"{"channels":{"presence-a":{"user_count":42},"a":{}}}"#
        );
        assert_eq!(text(write_by_channel([])), r#"{"channels":{}}"#);
        assert_eq!(
            text(write_channel(true, both)),
            r#"{"occupied":true,"user_count":42,"subscription_count":51}"#
        );
        assert_eq!(
            text(write_batch(&[users, Facts::default()])),
            r#"{"batch":[{"user_count":42},{}]}"#
        );
        let one = ClientId::parse("1").unwrap();
        let two = ClientId::parse("2").unwrap();
        assert_eq!(
            text(write_users([&one, &two].into_iter())),
            r#"{"users":[{"id":"1"},{"id":"2"}]}"#
        );
    }
}
