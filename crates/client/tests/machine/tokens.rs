//! Tokens: fetched, refreshed, refused.

use client::{Action, Input, State, StopReason, TokenError};
use serde_json::json;

use crate::play::{Play, welcome};

fn fetches(play: &Play) -> bool {
    play.wants(|action| matches!(action, Action::FetchToken))
}

#[test]
fn a_token_that_ends_soon_is_refreshed_in_place() {
    let mut play = Play::online();
    play.push("tokenExpiring", json!({"expiresAt": 1}));
    assert!(fetches(&play));
    play.feed(Input::Token(Ok("second".into())));
    let refresh = play.asked("auth");
    assert_eq!(refresh["payload"]["token"], "second");
    assert!(refresh["payload"].get("session").is_none(), "the connection goes on");
    play.succeed(&refresh, welcome(3600));
    assert!(play.actions.is_empty());
    assert_eq!(play.machine.counters().refreshes, 1);
    play.push("tokenExpiring", json!({"expiresAt": 2}));
    assert!(fetches(&play), "and again");
}

#[test]
fn a_refresh_that_failed_is_tried_again() {
    let mut play = Play::online();
    play.push("tokenExpiring", json!({"expiresAt": 1}));
    play.feed(Input::Token(Err(TokenError::Retry("down".into()))));
    assert!(!fetches(&play));
    assert!(play.sleep() <= 500);
    assert!(fetches(&play));
    play.feed(Input::Token(Ok("bad".into())));
    let refresh = play.asked("auth");
    play.refuse(&refresh, 401, "invalid_token", None);
    assert!(play.shown().is_none(), "a refused refresh changes nothing");
    assert!(play.sleep() <= 1000);
    assert!(fetches(&play));
}

#[test]
fn an_expired_token_is_replaced_before_coming_back() {
    let mut play = Play::online();
    play.push("disconnect", json!({"code": 4203, "reason": "token_expired", "retryAfterMs": 10}));
    play.feed(Input::Closed(Some(4203)));
    assert_eq!(play.sleep(), 10);
    assert!(fetches(&play), "a new one first");
    assert!(!play.wants(|action| matches!(action, Action::Open)));
}

#[test]
fn a_token_without_life_is_not_shown_again() {
    let mut play = Play::new();
    play.feed(Input::Token(Ok("short".into())));
    play.feed(Input::Opened);
    let auth = play.asked("auth");
    play.succeed(&auth, welcome(20));
    play.pass(19_000).feed(Input::Closed(None));
    play.sleep();
    assert!(fetches(&play), "{:?}", play.actions);
}

#[test]
fn a_refused_token_is_replaced_once() {
    let mut play = Play::new();
    play.feed(Input::Token(Ok("first".into()))).feed(Input::Opened);
    let auth = play.asked("auth");
    play.refuse(&auth, 401, "token_expired", None);
    assert!(fetches(&play));
    let auth = play.feed(Input::Token(Ok("second".into()))).asked("auth");
    assert_eq!(auth["payload"]["token"], "second");
    play.refuse(&auth, 401, "token_expired", None);
    let Some(State::Stopped(StopReason::AuthRefused(refusal))) = play.shown() else { panic!() };
    assert_eq!(refusal.reason, "token_expired");
}

#[test]
fn an_auth_that_may_pass_later_is_tried_later() {
    for (code, reason) in [(503, "unavailable"), (500, "internal"), (429, "quota_exceeded")] {
        let mut play = Play::new();
        play.feed(Input::Token(Ok("token".into()))).feed(Input::Opened);
        let auth = play.asked("auth");
        play.refuse(&auth, code, reason, Some(3000));
        assert!(play.wants(|action| matches!(action, Action::Abandon)), "{reason}");
        assert!(play.sleep() >= 3000, "{reason}");
    }
    let mut play = Play::new();
    play.feed(Input::Token(Ok("token".into()))).feed(Input::Opened);
    let auth = play.asked("auth");
    play.refuse(&auth, 403, "origin_denied", None);
    assert!(matches!(play.shown(), Some(State::Stopped(StopReason::AuthRefused(_)))));
}

#[test]
fn a_source_without_tokens_ends_the_client_and_a_tired_one_does_not() {
    let mut play = Play::new();
    play.feed(Input::Token(Err(TokenError::Retry("down".into()))));
    assert!(matches!(play.shown(), Some(State::Waiting { .. })));
    play.sleep();
    assert!(fetches(&play));
    play.feed(Input::Token(Err(TokenError::Denied("no".into()))));
    assert_eq!(play.shown(), Some(State::Stopped(StopReason::NoToken("no".into()))));
}
