//! Keys that are fetched.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use adapters_jwt::JwksOptions;
use application::ports::TokenError;
use domain::{App, Claims, JwtAlgorithm, JwtKey, KeyMaterial};
use serde_json::{Value, json};

use crate::{
    keys::TestKey,
    server::{Answer, KeyServer},
    stage::{Stage, app, claims, header, unsigned},
};

const ES: JwtAlgorithm = JwtAlgorithm::Es256;

/// An app whose keys are at an address; clients are in `sub`, as in the tokens of identity
/// providers.
fn fetched(url: &str, algorithm: JwtAlgorithm) -> Arc<App> {
    app([JwtKey {
        kid: None,
        algorithm,
        material: KeyMaterial::JwksUrl(url.into()),
        issuer: None,
        audience: None,
        client_claim: "sub".into(),
    }])
}

fn token(key: &TestKey, algorithm: JwtAlgorithm, kid: Option<&str>) -> String {
    key.sign(&header(algorithm, kid), &claims(r#","sub":"bob""#))
}

/// Why the keys could not be had, in full.
#[track_caller]
fn unavailable(outcome: Result<Claims, TokenError>) -> String {
    match outcome {
        Err(TokenError::Unavailable { cause, retry_after }) => {
            assert!(!retry_after.is_zero());
            let mut told = cause.to_string();
            let mut source = cause.source();
            while let Some(cause) = source {
                told.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            told
        }
        other => panic!("{other:?}"),
    }
}

async fn bad(answer: Answer) -> String {
    let (stage, server) = (Stage::new(), KeyServer::start(answer).await);
    let key = TestKey::named("own", ES);
    let app = fetched(&server.url(), ES);
    unavailable(stage.verify(&app, &token(&key, ES, Some("k"))).await)
}

#[tokio::test]
async fn keys_of_every_kind_are_fetched_once_and_kept() {
    for algorithm in JwtAlgorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric()) {
        let stage = Stage::new();
        let key = TestKey::named("own", algorithm);
        let server = KeyServer::start(Answer::keys([key.jwk("k")])).await;
        let app = fetched(&server.url(), algorithm);
        for kid in [Some("k"), None, Some("k")] {
            let verified = stage.verify(&app, &token(&key, algorithm, kid)).await.unwrap();
            assert_eq!(verified.client.as_str(), "bob");
        }
        assert_eq!(server.hits(), 1, "{algorithm:?}");
        stage.clock.advance(Duration::from_secs(599));
        stage.verify(&app, &token(&key, algorithm, Some("k"))).await.unwrap();
        assert_eq!(server.hits(), 1, "fresh for ten minutes");
        stage.clock.advance(Duration::from_secs(1));
        stage.verify(&app, &token(&key, algorithm, Some("k"))).await.unwrap();
        assert_eq!(server.hits(), 2, "not longer");
    }
}

#[tokio::test]
async fn a_key_that_was_taken_out_is_not_taken_any_more() {
    let stage = Stage::new();
    let key = TestKey::named("own", ES);
    let server = KeyServer::start(Answer::keys([key.jwk("k")])).await;
    let app = fetched(&server.url(), ES);
    stage.verify(&app, &token(&key, ES, Some("k"))).await.unwrap();
    server.set(Answer::keys([]));
    stage.clock.advance(Duration::from_secs(600));
    unsigned(stage.verify(&app, &token(&key, ES, Some("k"))).await);
}

#[tokio::test]
async fn an_unknown_kid_asks_again_once_in_half_a_minute() {
    let stage = Stage::new();
    let (old, new) = (TestKey::named("old", ES), TestKey::named("new", ES));
    let server = KeyServer::start(Answer::keys([old.jwk("old")])).await;
    let app = fetched(&server.url(), ES);
    stage.verify(&app, &token(&old, ES, Some("old"))).await.unwrap();
    server.set(Answer::keys([old.jwk("old"), new.jwk("new")]));
    for _ in 0..20 {
        unsigned(stage.verify(&app, &token(&new, ES, Some("new"))).await);
    }
    assert_eq!(server.hits(), 1, "asked a moment ago");
    stage.clock.advance(Duration::from_secs(30));
    stage.verify(&app, &token(&new, ES, Some("new"))).await.unwrap();
    stage.verify(&app, &token(&old, ES, Some("old"))).await.unwrap();
    assert_eq!(server.hits(), 2);
    for _ in 0..20 {
        unsigned(stage.verify(&app, &token(&new, ES, Some("newer"))).await);
    }
    assert_eq!(server.hits(), 2);
}

#[tokio::test]
async fn the_header_asks_no_set_of_another_algorithm() {
    let stage = Stage::new();
    let server = KeyServer::start(Answer::keys([])).await;
    let app = fetched(&server.url(), JwtAlgorithm::Rs256);
    unsigned(stage.verify(&app, &token(&TestKey::named("own", ES), ES, Some("k"))).await);
    assert_eq!(server.hits(), 0);
}

#[tokio::test]
async fn a_kid_of_a_key_held_here_asks_nobody() {
    let stage = Stage::new();
    let key = TestKey::named("own", ES);
    let server = KeyServer::start(Answer::keys([])).await;
    let remote = fetched(&server.url(), ES).jwt_keys[0].clone();
    let app = app([remote, JwtKey { client_claim: "sub".into(), ..key.configured(Some("k")) }]);
    stage.verify(&app, &token(&key, ES, Some("k"))).await.unwrap();
    assert_eq!(server.hits(), 0);
}

#[tokio::test]
async fn one_fetch_is_under_way_however_many_wait() {
    let stage = Arc::new(Stage::new());
    let key = TestKey::named("own", ES);
    let answer = Answer::keys([key.jwk("k")]).late(Duration::from_millis(200));
    let server = KeyServer::start(answer).await;
    // Two values of the same app, and both share the fetch.
    let apps = [fetched(&server.url(), ES), fetched(&server.url(), ES)];
    let mut callers = tokio::task::JoinSet::new();
    for index in 0..50 {
        let (stage, app) = (Arc::clone(&stage), Arc::clone(&apps[index % 2]));
        let token = token(&key, ES, Some("k"));
        callers.spawn(async move { stage.verify(&app, &token).await.map(drop) });
    }
    while let Some(outcome) = callers.join_next().await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn whoever_asked_first_may_go_away() {
    let stage = Arc::new(Stage::new());
    let key = TestKey::named("own", ES);
    let answer = Answer::keys([key.jwk("k")]).late(Duration::from_millis(150));
    let server = KeyServer::start(answer).await;
    let app = fetched(&server.url(), ES);
    let text = token(&key, ES, Some("k"));
    let verify = stage.verify(&app, &text);
    assert!(tokio::time::timeout(Duration::from_millis(50), verify).await.is_err());
    stage.verify(&app, &text).await.unwrap();
    assert_eq!(server.hits(), 1);
}

#[tokio::test]
async fn old_keys_serve_while_the_set_cant_be_had_and_not_for_ever() {
    let stage = Stage::new();
    let key = TestKey::named("own", ES);
    let server = KeyServer::start(Answer::keys([key.jwk("k")])).await;
    let app = fetched(&server.url(), ES);
    let text = key.sign(&header(ES, Some("k")), &claims(r#","sub":"bob""#));
    stage.verify(&app, &text).await.unwrap();
    server.set(Answer::status("500 Oops"));
    stage.clock.advance(Duration::from_secs(600));
    for _ in 0..5 {
        stage.verify(&app, &text).await.unwrap();
    }
    assert_eq!(server.hits(), 2, "a pause after a failure");
    let told = unavailable(stage.verify(&app, &token(&key, ES, Some("new"))).await);
    assert!(told.contains("500"), "whether the key is new can't be known: {told}");
    assert_eq!(server.hits(), 2);
    stage.clock.advance(Duration::from_secs(10));
    stage.verify(&app, &text).await.unwrap();
    assert_eq!(server.hits(), 3);
    stage.clock.advance(Duration::from_secs(24 * 60 * 60 - 611));
    stage.verify(&app, &text).await.unwrap();
    stage.clock.advance(Duration::from_secs(1));
    let told = unavailable(stage.verify(&app, &text).await);
    assert!(told.contains("500"), "{told}");
    server.set(Answer::keys([key.jwk("k")]));
    stage.clock.advance(Duration::from_secs(10));
    stage.verify(&app, &text).await.unwrap();
}

#[tokio::test]
async fn a_first_fetch_that_fails_is_told_and_tried_again_after_a_pause() {
    let stage = Stage::new();
    let key = TestKey::named("own", ES);
    let server = KeyServer::start(Answer::status("503 Later")).await;
    let app = fetched(&server.url(), ES);
    for _ in 0..5 {
        let outcome = stage.verify(&app, &token(&key, ES, Some("k"))).await;
        match &outcome {
            Err(TokenError::Unavailable { retry_after, .. }) => {
                assert_eq!(*retry_after, Duration::from_secs(10));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(unavailable(outcome), "the answer has the status 503 Service Unavailable");
    }
    assert_eq!(server.hits(), 1);
    server.set(Answer::keys([key.jwk("k")]));
    stage.clock.advance(Duration::from_secs(10));
    stage.verify(&app, &token(&key, ES, Some("k"))).await.unwrap();
}

#[tokio::test]
async fn only_keys_for_this_purpose_are_taken() {
    let stage = Stage::new();
    let good = TestKey::named("own", ES);
    let secret = TestKey::named("own", JwtAlgorithm::Hs256);
    let with = |kid: &str, name: &str, value: Value| {
        let mut jwk = good.jwk(kid);
        jwk[name] = value;
        jwk
    };
    let server = KeyServer::start(Answer::keys([
        secret.jwk("oct"),
        with("other-alg", "alg", json!("ES384")),
        with("unknown-alg", "alg", json!("ES999")),
        with("enc", "use", json!("enc")),
        with("sign-only", "key_ops", json!(["sign"])),
        with("other-curve", "crv", json!("P-384")),
        with("half", "x", json!("AAAA")),
        with("off-curve", "x", json!("A".repeat(43))),
        with("number", "x", json!(5)),
        with("odd-kid", "kid", json!(7)),
        TestKey::named("own", JwtAlgorithm::Es384).jwk("p384"),
        TestKey::named("own", JwtAlgorithm::EdDsa).jwk("ed"),
        json!(null),
        json!({"kty": "new"}),
        with("sig", "use", json!("sig")),
        with("verify", "key_ops", json!(["verify"])),
        with("no-alg", "alg", json!(null)),
    ]))
    .await;
    let app = fetched(&server.url(), ES);
    for kid in ["sig", "verify", "no-alg"] {
        stage.verify(&app, &token(&good, ES, Some(kid))).await.expect(kid);
    }
    for kid in [
        "oct",
        "other-alg",
        "unknown-alg",
        "enc",
        "sign-only",
        "half",
        "off-curve",
        "number",
        "7",
        "p384",
        "ed",
    ] {
        let why = unsigned(stage.verify(&app, &token(&good, ES, Some(kid))).await);
        assert_eq!(why, "no key has the header's `kid`", "{kid}");
    }
    let forged = token(&secret, JwtAlgorithm::Hs256, Some("oct"));
    unsigned(stage.verify(&app, &forged).await);
}

#[tokio::test]
async fn a_modulus_with_a_leading_zero_is_the_same_key() {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as B64};
    let stage = Stage::new();
    let key = TestKey::named("own", JwtAlgorithm::Rs256);
    let mut jwk = key.jwk("k");
    let modulus = B64.decode(jwk["n"].as_str().unwrap()).unwrap();
    jwk["n"] = B64.encode([&[0], &modulus[..]].concat()).into();
    let server = KeyServer::start(Answer::keys([jwk])).await;
    let app = fetched(&server.url(), JwtAlgorithm::Rs256);
    stage.verify(&app, &token(&key, JwtAlgorithm::Rs256, Some("k"))).await.unwrap();
}

#[tokio::test]
async fn four_keys_are_tried_without_a_kid() {
    let stage = Stage::new();
    let keys: Vec<_> = (0..5).map(|n| TestKey::named(&n.to_string(), ES)).collect();
    let server = KeyServer::start(Answer::keys(keys.iter().map(|key| key.jwk("k")))).await;
    let app = fetched(&server.url(), ES);
    for key in &keys[..4] {
        stage.verify(&app, &token(key, ES, None)).await.unwrap();
    }
    unsigned(stage.verify(&app, &token(&keys[4], ES, None)).await);
}

#[tokio::test]
async fn what_is_no_key_set_is_told() {
    let key = TestKey::named("own", ES);
    let fifty_one = (0..51).map(|n| key.jwk(&n.to_string()));
    let over = format!("{{\"keys\":[{}]}}", " ".repeat(256 * 1024));
    for (answer, told) in [
        (Answer::body("<html>secret words</html>"), "the answer is not a key set"),
        (Answer::body("[]"), "the answer is not a key set"),
        (Answer::body("{\"keys\":{}}"), "the answer is not a key set"),
        (Answer::keys(fifty_one), "the key set has more than 50 keys"),
        (Answer::body(&over), "the answer has more than 262144 bytes"),
        (Answer::endless(1024 * 1024), "the answer has more than 262144 bytes"),
        (Answer::status("404 Not Found"), "the answer has the status 404 Not Found"),
    ] {
        assert_eq!(bad(answer).await, told);
    }
    let fifty = (0..50).map(|n| key.jwk(&n.to_string()));
    let (stage, server) = (Stage::new(), KeyServer::start(Answer::keys(fifty)).await);
    let app = fetched(&server.url(), ES);
    stage.verify(&app, &token(&key, ES, Some("49"))).await.unwrap();
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let target = KeyServer::start(Answer::keys([])).await;
    let location = format!("302 Found\r\nLocation: {}", target.url());
    let told = bad(Answer::status(&location)).await;
    assert_eq!(told, "the answer leads elsewhere (status 302 Found), which is not followed");
    assert_eq!(target.hits(), 0);
}

#[tokio::test]
async fn a_server_that_says_nothing_holds_nobody_longer_than_two_seconds() {
    let begin = Instant::now();
    let (silence, drip) = tokio::join!(bad(Answer::Silence), bad(Answer::Drip));
    assert_eq!(silence, "no answer within 2000 ms");
    assert_eq!(drip, "no answer within 2000 ms");
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_without_its_path() {
    let url = {
        let server = KeyServer::start(Answer::Silence).await;
        server.url()
    };
    tokio::time::sleep(Duration::from_millis(20)).await;
    let app = fetched(&url, ES);
    let key = TestKey::named("own", ES);
    let told = unavailable(Stage::new().verify(&app, &token(&key, ES, Some("k"))).await);
    assert!(told.starts_with("the request failed"), "{told}");
    assert!(!told.contains("jwks.json"), "{told}");
}

#[tokio::test]
async fn production_asks_neither_itself_nor_its_neighbours() {
    let server = KeyServer::start(Answer::keys([])).await;
    let key = TestKey::named("own", ES);
    let stage = Stage::with(JwksOptions::default());
    let port = server.url().split(':').nth(2).unwrap().to_owned();
    for url in [server.url(), format!("https://127.0.0.1:{port}"), format!("https://[::1]:{port}")]
    {
        let told = unavailable(stage.verify(&fetched(&url, ES), &token(&key, ES, Some("k"))).await);
        assert!(told.starts_with("the JWKS address "), "{told}");
    }
    assert_eq!(server.hits(), 0);
}
