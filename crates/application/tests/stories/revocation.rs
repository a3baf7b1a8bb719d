//! Tokens that are taken back: who came in with one goes, and nobody comes in with it.

use std::time::Duration;

use domain::{AppId, ClientId, CloseReason, Revocation, Revoked, Timestamp};
use testkit::Stage;

fn shop() -> AppId {
    AppId::parse("shop").unwrap()
}

async fn revoke(stage: &Stage, what: Revoked) -> usize {
    let revocation = Revocation { what, until: None };
    stage.hub.backend().revoke(&shop(), revocation, None).await.unwrap()
}

/// A token of a client, issued so long after the beginning.
fn token(stage: &Stage, client: &str, id: &str, issued: u64) -> String {
    stage.token_with(client, |claims| {
        claims.token_id = Some(id.into());
        claims.issued_at = Some(Stage::BEGIN.after(Duration::from_secs(issued)));
    })
}

async fn is_refused(stage: &Stage, token: &str) {
    let mut actor = stage.connect();
    actor.auth("shop", token).await;
    assert!(actor.hears()[0].starts_with("401 "), "{token} is taken");
}

#[tokio::test]
async fn one_token_is_revoked_by_its_id() {
    let stage = Stage::new();
    let (bad, good) = (token(&stage, "alice", "bad", 0), token(&stage, "alice", "good", 0));
    let (one, two) = (stage.enter_with(&bad).await, stage.enter_with(&bad).await);
    let other = stage.enter_with(&good).await;
    assert_eq!(revoke(&stage, Revoked::Token("bad".into())).await, 2);
    let revoked = Some(CloseReason::TokenRevoked);
    assert_eq!((one.closed(), two.closed(), other.closed()), (revoked, revoked, None));
    is_refused(&stage, &bad).await;
    stage.enter_with(&good).await;
}

#[tokio::test]
async fn who_has_a_newer_token_stays() {
    let stage = Stage::new();
    let (old, new) = (token(&stage, "alice", "old", 0), token(&stage, "alice", "new", 10));
    let mut alice = stage.enter_with(&old).await;
    let stale = stage.enter_with(&old).await;
    let bob = stage.enter_with(&token(&stage, "bob", "bob", 0)).await;
    let dateless = stage.enter("alice").await;
    alice.auth("shop", &new).await;
    let before = Stage::BEGIN.after(Duration::from_secs(10));
    let client = ClientId::parse("alice").unwrap();
    assert_eq!(revoke(&stage, Revoked::Client { client, before }).await, 2);
    assert_eq!((alice.closed(), bob.closed()), (None, None));
    let revoked = Some(CloseReason::TokenRevoked);
    assert_eq!((stale.closed(), dateless.closed()), (revoked, revoked), "no date is an old one");
    is_refused(&stage, &old).await;
    // A refresh with what was revoked is refused, and changes nothing.
    alice.auth("shop", &old).await;
    assert_eq!(alice.closed(), None);
    stage.enter_with(&new).await;
}

#[tokio::test]
async fn all_tokens_of_an_app_are_revoked_by_time() {
    let stage = Stage::new();
    let alice = stage.enter_with(&token(&stage, "alice", "a", 0)).await;
    let bob = stage.enter_with(&token(&stage, "bob", "b", 5)).await;
    let mut other = stage.connect();
    other.auth("bazaar", &token(&stage, "alice", "a", 0)).await;
    let before = Stage::BEGIN.after(Duration::from_secs(5));
    assert_eq!(revoke(&stage, Revoked::Everyone { before }).await, 1);
    let revoked = Some(CloseReason::TokenRevoked);
    assert_eq!((alice.closed(), bob.closed(), other.closed()), (revoked, None, None));
    assert_eq!(revoke(&stage, Revoked::Everyone { before: Timestamp::from_secs(0) }).await, 0);
}
