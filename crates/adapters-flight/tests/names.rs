//! Every word of a fact comes back as it was told.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::{sync::Arc, time::Duration};

use adapters_flight::FlightRecorder;
use application::ports::{
    Change, Depth, DomainEvent, Ender, EventSink, FlightLog, Kind, Maker, OrderKind, Start,
    Subject, What,
};
use domain::{
    Action, AppId, ChannelName, ClientId, CloseReason, ConnectionId, Denial, Epoch, ErrorCode,
    GrantPattern, GrantSource, Offset, Position, Timestamp, TraceId, grants::DenialRule,
};
use testkit::ManualClock;

/// What is remembered of this, the earliest first.
fn remembered(tell: impl Fn(&dyn EventSink, ConnectionId, &AppId)) -> Vec<What> {
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    let recorder = FlightRecorder::new(clock);
    let (connection, app) = (ConnectionId::from_random(u128::MAX), AppId::parse("shop").unwrap());
    tell(&recorder, connection, &app);
    let facts = recorder.facts(Subject::Connection(connection), Depth::Everything, 10_000).facts;
    assert!(facts.iter().all(|fact| fact.connection == Some(connection)));
    assert!(facts.iter().all(|fact| fact.app.as_ref() == Some(&app)));
    assert!(facts.iter().all(|fact| fact.trace.as_ref().unwrap().as_str() == "t-1"));
    facts.into_iter().rev().map(|fact| fact.what).collect()
}

fn trace() -> TraceId {
    TraceId::parse("t-1").unwrap()
}

fn channel() -> ChannelName {
    ChannelName::parse(&"x".repeat(200)).unwrap()
}

#[test]
fn refusals_and_orders_come_back() {
    let all = || Kind::ALL.into_iter().flat_map(|kind| ErrorCode::ALL.map(|code| (kind, code)));
    let whats = remembered(|sink, connection, app| {
        let (trace, channel) = (trace(), channel());
        let (trace, channel, app) = (Some(&trace), Some(&channel), Some(app));
        for (kind, code) in all() {
            sink.record(&DomainEvent::Refused { connection, app, kind, channel, code, trace });
        }
    });
    let expected = |(kind, code)| What::Refused { kind, channel: Some(channel()), code };
    assert_eq!(whats, all().map(expected).collect::<Vec<_>>());
    let whats = remembered(|sink, connection, app| {
        let (trace, channel) = (trace(), None);
        for order in OrderKind::ALL {
            let trace = Some(&trace);
            sink.record(&DomainEvent::Ordered { connection, app, order, channel, trace });
        }
    });
    let expected = |order| What::Ordered { order, channel: None };
    assert_eq!(whats, OrderKind::ALL.map(expected));
}

#[test]
fn denials_come_back() {
    let sources = [
        GrantSource::Token,
        GrantSource::AppDefault,
        GrantSource::Guest,
        GrantSource::Signature,
        GrantSource::Watch,
    ];
    let pattern = GrantPattern::parse("chat:*").unwrap();
    let rules = [
        DenialRule::NoPattern,
        DenialRule::ActionMissing { pattern },
        DenialRule::Reserved,
        DenialRule::MadeByToken,
        DenialRule::MadeByServer,
    ];
    let all: Vec<Denial> = Action::ALL
        .into_iter()
        .flat_map(|action| sources.map(|source| (action, source)))
        .flat_map(|(action, source)| rules.clone().map(|rule| Denial { action, source, rule }))
        .collect();
    let client = ClientId::parse(&"c".repeat(128)).unwrap();
    let whats = remembered(|sink, connection, app| {
        let (trace, channel, client) = (trace(), &channel(), &client);
        for denial in &all {
            let (suppressed, trace) = (None, Some(&trace));
            sink.record(&DomainEvent::Denied {
                connection,
                app,
                client,
                channel,
                denial,
                suppressed,
                trace,
            });
        }
    });
    let expected = |denial: Denial| {
        let client = client.clone();
        What::Denied { client, channel: channel(), denial }
    };
    assert_eq!(whats, all.into_iter().map(expected).collect::<Vec<_>>());
}

#[test]
fn changes_of_subscriptions_come_back() {
    let position = Position { epoch: Epoch::from_random(u64::MAX), offset: Offset(7) };
    let started = [None, Some(Offset(1))].map(|first| Change::Placed(Start { first, position }));
    let all: Vec<Change> = Maker::ALL
        .map(Change::Made)
        .into_iter()
        .chain(Ender::ALL.map(Change::Ended))
        .chain(started)
        .collect();
    let whats = remembered(|sink, connection, app| {
        let (trace, channel) = (trace(), &channel());
        for change in &all {
            let (change, trace) = (*change, Some(&trace));
            sink.record(&DomainEvent::Subscription { connection, app, channel, change, trace });
        }
    });
    let expected = |change| What::Subscription { channel: channel(), change };
    assert_eq!(whats, all.into_iter().map(expected).collect::<Vec<_>>());
}

#[test]
fn ends_come_back() {
    let reasons =
        || CloseReason::TOLD.into_iter().chain([CloseReason::ClientLeft, CloseReason::PeerLost]);
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    let recorder = FlightRecorder::new(clock);
    let (connection, app) = (ConnectionId::from_random(7), AppId::parse("shop").unwrap());
    let client = ClientId::parse("alice").unwrap();
    for reason in reasons() {
        let (app, client, lived) = (Some(&app), Some(&client), Duration::from_secs(1));
        recorder.record(&DomainEvent::Closed { connection, app, client, reason, lived });
    }
    let facts = recorder.facts(Subject::Client(&app, &client), Depth::Decisions, 100).facts;
    let whats: Vec<What> = facts.into_iter().rev().map(|fact| fact.what).collect();
    let expected = |reason| What::Closed { client: client.clone(), reason };
    assert_eq!(whats, reasons().map(expected).collect::<Vec<_>>());
}
