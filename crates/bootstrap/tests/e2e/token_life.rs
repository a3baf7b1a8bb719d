//! Tokens that end, and new ones in their place.

use serde_json::{Value, json};

use crate::{
    client::Client,
    server::Server,
    tokens::{Token, now},
};

/// A token in its last moments: past its end, within the leeway, and 25 s after its end the
/// connection is closed.
fn ending_in(seconds: i64) -> Token {
    Token::demo("alice").ends_in(seconds - 25)
}

#[tokio::test]
async fn the_end_is_announced_a_quarter_of_a_short_life_ahead() {
    let server = Server::demo().await;
    let token = Token::demo("alice").ends_in(4);
    let begun = std::time::Instant::now();
    let mut client = Client::enter(&server, "demo-app", &token).await;
    client.hears_nothing().await;
    let push = client.push("tokenExpiring").await;
    let took = begun.elapsed().as_millis();
    assert!((2000..=4500).contains(&took), "{took} ms");
    let expires_at = push["expiresAt"].as_i64().unwrap();
    assert!((now() * 1000 - 2000..=now() * 1000 + 3000).contains(&expires_at), "{push}");
    client.hears_nothing().await;
}

#[tokio::test]
async fn a_connection_ends_25_seconds_after_its_token() {
    let server = Server::demo().await;
    let mut client = Client::enter(&server, "demo-app", &ending_in(4)).await;
    client.push("tokenExpiring").await;
    let begun = now();
    let disconnect = client.sent_away(4203, "token_expired").await;
    assert!(disconnect["retryAfterMs"].as_u64().unwrap() < 2000, "{disconnect}");
    assert!(now() - begun <= 10, "not the full grace: it had begun before");
    server.log.expect("reason=\"token_expired\"").await;
}

#[tokio::test]
async fn a_refreshed_connection_goes_on() {
    let server = Server::demo().await;
    let mut old = Client::enter(&server, "demo-app", &ending_in(4)).await;
    let mut client = Client::enter(&server, "demo-app", &ending_in(4)).await;
    client.subscribe("chat").await;
    client.push("tokenExpiring").await;
    let reply = client.auth("demo-app", &Token::demo("alice").sign()).await;
    assert_eq!(reply["data"]["client_id"], "alice");
    // The other one's end is where this one's would have been.
    old.sent_away(4203, "token_expired").await;
    client.say("chat", "still here").await;
    assert_eq!(client.hears().await, "still here");
    client.hears_nothing().await;
}

#[tokio::test]
async fn a_failed_refresh_changes_nothing() {
    let server = Server::demo().await;
    let mut client = Client::demo(&server, "alice").await;
    client.subscribe("chat").await;
    for (app, token, reason) in [
        ("demo-app", Token::demo("alice").ends_in(-60), "token_expired"),
        ("demo-app", Token::demo("bob"), "auth_mismatch"),
        ("other-app", Token::demo("alice"), "auth_mismatch"),
        ("demo-app", Token::of("demo-app", &"x".repeat(32), "alice"), "signature_invalid"),
        ("demo-app", Token::demo("alice").claim("caps", json!(7)), "invalid_token"),
    ] {
        let reply = client.auth(app, &token.sign()).await;
        assert_eq!((&reply["code"], &reply["reason"]), (&json!(401), &json!(reason)));
    }
    client.say("chat", "still here").await;
    assert_eq!(client.hears().await, "still here");
}

#[tokio::test]
async fn a_token_with_fewer_grants_takes_effect_at_once() {
    let server = Server::demo().await;
    let wide = Token::demo("alice")
        .claim("caps", json!({"chat:*": ["subscribe", "send"], "news": ["subscribe"]}))
        .claim("channels", json!(["by-token"]));
    let mut alice = Client::enter(&server, "demo-app", &wide).await;
    assert_eq!(alice.push("subscribed").await["channel"], "by-token");
    for channel in ["chat:a", "chat:b", "news"] {
        alice.subscribe(channel).await;
    }
    let narrow = Token::demo("alice")
        .claim("caps", json!({"chat:a": ["subscribe"]}))
        .claim("channels", json!(["new-by-token"]));
    assert_eq!(alice.auth("demo-app", &narrow.sign()).await["code"], 200);

    let mut lost = Vec::new();
    for _ in 0..3 {
        let push = alice.push("unsubscribed").await;
        assert_eq!(push["reason"], "permission_denied", "{push}");
        assert_eq!(push["resubscribe"], false, "{push}");
        lost.push(push["channel"].as_str().unwrap().to_owned());
    }
    lost.sort();
    assert_eq!(lost, ["by-token", "chat:b", "news"]);
    assert_eq!(alice.push("subscribed").await["channel"], "new-by-token");

    let mut bob = Client::demo(&server, "bob").await;
    for channel in ["by-token", "chat:b", "news", "chat:a", "new-by-token"] {
        bob.say(channel, channel).await;
    }
    // Two channels have no common order.
    let mut heard = [alice.hears().await, alice.hears().await].map(|data| data.to_string());
    heard.sort();
    assert_eq!(heard, ["\"chat:a\"", "\"new-by-token\""]);
    alice.hears_nothing().await;
    let refused = alice.refused("messageSend", json!({"channel": "chat:a", "data": 1})).await;
    assert_eq!(refused.0, 403, "the right to send went too");
}

#[tokio::test]
async fn a_refresh_may_add_grants() {
    let server = Server::demo().await;
    let mut alice = Client::demo(&server, "alice").await;
    let wish: Value = json!({"channel": "private-x"});
    assert_eq!(alice.refused("subscribe", wish.clone()).await.0, 403);
    let more = Token::demo("alice").claim("caps", json!({"private-x": ["subscribe"]}));
    assert_eq!(alice.auth("demo-app", &more.sign()).await["code"], 200);
    alice.done("subscribe", wish).await;
}
