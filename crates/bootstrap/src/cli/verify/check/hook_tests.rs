//! Clean records of webhooks and of a ledger pass; each planted fault is found by its own word.

use std::{collections::BTreeSet, time::Duration};

use domain::{Epoch, Offset, Position};
use tokio::time::Instant;

use super::check;
use crate::cli::verify::{
    finding::Finding,
    hooks::record::{
        Arrival, Charged, Comparison, Counted, HookFinding, HookRecords, LogEvent, Told, What,
    },
    record::{Kept, KeptMessages, MessageSeen, Promise, Records},
};

fn message(offset: u64) -> MessageSeen {
    let position = Position { epoch: Epoch::from_random(1), offset: Offset(offset) };
    MessageSeen { id: format!("m{offset}"), body: format!("b{offset}"), position: Some(position) }
}

fn event(sequence: u64, what: What) -> LogEvent {
    LogEvent { sequence, digest: sequence * 7, what }
}

fn said(sequence: u64, offset: u64) -> LogEvent {
    let MessageSeen { id, body, .. } = message(offset);
    event(sequence, What::Message { channel: "a".into(), id, body, offset })
}

fn arrival(number: u64, taken: usize, events: Vec<LogEvent>) -> Arrival {
    Arrival {
        connection: 0,
        id: format!("msg_{number}"),
        mistrusted: None,
        number,
        epoch: "e".into(),
        digest: number,
        events,
        taken: Some((taken, Instant::now())),
    }
}

fn log() -> Vec<LogEvent> {
    vec![
        event(1, What::Comes("connection c a".into())),
        said(2, 1),
        said(3, 2),
        event(4, What::Comes("channel a".into())),
        said(5, 3),
        event(6, What::Goes("channel a".into())),
    ]
}

/// Six events in three requests, of which the second came twice: it was taken the second time.
fn clean() -> Records {
    let log = log();
    let part = |from: usize, to: usize| log[from..to].to_vec();
    let mut arrivals = vec![
        arrival(1, 1, part(0, 2)),
        arrival(2, 3, part(2, 4)),
        arrival(2, 3, part(2, 4)),
        arrival(3, 4, part(4, 6)),
    ];
    arrivals[1].taken = None;
    let there = BTreeSet::from(["connection c a".to_owned()]);
    let last = Comparison {
        who: "the receiver",
        whose: "the clients".into(),
        cursor: 6,
        known: there.clone(),
        wanted: there,
    };
    let charged = Charged { messages: 3, webhook_deliveries: 3, ..Charged::default() };
    let now = Instant::now();
    let books = Counted {
        messages: 2,
        given: vec![now; 4],
        repeats: 1,
        wire_in: 10,
        wire_out: 10,
        clients: 2,
        connections: 2,
        lasted_ms: 100,
        charged: Charged {
            messages: 2,
            deliveries: 4,
            bytes_in: 9,
            bytes_out: 10,
            connection_ms: 200,
            peak_connections: 2,
            webhook_deliveries: 0,
        },
    };
    let told = Told { endpoint: "all".into(), arrivals, ..Told::default() };
    let hooks = HookRecords {
        log,
        told: vec![told],
        last: vec![last],
        charged,
        books,
        ..HookRecords::default()
    };
    let after = Position { epoch: Epoch::from_random(1), offset: Offset(0) };
    let messages = Ok(KeptMessages { after, messages: (1..=3).map(message).collect() });
    Records {
        promise: Promise::Durable,
        sends: Vec::new(),
        logs: Vec::new(),
        kept: vec![Kept { channel: "a".into(), messages }],
        rewinds: Vec::new(),
        attended: Vec::new(),
        hooks: Some(hooks),
    }
}

/// What is found where this is planted, by the first word.
fn planted(fault: impl FnOnce(&mut HookRecords)) -> Vec<String> {
    let mut records = clean();
    fault(records.hooks.as_mut().unwrap());
    let word = |finding: &Finding| {
        assert!(matches!(finding, Finding::Hook(_)), "{finding}");
        finding.to_string().split(':').next().unwrap().to_owned()
    };
    check(&records).iter().map(word).collect()
}

fn arrivals(hooks: &mut HookRecords) -> &mut Vec<Arrival> {
    &mut hooks.told[0].arrivals
}

#[test]
fn clean_records_pass() {
    assert_eq!(check(&clean()), []);
}

#[test]
fn a_signature_that_is_not_good_is_found() {
    assert_eq!(planted(|it| arrivals(it)[0].mistrusted = Some("forged")), ["unsigned"]);
    assert_eq!(planted(|it| it.told[0].unread = 2), ["astray"]);
    assert_eq!(planted(|it| it.told[0].strayed = 1), ["astray"]);
}

#[test]
fn requests_that_are_not_what_they_were_are_found() {
    assert_eq!(planted(|it| arrivals(it)[2].id = "msg_x".into()), ["request"]);
    assert_eq!(planted(|it| arrivals(it)[2].digest = 99), ["request"]);
    assert_eq!(planted(|it| arrivals(it)[3].epoch = "f".into()), ["request"]);
    assert_eq!(planted(|it| arrivals(it)[3].number = 4), ["request", "ledger"], "a hole");
}

#[test]
fn a_request_before_its_time_or_after_it_is_found() {
    // Nobody had taken the second one when the third came.
    assert_eq!(planted(|it| arrivals(it)[2].taken = Some((4, Instant::now()))), ["request"]);
    let again = |connection| {
        move |it: &mut HookRecords| {
            let again = Arrival { connection, taken: None, ..arrivals(it)[0].clone() };
            it.told[0].arrivals.iter_mut().for_each(|it| it.connection = 1);
            arrivals(it).insert(3, again);
        }
    };
    assert_eq!(planted(again(2)), ["request"], "the first one again, behind the second");
    assert!(planted(again(0)).is_empty(), "it had waited on a connection of before");
}

#[test]
fn events_that_an_endpoint_was_not_told_are_found() {
    assert_eq!(
        planted(|it| arrivals(it)[1..3].iter_mut().for_each(|it| drop(it.events.pop()))),
        ["untold"]
    );
    let mut found = planted(|it| arrivals(it)[3].events.clear());
    found.dedup();
    assert_eq!(found, ["untold"]);
    // It begins with what it was told first.
    assert!(planted(|it| drop(arrivals(it)[0].events.remove(0))).is_empty());
}

#[test]
fn events_that_are_told_wrongly_are_found() {
    assert_eq!(planted(|it| arrivals(it)[3].events[0].digest = 1), ["mistold", "untold"]);
    assert_eq!(planted(|it| arrivals(it)[3].events.insert(0, said(3, 2))), ["mistold"], "twice");
    assert_eq!(planted(|it| arrivals(it)[3].events.swap(0, 1)), ["mistold"], "order");
    assert_eq!(planted(|it| it.told[0].messages_only = true).len(), 3, "not wanted");
    let dropped = What::Dropped("expired".into());
    let gap = |it: &mut HookRecords| arrivals(it)[0].events[0].what = dropped;
    assert_eq!(planted(gap), ["mistold", "untold"]);
}

#[test]
fn a_log_that_is_not_the_histories_is_found() {
    assert_eq!(planted(|it| it.log[5].sequence = 9)[0], "log");
    let of = |it: &mut HookRecords, at: usize, event| {
        it.log[at] = event;
        it.told.clear();
        it.charged.webhook_deliveries = 0;
    };
    assert_eq!(planted(|it| of(it, 2, event(3, What::Other("x".into())))), ["unlogged"]);
    assert_eq!(planted(|it| of(it, 3, said(4, 2))), ["turn", "overtold"], "once more");
    assert_eq!(planted(|it| of(it, 3, said(4, 9)))[1], "overtold", "not kept");
    let dropped = event(4, What::Dropped("too many".into()));
    assert_eq!(planted(|it| of(it, 3, dropped)), ["log", "turn"]);
    let again = What::Comes("connection c a".into());
    assert_eq!(planted(|it| of(it, 3, event(4, again))), ["turn", "turn"]);
    assert_eq!(planted(|it| it.odd.push("x".into())), ["turn"]);
}

#[test]
fn a_receiver_that_knows_otherwise_is_found() {
    assert_eq!(planted(|it| it.last[0].known.extend(["member a b".into()])), ["live"]);
    assert_eq!(planted(|it| it.last[0].known.clear()), ["live"]);
    let snapshot = |it: &mut HookRecords| {
        let known = BTreeSet::from(["channel a".to_owned()]);
        it.snapshots.push(Comparison { known, ..it.last[0].clone() });
    };
    assert_eq!(planted(snapshot), ["live", "live"]);
}

#[test]
fn a_ledger_with_too_much_or_too_little_is_found() {
    let faults: [fn(&mut HookRecords); 12] = [
        |it| it.charged.messages = 2,
        |it| it.charged.messages = 4,
        |it| it.charged.webhook_deliveries = 4,
        |it| it.charged.webhook_deliveries = 2,
        |it| it.books.charged.messages = 3,
        |it| it.books.charged.deliveries = 3,
        |it| it.books.charged.deliveries = 6,
        |it| it.books.charged.bytes_in = 11,
        |it| it.books.charged.bytes_out = 11,
        |it| it.books.charged.connection_ms = 201,
        |it| it.books.charged.peak_connections = 3,
        |it| it.books.charged.peak_connections = 0,
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        assert_eq!(planted(fault), ["ledger"], "{number}");
    }
    // What came in the moment before a kill may be missing; what came long before may not.
    let killed = |after: Duration| {
        move |it: &mut HookRecords| {
            it.kills.push(it.books.given[0] + after);
            it.books.charged.deliveries = 0;
        }
    };
    assert!(planted(killed(Duration::from_secs(1))).is_empty());
    assert_eq!(planted(killed(Duration::from_secs(5))), ["ledger"]);
}

#[test]
fn a_finding_says_what_and_where() {
    let finding = HookFinding::Ledger { metric: "messages", is: 4, how: "more", bound: 3 };
    assert_eq!(finding.to_string(), "ledger: messages is 4, more than 3");
}
