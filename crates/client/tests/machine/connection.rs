//! Connecting, and coming back.

use std::time::Duration;

use client::{Action, Command, Input, OpenFailure, State, StopReason};
use serde_json::json;

use crate::play::{Play, options};

#[test]
fn a_connection_is_made_and_authenticated() {
    let mut play = Play::new();
    assert!(play.wants(|action| matches!(action, Action::FetchToken)));
    play.feed(Input::Token(Ok("token".into())));
    assert!(play.wants(|action| matches!(action, Action::Open)));
    play.feed(Input::Opened);
    let auth = play.asked("auth");
    assert_eq!(auth["payload"]["appId"], "app");
    assert_eq!(auth["payload"]["token"], "token");
    assert_eq!(auth["payload"]["heartbeat"], true);
    assert!(auth["payload"].get("session").is_none(), "there was none before");
}

#[test]
fn a_lost_connection_comes_back_with_its_session_and_the_same_token() {
    let mut play = Play::online();
    play.feed(Input::Closed(None));
    assert!(matches!(play.shown(), Some(State::Waiting { .. })));
    play.sleep();
    assert!(play.wants(|action| matches!(action, Action::Open)), "the token still holds");
    play.feed(Input::Opened);
    assert_eq!(play.asked("auth")["payload"]["session"], "s");
}

/// What the machine does after a close with this code: `None` where it stops.
fn after_close(code: u16, disconnect: Option<u64>) -> Option<u64> {
    let mut play = Play::online();
    if let Some(wait) = disconnect {
        play.push("disconnect", json!({"code": code, "reason": "r", "retryAfterMs": wait}));
    }
    play.feed(Input::Closed(Some(code)));
    match play.shown() {
        Some(State::Waiting { delay }) => Some(u64::try_from(delay.as_millis()).unwrap()),
        Some(State::Stopped(StopReason::Closed(departure))) => {
            assert_eq!(departure.code, code);
            assert!(play.machine.wake().is_none(), "nothing happens any more");
            None
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn close_codes_are_obeyed() {
    for code in [4001, 4003, 4005, 4006, 1002, 1003, 1007, 1009] {
        assert_eq!(after_close(code, None), None, "{code}");
    }
    for code in [4100, 4101, 4102, 4103, 4104, 1000, 1001, 1006, 1011, 1012] {
        let delay = after_close(code, None).unwrap();
        assert!(delay <= 500, "{code}: a first backoff");
    }
    for code in [4200, 4201, 4202, 4203] {
        assert_eq!(after_close(code, Some(7321)), Some(7321), "{code}");
        assert!(after_close(code, None).unwrap() <= 500, "{code}: the push was lost");
    }
}

#[test]
fn a_goodbye_counts_where_the_close_frame_was_lost() {
    let mut play = Play::online();
    play.push("disconnect", json!({"code": 4005, "reason": "too_many_bad_requests"}));
    play.feed(Input::Closed(None));
    let Some(State::Stopped(StopReason::Closed(departure))) = play.shown() else { panic!() };
    assert_eq!(departure.code, 4005);
    assert_eq!(departure.reason.as_deref(), Some("too_many_bad_requests"));
}

/// The greatest delay of so many failures, over many seeds.
fn greatest(failures: usize) -> u64 {
    (0..40)
        .map(|seed| {
            let mut play = Play::with(client::Options { seed, ..options() });
            play.feed(Input::Token(Ok("token".into())));
            let mut delay = 0;
            for _ in 0..failures {
                play.feed(Input::OpenFailed(OpenFailure::Network("refused".into())));
                delay = play.sleep();
            }
            delay
        })
        .max()
        .unwrap()
}

#[test]
fn delays_grow_up_to_a_bound() {
    let delays: Vec<u64> = [1, 3, 5, 10].into_iter().map(greatest).collect();
    assert!(delays[0] <= 500 && delays[1] > 500 && delays[1] <= 2000, "{delays:?}");
    assert!(delays[2] > 2000 && delays[2] <= 8000, "{delays:?}");
    assert!(delays[3] > 8000 && delays[3] <= 30_000, "{delays:?}");
}

#[test]
fn a_connection_that_held_begins_the_row_anew() {
    let mut play = Play::new();
    play.feed(Input::Token(Ok("token".into())));
    for _ in 0..8 {
        play.feed(Input::OpenFailed(OpenFailure::Network("refused".into())));
        play.sleep();
    }
    play.enter();
    play.pass(5000).feed(Input::Closed(None));
    let Some(State::Waiting { delay }) = play.shown() else { panic!() };
    assert!(delay <= Duration::from_millis(500), "{delay:?}");
}

#[test]
fn the_same_seed_gives_the_same_delays() {
    let run = |seed| {
        let mut play = Play::with(client::Options { seed, ..options() });
        play.feed(Input::Token(Ok("token".into())));
        let failed = || Input::OpenFailed(OpenFailure::Network("refused".into()));
        (0..10).map(|_| play.feed(failed()).sleep()).collect::<Vec<_>>()
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

#[test]
fn refused_upgrades_stop_and_full_servers_are_waited_for() {
    let refused = |status, seconds: Option<u64>| {
        let mut play = Play::new();
        play.feed(Input::Token(Ok("token".into())));
        let retry_after = seconds.map(Duration::from_secs);
        play.feed(Input::OpenFailed(OpenFailure::Refused { status, retry_after }));
        play.shown()
    };
    for status in [400, 403, 404] {
        let stopped = State::Stopped(StopReason::UpgradeRefused(status));
        assert_eq!(refused(status, None), Some(stopped));
    }
    let Some(State::Waiting { delay }) = refused(503, Some(5)) else { panic!() };
    assert!(delay >= Duration::from_secs(5) && delay <= Duration::from_millis(5500), "{delay:?}");
    assert!(matches!(refused(502, None), Some(State::Waiting { .. })));
}

#[test]
fn silence_is_the_end_of_a_connection() {
    let mut play = Play::online();
    play.pass(34_000);
    assert!(play.actions.is_empty());
    play.push("heartbeat", json!({"ts": 1}));
    play.pass(34_000).feed(Input::Alive).pass(34_999);
    assert!(play.actions.is_empty(), "whatever comes is a sign of life");
    play.pass(1);
    assert!(matches!(play.actions[0], Action::Abandon), "{:?}", play.actions);
    assert!(matches!(play.shown(), Some(State::Waiting { .. })));
}

#[test]
fn nothing_is_waited_for_without_end() {
    let mut play = Play::new();
    play.feed(Input::Token(Ok("token".into())));
    assert_eq!(play.sleep(), 10_000, "the upgrade");
    assert!(play.wants(|action| matches!(action, Action::Abandon)));
    play.sleep();
    play.feed(Input::Opened);
    assert_eq!(play.sleep(), 15_000, "the reply to auth");
    assert!(play.wants(|action| matches!(action, Action::Abandon)));
    play.sleep();
    play.enter();
    play.subscribe("a");
    assert_eq!(play.sleep(), 15_000, "the reply to subscribe");
    assert!(play.wants(|action| matches!(action, Action::Abandon)));
}

#[test]
fn an_interruption_is_a_lost_connection_and_a_stop_is_final() {
    let mut play = Play::online();
    play.command(Command::Interrupt);
    assert!(play.wants(|action| matches!(action, Action::Abandon)));
    play.sleep();
    play.enter();
    play.subscribe("a").command(Command::Stop);
    assert!(play.wants(|action| matches!(action, Action::Close)));
    assert!(play.wants(|action| matches!(action, Action::Release(_))));
    assert_eq!(play.shown(), Some(State::Stopped(StopReason::Asked)));
    play.subscribe("b");
    assert!(play.wants(|action| matches!(action, Action::Release(_))), "there is no more");
}

#[test]
fn nonsense_is_ignored() {
    let mut play = Play::online();
    for text in
        ["", "[]", "{}", "{\"event\":1}", "{\"code\":200}", "{\"event\":\"x\",\"payload\":{}}"]
    {
        play.feed(Input::Text(text.into()));
        assert!(play.actions.is_empty(), "{text}: {:?}", play.actions);
    }
    for event in ["message", "position", "subscribed", "unsubscribed", "disconnect", "memberLeft"] {
        play.push(event, json!({}));
        assert!(play.actions.is_empty(), "{event}: {:?}", play.actions);
    }
}
