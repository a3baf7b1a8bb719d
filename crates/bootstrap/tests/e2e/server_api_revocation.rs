//! Tokens that a backend takes back, over real sockets and over the death of the server.

use serde_json::json;

use crate::{
    api::{Api, BACKEND, VIEWER, shop},
    client::Client,
    server::{Server, Start},
    tokens::{Token, now, token},
};

const PATH: &str = "/tokens/revoke";

fn alice(id: &str) -> Token {
    token("shop", "alice").claim("jti", json!(id)).claim("iat", json!(now() - 10))
}

async fn is_refused(server: &Server, token: &Token) {
    let mut client = Client::connect(server).await;
    let reply = client.auth("shop", &token.sign()).await;
    assert_eq!((&reply["code"], &reply["reason"]), (&json!(401), &json!("token_revoked")));
}

#[tokio::test]
async fn a_revoked_token_closes_at_once_and_opens_nothing() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    let mut one = Client::enter(&server, "shop", &alice("one")).await;
    let mut two = Client::enter(&server, "shop", &alice("two")).await;
    let closed = api.done("POST", PATH, r#"{"token": "one"}"#).await;
    assert_eq!(closed, json!({"closed": 1}));
    one.sent_away(4006, "token_revoked").await;
    is_refused(&server, &alice("one")).await;
    let closed = api.done("POST", PATH, r#"{"client": "alice"}"#).await;
    assert_eq!(closed, json!({"closed": 1}));
    two.sent_away(4006, "token_revoked").await;
    is_refused(&server, &alice("three")).await;
    let later = alice("four").claim("iat", json!(now() + 2));
    Client::enter(&server, "shop", &later).await;
    for bad in ["{}", r#"{"token": "a", "client": "b"}"#, r#"{"issued_before": 99999999999999}"#] {
        let refused = api.refused("POST", PATH, bad).await;
        assert_eq!(refused, (400, "invalid_params".to_owned()), "{bad}");
    }
    let viewer = Api::of(&server, VIEWER);
    assert_eq!(viewer.refused("POST", PATH, "{}").await.0, 403);
}

#[tokio::test]
async fn what_was_revoked_stays_so_when_the_server_is_killed() {
    let start = || Start::bare().args(&["--listen", "127.0.0.1:0"]);
    let mut server = start().toml(&shop()).serve().await;
    let everyone = json!({"issued_before": (now() - 5) * 1000}).to_string();
    Api::of(&server, BACKEND).done("POST", PATH, r#"{"token": "one"}"#).await;
    Api { server: &server, app: "shop", key: BACKEND }.done("POST", PATH, &everyone).await;
    server.signal("KILL").await;
    server.ended().await;
    let mut server = server.again(start()).serve().await;
    is_refused(&server, &alice("two")).await;
    is_refused(&server, &alice("one").claim("iat", json!(now()))).await;
    let new = alice("two").claim("iat", json!(now()));
    Client::enter(&server, "shop", &new).await;
    server.signal("KILL").await;
    server.ended().await;
    // A file that can't be trusted is not passed over.
    server.folder.write("rtmate-data/revocations", "rtmate-revocations 1\n");
    let refused = server.again(start()).output().await;
    assert_eq!(refused.status.code(), Some(64));
    let line = String::from_utf8(refused.stderr).unwrap();
    assert!(line.contains("rtmate-data/revocations is damaged"), "{line}");
}
