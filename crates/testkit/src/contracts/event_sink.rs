//! What every `EventSink` guarantees.

use std::time::Duration;

use application::ports::{
    Change, DomainEvent, Ender, EventSink, Kind, Maker, OrderKind, Start, WebhookNews,
};
use domain::{
    AppId, ChannelKey, ChannelName, ClientId, CloseReason, ConnectionId, Denial, Epoch, ErrorCode,
    GrantSource, Language, Limit, MessageId, Movement, Offset, Position, PresenceChange,
    PresenceVersion, Receipt, Sequence, Timestamp, TraceId, WebhookName, grants::DenialRule,
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
        let (code, refreshed) = (ErrorCode::InvalidToken, trace.is_some());
        let suppressed = Some(3);
        let address = [127, 0, 0, 1].into();
        let opened = DomainEvent::Opened { connection, address, language: Language::English };
        sink.record(&opened);
        sink.record(&DomainEvent::Authenticated { connection, app, client, refreshed, trace });
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
        let (kind, place) = (Kind::Send, trace.map(|_| channel));
        sink.record(&DomainEvent::Refused {
            connection,
            app: asked,
            kind,
            channel: place,
            code,
            trace,
        });
        let what = "publish";
        sink.record(&DomainEvent::Failed { connection, app: asked, what, cause, trace });
        backend(sink, connection, app, place, trace);
        sink.record(&DomainEvent::Command {
            connection,
            app: asked,
            kind,
            bytes: 100,
            channel: place,
            trace,
        });
        let by = if refreshed { Change::Made(Maker::Token) } else { Change::Ended(Ender::Gap) };
        let position = Position { epoch: Epoch::from_random(7), offset: Offset(7) };
        let placed = Change::Placed(Start { first: None, position });
        for change in [by, placed] {
            sink.record(&DomainEvent::Subscription { connection, app, channel, change, trace });
        }
        stream(sink, connection, &ChannelKey { app: app.clone(), channel: channel.clone() });
        for reached in [false, true] {
            let (limit, address) = (Limit::Messages, Some(address));
            sink.record(&DomainEvent::Limited {
                app: asked,
                address,
                limit,
                reached,
                suppressed: 3,
            });
        }
        sink.record(&DomainEvent::UsageNotRecorded { cause });
        sink.record(&DomainEvent::AppChanged { app, how: "made" });
        sink.record(&DomainEvent::OverCapacity { closed: 1, bytes: 4096 });
        webhooks(sink, app, cause);
        sink.record(&DomainEvent::Closed {
            connection,
            app: asked,
            client: trace.map(|_| client),
            reason: CloseReason::ClientLeft,
            lived: Duration::from_secs(1),
        });
    }
}

/// What an app's backend does.
fn backend(
    sink: &dyn EventSink,
    connection: ConnectionId,
    app: &AppId,
    channel: Option<&ChannelName>,
    trace: Option<&TraceId>,
) {
    let (what, code, cause) = ("publish", ErrorCode::Unavailable, &"the disk is full");
    sink.record(&DomainEvent::BackendFailed { app, what, cause, trace });
    sink.record(&DomainEvent::BackendRefused { app, what, channel, code, trace });
    for order in OrderKind::ALL {
        sink.record(&DomainEvent::Ordered { connection, app, order, channel, trace });
    }
}

/// What happens in a channel.
fn stream(sink: &dyn EventSink, connection: ConnectionId, channel: &ChannelKey) {
    let position = Position { epoch: Epoch::from_random(7), offset: Offset(7) };
    for position in [None, Some(position)] {
        let (id, ts) = (MessageId::new("m-1"), Timestamp::from_secs(1));
        sink.record(&DomainEvent::Published {
            connection: position.map(|_| connection),
            channel,
            receipt: &Receipt { id, ts, position, repeated: false },
            hidden_from: position.map(|_| connection),
            subscribers: 3,
            bytes: 100,
            trace: None,
        });
    }
    sink.record(&DomainEvent::Gap { channel });
    sink.record(&DomainEvent::Presence(&PresenceChange {
        channel: channel.clone(),
        client: ClientId::parse("alice").expect("a client"),
        info: None,
        movement: Movement::Left,
        version: PresenceVersion(1),
        count: 0,
    }));
}

fn webhooks(sink: &dyn EventSink, app: &AppId, cause: &dyn std::fmt::Display) {
    let endpoint = &WebhookName::parse("crm").expect("a name");
    let (number, attempts, wait) = (3, 2, Duration::from_secs(1));
    let (first, last) = (Sequence(4), Sequence(9));
    for news in [
        WebhookNews::Sent { events: 2, took: wait },
        WebhookNews::Failed { number, attempts, wait, cause },
        WebhookNews::SwitchedOff,
        WebhookNews::GivenUp { number, attempts, gone: 1 },
        WebhookNews::Lost { number, bytes: 5 << 20 },
        WebhookNews::Missed { first, last },
        WebhookNews::Stalled { cause },
    ] {
        sink.record(&DomainEvent::Webhook { app, endpoint, news });
    }
}

/// Guarantee 2: text from outside begins no line. `written` gives what the adapter wrote.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn foreign_text_begins_no_line(sink: &dyn EventSink, written: impl FnOnce() -> String) {
    let connection = ConnectionId::from_random(7);
    let cause = &"a reply\nWARN forged\r\u{1b}[31m\u{85}";
    let (code, suppressed, address) = (ErrorCode::Unavailable, Some(0), [127, 0, 0, 1].into());
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
    let (what, trace) = ("attach", None);
    sink.record(&DomainEvent::Failed { connection, app: None, what, cause, trace });
    let app = &AppId::parse("shop").expect("an app's name");
    sink.record(&DomainEvent::BackendFailed { app, what: "publish", cause, trace });
    let text = written();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.lines().all(|line| line.contains("a reply") && line.contains("forged")), "{text}");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}
