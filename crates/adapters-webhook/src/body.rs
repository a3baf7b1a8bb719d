//! What is told, in the server's own words.

use application::ports::{Content, Missed, Parcel, WhyMissed};
use json_writer::Object;

/// `{"app":...,"endpoint":...,"number":...,"epoch":...,"events":[...]}`
pub(crate) fn write(parcel: &Parcel<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = Object::begin(&mut out);
    object.text("app", parcel.app.as_str());
    object.text("endpoint", parcel.endpoint.as_str());
    object.number("number", parcel.number);
    object.shown("epoch", &parcel.epoch);
    let list = object.key("events");
    match parcel.content {
        Content::Events(events) => event_json::list(list, events, event_json::event),
        Content::Missed(missed) => event_json::list(list, [missed], |out, it| gap(out, &it)),
        Content::Test(at) => event_json::list(list, [at], |out, at| {
            let mut event = Object::begin(out);
            event.text("type", "webhook.test");
            event.number("ts", at.as_millis());
            event.end();
        }),
    }
    object.end();
    out
}

/// In the place of the last of them, so that places still only grow.
fn gap(out: &mut Vec<u8>, missed: &Missed) {
    let mut event = Object::begin(out);
    event.number("sequence", missed.last.0);
    event.text("type", "events.dropped");
    event.number("ts", missed.at.as_millis());
    event.text("reason", reason(missed.why));
    if missed.why == WhyMissed::Expired {
        event.number("first", missed.first.0);
        event.number("count", missed.last.next().0.saturating_sub(missed.first.0));
    }
    event.end();
}

pub(crate) const fn reason(why: WhyMissed) -> &'static str {
    match why {
        WhyMissed::Expired => "expired",
        WhyMissed::AnotherLog => "another_log",
    }
}

#[cfg(test)]
mod tests {
    use domain::{AppId, ChannelName, Epoch, Event, Fact, Sequence, Timestamp, WebhookName};

    use super::*;

    fn written(content: Content<'_>) -> String {
        let (app, endpoint) = (AppId::parse("shop").unwrap(), WebhookName::parse("crm").unwrap());
        let epoch = Epoch::from_random(10);
        let parcel = Parcel { app: &app, endpoint: &endpoint, number: 3, epoch, content };
        String::from_utf8(write(&parcel)).unwrap()
    }

    fn with(events: &str) -> String {
        let head = r#"{"app":"shop","endpoint":"crm","number":3,"epoch":"000000000000000a","#;
        format!(r#"{head}"events":[{events}]}}"#)
    }

    #[test]
    fn events_are_those_of_the_server_api() {
        let fact = Fact::ChannelOccupied(ChannelName::parse("chat:b").unwrap());
        let event = Event { sequence: Sequence(7), ts: Timestamp::from_millis(9), fact };
        let wanted = r#"{"sequence":7,"type":"channel.occupied","ts":9,"channel":"chat:b"}"#;
        assert_eq!(written(Content::Events(&[event])), with(wanted));
    }

    #[test]
    fn what_is_missing_stands_in_its_place() {
        let (first, last, at) = (Sequence(4), Sequence(9), Timestamp::from_millis(5));
        let missed = |why| written(Content::Missed(Missed { first, last, why, at }));
        let head = r#"{"sequence":9,"type":"events.dropped","ts":5"#;
        let expired = format!(r#"{head},"reason":"expired","first":4,"count":6}}"#);
        assert_eq!(missed(WhyMissed::Expired), with(&expired));
        let another = format!(r#"{head},"reason":"another_log"}}"#);
        assert_eq!(missed(WhyMissed::AnotherLog), with(&another));
    }
}
