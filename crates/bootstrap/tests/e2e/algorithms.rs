//! Keys of every family, end to end.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::{
    client::Client,
    keys::Pair,
    server::Server,
    tokens::{ALLOW_ALL, Token, app, token},
};

fn public(pair: &Pair, more: &str) -> String {
    let Pair { algorithm, public, .. } = pair;
    format!(
        "[[apps.jwt_keys]]\nalg = \"{algorithm:?}\"\npublic_key = \"\"\"\n{public}\"\"\"\n{more}\n"
    )
}

async fn reason(server: &Server, app: &str, token: &Token) -> Option<String> {
    let reply = Client::connect(server).await.auth(app, &token.sign()).await;
    reply["reason"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn one_app_has_keys_of_every_family() {
    let pairs = [Pair::rs256(), Pair::es256(), Pair::ed25519()];
    let keys: String = pairs.iter().map(|pair| public(pair, "")).collect();
    let server = Server::with(&format!("{}{keys}", app("shop", ALLOW_ALL))).await;
    let mut tokens = vec![token("shop", "alice")];
    for pair in &pairs {
        tokens.push(Token::signed("shop", pair.header(None), pair.signing.clone(), "alice"));
    }
    let mut clients = Vec::new();
    for token in &tokens {
        let mut client = Client::enter(&server, "shop", token).await;
        client.subscribe("chat").await;
        clients.push(client);
    }
    clients[0].say("chat", "hi").await;
    for client in &mut clients {
        assert_eq!(client.hears().await, "hi");
    }
    let others = [Pair::rs256(), Pair::es256(), Pair::ed25519()];
    for other in &others {
        let token = Token::signed("shop", other.header(None), other.signing.clone(), "alice");
        assert_eq!(reason(&server, "shop", &token).await.as_deref(), Some("signature_invalid"));
    }
    // A public key is no secret.
    let secret = EncodingKey::from_secret(pairs[0].public.as_bytes());
    let token = Token::signed("shop", Header::new(Algorithm::HS256), secret, "alice");
    assert_eq!(reason(&server, "shop", &token).await.as_deref(), Some("signature_invalid"));
}

#[tokio::test]
async fn the_kid_chooses_among_keys() {
    let (old, new) = (Pair::ed25519(), Pair::ed25519());
    let keys = [public(&old, "kid = \"old\""), public(&new, "kid = \"new\"")].concat();
    let server = Server::with(&format!("{}{keys}", app("shop", ALLOW_ALL))).await;
    for (pair, kid, expected) in [
        (&old, Some("old"), None),
        (&new, Some("new"), None),
        (&old, None, None),
        (&new, None, None),
        (&old, Some("new"), Some("signature_invalid")),
        (&new, Some("newer"), Some("signature_invalid")),
    ] {
        let token = Token::signed("shop", pair.header(kid), pair.signing.clone(), "alice");
        assert_eq!(reason(&server, "shop", &token).await.as_deref(), expected, "{kid:?}");
    }
}

#[tokio::test]
async fn issuer_audience_and_client_claim_are_the_keys_own() {
    let pair = Pair::es256();
    let terms = "issuer = \"https://login.example.com/\"\naudience = \"shop-api\"\n\
         client_claim = \"sub\"";
    let server =
        Server::with(&format!("[[apps]]\nid = \"shop\"\n{ALLOW_ALL}\n{}", public(&pair, terms)))
            .await;
    let good = Token::signed("shop", pair.header(None), pair.signing.clone(), "nobody")
        .claim("app_id", json!(null))
        .claim("client_id", json!(null))
        .claim("sub", json!("alice"))
        .claim("iss", json!("https://login.example.com/"))
        .claim("aud", json!(["other", "shop-api"]));
    let reply = Client::connect(&server).await.auth("shop", &good.sign()).await;
    assert_eq!(reply["data"]["client_id"], "alice", "{reply}");
    for (claim, value, expected) in [
        ("iss", json!("https://login.example.org/"), "invalid_token"),
        ("iss", json!(null), "invalid_token"),
        ("aud", json!("other"), "invalid_token"),
        ("aud", json!(null), "invalid_token"),
        ("sub", json!(null), "invalid_token"),
        ("sub", json!("*"), "invalid_token"),
        ("app_id", json!("game"), "auth_mismatch"),
    ] {
        let token = good.clone().claim(claim, value.clone());
        let reason = reason(&server, "shop", &token).await;
        assert_eq!(reason.as_deref(), Some(expected), "{claim} {value}");
    }
}
