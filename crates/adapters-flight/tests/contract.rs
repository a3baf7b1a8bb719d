//! The recorder keeps the contracts of an `EventSink` and of a `FlightLog`.

use std::{sync::Arc, time::Duration};

use adapters_flight::FlightRecorder;
use adapters_memory::SystemClock;
use allocation_counter::measure;
use application::ports::{Depth, DomainEvent, EventSink, FlightLog, Kind, Subject, What};
use domain::{
    AppId, ChannelKey, ChannelName, ClientId, CloseReason, ConnectionId, ErrorCode, Language,
    Timestamp, TraceId,
};
use testkit::{
    ManualClock,
    contracts::{event_sink, flight_log as suite},
};

fn recorder() -> (FlightRecorder, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    (FlightRecorder::new(Arc::clone(&clock) as _), clock)
}

#[test]
fn event_sink_1_every_event_is_taken() {
    let (recorder, _) = recorder();
    event_sink::every_event_is_taken(&recorder);
    let connection = Subject::Connection(ConnectionId::from_random(7));
    let facts = recorder.facts(connection, Depth::Everything, 100).facts;
    let of = |what: fn(&What) -> bool| facts.iter().filter(|fact| what(&fact.what)).count();
    assert_eq!(of(|what| matches!(what, What::Authenticated { .. })), 2);
    assert_eq!(of(|what| matches!(what, What::Denied { .. })), 2);
    assert_eq!(of(|what| matches!(what, What::Refused { .. })), 2);
    assert_eq!(of(|what| matches!(what, What::AuthRefused { .. })), 2);
    assert_eq!(of(|what| matches!(what, What::Subscription { .. })), 4);
    assert_eq!(of(|what| matches!(what, What::Ordered { .. })), 8);
    assert_eq!(of(|what| matches!(what, What::Command { .. })), 2);
    assert_eq!(of(|what| matches!(what, What::Failed { .. })), 2);
    assert_eq!(of(|what| matches!(what, What::Closed { .. })), 1, "who was never known is not");
}

#[test]
fn event_sink_2_foreign_text_begins_no_line() {
    let (recorder, _) = recorder();
    // It keeps no foreign text at all: so many lines are what the suite asks for.
    event_sink::foreign_text_begins_no_line(&recorder, || "a reply forged\n".repeat(3));
    let connection = Subject::Connection(ConnectionId::from_random(7));
    let facts = recorder.facts(connection, Depth::Everything, 100);
    assert!(!facts.facts.is_empty() && !format!("{facts:?}").contains("forged"));
}

#[test]
fn flight_log_1_the_latest_come_first() {
    let (recorder, clock) = recorder();
    suite::the_latest_come_first(&recorder, &recorder, || clock.advance(Duration::from_millis(1)));
}

#[test]
fn flight_log_2_facts_are_of_their_subject() {
    let (recorder, _) = recorder();
    suite::facts_are_of_their_subject(&recorder, &recorder);
}

#[test]
fn flight_log_3_nothing_is_missing_since() {
    let (recorder, clock) = recorder();
    suite::nothing_is_missing_since(&recorder, &recorder, || {
        clock.advance(Duration::from_millis(1));
    });
}

#[test]
fn flight_log_4_memory_is_fixed() {
    let (recorder, _) = recorder();
    suite::memory_is_fixed(&recorder, |run| measure(run).bytes_total);
}

#[test]
fn what_is_documented_is_what_it_takes() {
    assert_eq!(FlightRecorder::BYTES, 8 * 1024 * 1024);
    let clock = Arc::new(SystemClock::new());
    let taken = measure(|| drop(FlightRecorder::new(clock))).bytes_total;
    let beside = taken - u64::try_from(FlightRecorder::BYTES).unwrap();
    assert!(beside < 64 * 1024, "{beside} bytes beside the rings and their chains");
}

/// Written from many threads at once, every fact is whole.
#[test]
fn writers_do_not_disturb_each_other() {
    let (recorder, _) = recorder();
    let app = AppId::parse("shop").unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4_u128 {
            let (recorder, app) = (&recorder, &app);
            scope.spawn(move || {
                for number in 0..20_000_u128 {
                    let connection = ConnectionId::from_random(number << 2 | thread);
                    let client = &ClientId::parse(&format!("client-{thread}")).unwrap();
                    let (address, language) = ([127, 0, 0, 1].into(), Language::English);
                    recorder.record(&DomainEvent::Opened { connection, address, language });
                    recorder.record(&DomainEvent::Closed {
                        connection,
                        app: Some(app),
                        client: Some(client),
                        reason: CloseReason::TooSlow,
                        lived: Duration::from_secs(1),
                    });
                }
            });
        }
    });
    for thread in 0..4 {
        let client = ClientId::parse(&format!("client-{thread}")).unwrap();
        let facts = recorder.facts(Subject::Client(&app, &client), Depth::Decisions, 5_000).facts;
        assert!(facts.len() > 1_000, "{}", facts.len());
        let whole = |what: &What| matches!(what, What::Closed { client: known, reason: CloseReason::TooSlow } if *known == client);
        assert!(facts.iter().all(|fact| whole(&fact.what)));
    }
}

#[test]
fn a_channel_tells_of_what_came_too_fast() {
    let (recorder, _) = recorder();
    let app = AppId::parse("shop").unwrap();
    let key = ChannelKey { app: app.clone(), channel: ChannelName::parse("chat:lobby").unwrap() };
    let (trace, code) = (TraceId::parse("t-1").unwrap(), ErrorCode::RateLimited);
    let (channel, trace) = (Some(&key.channel), Some(&trace));
    let (what, connection) = ("publish", ConnectionId::from_random(7));
    recorder.record(&DomainEvent::BackendRefused { app: &app, what, channel, code, trace });
    let (app, kind) = (Some(&app), Kind::Send);
    recorder.record(&DomainEvent::Refused { connection, app, kind, channel, code, trace });
    let of = |subject| recorder.facts(subject, Depth::Everything, 100).facts.len();
    assert_eq!(of(Subject::Channel(&key)), 2);
    assert_eq!(of(Subject::Connection(connection)), 1);
    assert_eq!(of(Subject::Trace(&key.app, trace.unwrap())), 2, "each once");
    let other = ChannelName::parse("chat:other").unwrap();
    let elsewhere = ChannelKey { app: key.app.clone(), channel: other };
    assert_eq!(of(Subject::Channel(&elsewhere)), 0);
}
