//! What every `EventSink` guarantees.

use std::time::Duration;

use application::ports::{DomainEvent, EventSink};
use domain::{
    AppId, ChannelName, ClientId, CloseReason, ConnectionId, Denial, ErrorCode, GrantSource,
    Language, Limit, TraceId, grants::DenialRule,
};

/// Guarantee 1: it takes every kind of event, and comes back.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn every_event_is_taken(sink: &dyn EventSink) {
    let connection = ConnectionId::from_random(7);
    let app = &AppId::parse("shop").expect("an app's name");
    let client = &ClientId::parse("alice").expect("a client");
    let channel = &ChannelName::parse("chat:lobby").expect("a channel");
    let trace = &TraceId::parse("t-1").expect("a trace id");
    let denial = Denial {
        action: domain::Action::Send,
        source: GrantSource::Token,
        rule: DenialRule::NoPattern,
    };
    for trace in [None, Some(trace)] {
        let (code, suppressed, made) = (ErrorCode::InvalidToken, 3, trace.is_some());
        let address = [127, 0, 0, 1].into();
        let opened = DomainEvent::Opened { connection, address, language: Language::English };
        sink.record(&opened);
        sink.record(&DomainEvent::Authenticated {
            connection,
            app,
            client,
            refreshed: made,
            trace,
        });
        let (cause, asked) = (&"not three parts", trace.map(|_| app));
        sink.record(&DomainEvent::AuthRefused {
            connection,
            address,
            app: asked,
            code,
            cause,
            suppressed,
            trace,
        });
        sink.record(&DomainEvent::Denied {
            connection,
            app,
            client,
            channel,
            denial: &denial,
            suppressed,
            trace,
        });
        sink.record(&DomainEvent::Refused { connection, code, trace });
        sink.record(&DomainEvent::Failed { connection, what: "publish", cause, trace });
        sink.record(&DomainEvent::BackendFailed { app, what: "publish", cause });
        for reached in [false, true] {
            let (limit, address) = (Limit::Messages, Some(address));
            sink.record(&DomainEvent::Limited { app: asked, address, limit, reached, suppressed });
        }
        sink.record(&DomainEvent::UsageNotRecorded { cause });
        sink.record(&DomainEvent::AppChanged { app, how: "made" });
        sink.record(&DomainEvent::Subscription { connection, app, channel, made, trace });
        sink.record(&DomainEvent::OverCapacity { closed: 1, bytes: 4096 });
        sink.record(&DomainEvent::Closed {
            connection,
            app: asked,
            client: trace.map(|_| client),
            reason: CloseReason::ClientLeft,
            lived: Duration::from_secs(1),
        });
    }
}

/// Guarantee 2: text from outside begins no line. `written` gives what the adapter wrote.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn foreign_text_begins_no_line(sink: &dyn EventSink, written: impl FnOnce() -> String) {
    let connection = ConnectionId::from_random(7);
    let cause = &"a reply\nWARN forged\r\u{1b}[31m\u{85}";
    let (code, suppressed, address) = (ErrorCode::Unavailable, 0, [127, 0, 0, 1].into());
    let refused = DomainEvent::AuthRefused {
        connection,
        address,
        app: None,
        code,
        cause,
        suppressed,
        trace: None,
    };
    sink.record(&refused);
    sink.record(&DomainEvent::Failed { connection, what: "attach", cause, trace: None });
    let app = &AppId::parse("shop").expect("an app's name");
    sink.record(&DomainEvent::BackendFailed { app, what: "publish", cause });
    let text = written();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.lines().all(|line| line.contains("a reply") && line.contains("forged")), "{text}");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}
