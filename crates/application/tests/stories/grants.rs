//! What is not granted, and who is told why.

use std::time::Duration;

use domain::{Action, Grant, GrantPattern};
use serde_json::json;
use testkit::Stage;

const REFUSED: &str = "403 权限不足";

#[tokio::test]
async fn only_the_demo_app_explains_a_denial() {
    let stage = Stage::new();
    let mut customer = stage.enter("alice").await;
    customer.says("news", json!(1)).await;
    assert_eq!(customer.hears(), [REFUSED]);
    let mut visitor = stage.connect();
    visitor.auth("demo-app", &stage.token("alice")).await;
    visitor.hears();
    visitor.says("news", json!(1)).await;
    let why = "news: send: `news` of the app's default_grants does not allow it";
    assert_eq!(visitor.hears(), [format!("{REFUSED}（{why}）")]);
}

#[tokio::test]
async fn the_servers_own_channels_are_nobodys() {
    let stage = Stage::new();
    let everything = vec![Grant {
        pattern: GrantPattern::parse("#*").unwrap(),
        actions: Action::ALL.into_iter().collect(),
    }];
    let token = stage.token_with("alice", |claims| claims.caps = Some(everything));
    let mut alice = stage.enter_with(&token).await;
    alice.subscribes("#log").await;
    alice.says("#log", json!(1)).await;
    assert_eq!(alice.hears(), ["#\u{23}log 403 permission_denied", REFUSED]);
}

#[tokio::test]
async fn a_denial_is_logged_once_a_minute_and_counted() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    stage.events.take();
    for _ in 0..3 {
        alice.says("news", json!(1)).await;
    }
    let why = "`news` of the app's default_grants does not allow it";
    assert_eq!(stage.events.take_of("denied"), [format!("denied alice news +0: send: {why}")]);
    alice.says("elsewhere", json!(1)).await;
    assert_eq!(stage.events.take_of("denied").len(), 1, "another rule is another line");
    for _ in 0..6 {
        stage.passes(Duration::from_secs(10));
        alice.stirs();
    }
    alice.says("news", json!(1)).await;
    assert_eq!(stage.events.take_of("denied"), [format!("denied alice news +2: send: {why}")]);
}
