//! Sends: keys, retries, deadlines, bounds.

use std::time::Duration;

use client::{
    Action, AskError, Command, Draft, Input, Limits, Options, Outgoing, Question, SendError,
    StopReason, Ticket,
};
use serde_json::{Value, json};

use crate::play::{Play, options};

fn stamp(id: &str) -> Value {
    json!({"channel": "a", "id": id, "ts": 1})
}

#[test]
fn every_send_has_a_key_of_its_own() {
    let mut play = Play::online();
    let first = play.send(1).asked("messageSend");
    let second = play.send(2).asked("messageSend");
    assert_eq!(first["payload"]["data"], 1);
    assert_ne!(first["payload"]["key"], second["payload"]["key"]);
    play.succeed(&second, stamp("m2"));
    let (ticket, receipt) = play.settled().remove(0);
    assert_eq!((ticket, receipt.unwrap().id.as_str()), (2, "m2"));
}

#[test]
fn a_reconnect_sends_again_with_the_same_keys_in_the_same_order() {
    let mut play = Play::new();
    play.send(1);
    assert!(play.transmitted().is_empty(), "it waits for a connection");
    play.enter();
    let first = play.asked("messageSend");
    let second = play.send(2).asked("messageSend");
    play.reconnect();
    let again: Vec<Value> = play.transmitted();
    let key = |request: &Value| request["payload"]["key"].clone();
    assert_eq!([key(&again[0]), key(&again[1])], [key(&first), key(&second)]);
    assert_ne!(again[0]["id"], first["id"]);
    play.succeed(&first, stamp("stale"));
    assert!(play.settled().is_empty(), "the answer of another connection");
    let mut repeated = stamp("m1");
    repeated["repeated"] = json!(true);
    play.succeed(&again[0], repeated);
    assert!(play.settled().remove(0).1.unwrap().repeated);
    assert_eq!(play.machine.counters().resends, 2);
}

#[test]
fn what_may_pass_is_sent_again_and_what_can_not_is_refused() {
    let mut play = Play::online();
    for (code, reason) in [(503, "unavailable"), (500, "internal"), (429, "rate_limited")] {
        let request = play.send(1).asked("messageSend");
        play.refuse(&request, code, reason, Some(70));
        assert!(play.settled().is_empty());
        assert_eq!(play.sleep(), 70, "{reason}");
        let again = play.asked("messageSend");
        assert_eq!(again["payload"]["key"], request["payload"]["key"]);
        play.succeed(&again, stamp("m"));
    }
    let request = play.send(1).asked("messageSend");
    play.refuse(&request, 403, "permission_denied", None);
    let (_, outcome) = play.settled().remove(0);
    let Err(SendError::Refused(refusal)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.reason, "permission_denied");
}

#[test]
fn too_fast_means_that_all_wait() {
    let mut play = Play::online();
    let request = play.send(1).asked("messageSend");
    play.refuse(&request, 429, "rate_limited", Some(500));
    assert!(play.send(2).transmitted().is_empty());
    assert_eq!(play.sleep(), 500);
    assert_eq!(play.transmitted().len(), 2);
}

#[test]
fn a_deadline_ends_the_attempts() {
    let mut play = Play::online();
    play.send(1);
    play.feed(Input::Closed(None));
    let draft = Draft::new("a", &2).unwrap().within(Duration::from_millis(30_100));
    play.command(Command::Send(Outgoing { ticket: Ticket(2), draft }));
    let mut settled = Vec::new();
    while play.now < 30_100 {
        play.sleep();
        settled.extend(play.settled().into_iter().map(|settled| (play.now, settled)));
        if play.wants(|action| matches!(action, Action::Open)) {
            play.feed(Input::OpenFailed(client::OpenFailure::Network("down".into())));
            settled.extend(play.settled().into_iter().map(|settled| (play.now, settled)));
        }
    }
    let expired = |attempted| Err(SendError::Expired { attempted });
    assert_eq!(settled, [(30_000, (1, expired(true))), (30_100, (2, expired(false)))]);
}

#[test]
fn the_queue_is_bounded_by_count_and_bytes() {
    let limits = Limits { queued_sends: 2, ..Limits::default() };
    let mut play = Play::with(Options { limits, ..options() });
    play.send(1).send(2).send(3);
    assert_eq!(play.settled(), [(3, Err(SendError::QueueFull { queued: 2 }))]);
    let limits = Limits { queued_bytes: 10, ..Limits::default() };
    let mut play = Play::with(Options { limits, ..options() });
    let big =
        |ticket| Outgoing { ticket: Ticket(ticket), draft: Draft::new("a", "12345678").unwrap() };
    play.command(Command::Send(big(1))).command(Command::Send(big(2)));
    assert_eq!(play.settled(), [(2, Err(SendError::QueueFull { queued: 1 }))]);
}

#[test]
fn only_so_many_are_under_way() {
    let limits = Limits { sends_under_way: 2, ..Limits::default() };
    let mut play = Play::with(Options { limits, ..options() });
    for ticket in 1..=3 {
        play.send(ticket);
    }
    play.enter();
    let requests = play.transmitted();
    assert_eq!(requests.len(), 2);
    play.succeed(&requests[0], stamp("m1"));
    assert_eq!(play.asked("messageSend")["payload"]["data"], 3);
}

#[test]
fn sends_keep_to_the_servers_pace() {
    let limits = Limits { sends_under_way: 1000, ..Limits::default() };
    let mut play = Play::with(Options { limits, ..options() });
    for ticket in 0..250 {
        play.send(ticket);
    }
    play.enter();
    assert_eq!(play.transmitted().len(), 200, "the burst");
    assert_eq!(play.sleep(), 10);
    assert_eq!(play.transmitted().len(), 1);
}

#[test]
fn a_question_is_asked_once() {
    let answers = |play: &Play| {
        let answer = |action: &Action| {
            if let Action::Answer(_, answer) = action { Some(answer.clone()) } else { None }
        };
        play.actions.iter().filter_map(answer).collect::<Vec<_>>()
    };
    let question = || {
        let payload = serde_json::value::to_raw_value(&json!({"channel": "a"})).unwrap();
        Command::Ask(Question { ticket: Ticket(9), event: "history".into(), payload })
    };
    let mut play = Play::new();
    play.command(question());
    assert!(matches!(answers(&play)[..], [Err(AskError::Offline)]));
    play.enter();
    let request = play.command(question()).asked("history");
    assert_eq!(request["payload"]["channel"], "a");
    play.refuse(&request, 404, "not_enabled", None);
    assert!(matches!(&answers(&play)[..], [Err(AskError::Refused(why))] if why.code == 404));
    let request = play.command(question()).asked("history");
    play.succeed(&request, json!({"more": false}));
    assert!(matches!(&answers(&play)[..], [Ok(data)] if data.get() == "{\"more\":false}"));
    play.command(question()).feed(Input::Closed(None));
    assert!(matches!(answers(&play)[..], [Err(AskError::Offline)]));
}

#[test]
fn a_stop_decides_everything() {
    let mut play = Play::online();
    play.send(1).feed(Input::Closed(None));
    play.send(2).command(Command::Stop);
    let stopped = |attempted| Err(SendError::Stopped { why: StopReason::Asked, attempted });
    assert_eq!(play.settled(), [(1, stopped(true)), (2, stopped(false))]);
    assert_eq!(play.send(3).settled(), [(3, stopped(false))]);
}
