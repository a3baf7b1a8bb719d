//! Tokens that the server makes.

use std::{collections::HashSet, sync::Arc};

use adapters_jwt::JwtTokenIssuer;
use application::ports::{Clock, IssueError, TokenIssuer, TokenRequest};
use domain::{
    Action, ChannelName, ClientId, Grant, GrantPattern, JwtAlgorithm, JwtKey, Payload, Timestamp,
};

use crate::{
    keys::TestKey,
    stage::{BEGIN, Stage, app},
};

fn request() -> TokenRequest {
    TokenRequest {
        client: ClientId::parse("alice").unwrap(),
        expires_at: Timestamp::from_secs(BEGIN + 60),
        caps: None,
        channels: Vec::new(),
        info: None,
        api: Vec::new(),
    }
}

fn full_request() -> TokenRequest {
    let grant = |pattern: &str, actions: &[Action]| Grant {
        pattern: GrantPattern::parse(pattern).unwrap(),
        actions: actions.iter().copied().collect(),
    };
    TokenRequest {
        caps: Some(vec![grant("a:*", &[Action::Subscribe, Action::Send]), grant("b", &[])]),
        channels: vec![ChannelName::parse("news").unwrap()],
        info: Some(Payload::parse(r#"{"n":1.50,"s":"\u00e9"}"#, 100).unwrap()),
        ..request()
    }
}

fn issuer(stage: &Stage) -> JwtTokenIssuer {
    let clock: Arc<dyn Clock> = Arc::clone(&stage.clock) as _;
    JwtTokenIssuer::new(clock)
}

#[tokio::test]
async fn the_verifier_takes_what_the_issuer_makes() {
    let stage = Stage::new();
    for algorithm in [JwtAlgorithm::Hs256, JwtAlgorithm::Hs384, JwtAlgorithm::Hs512] {
        for kid in [None, Some("k")] {
            let key = JwtKey {
                issuer: Some("https://us".into()),
                audience: Some("rt".into()),
                client_claim: "sub".into(),
                ..TestKey::generate(algorithm).configured(kid)
            };
            let other = TestKey::named("own", JwtAlgorithm::Es256).configured(Some("other"));
            let app = app([other, key, TestKey::generate(algorithm).configured(Some("later"))]);
            let request = full_request();
            let token = issuer(&stage).issue(&app, &request).unwrap();
            let verified = stage.verify(&app, &token).await.unwrap();
            assert_eq!(verified.client, request.client);
            assert_eq!(verified.expires_at, request.expires_at);
            assert_eq!(verified.issued_at, Some(Timestamp::from_secs(BEGIN)));
            assert_eq!(verified.caps, request.caps);
            assert_eq!(verified.channels, request.channels);
            assert_eq!(verified.info, request.info);
        }
    }
}

#[tokio::test]
async fn grants_of_the_same_pattern_add_up() {
    let stage = Stage::new();
    let app = app([TestKey::generate(JwtAlgorithm::Hs256).configured(None)]);
    let grant = |action| Grant {
        pattern: GrantPattern::parse("a").unwrap(),
        actions: [action].into_iter().collect(),
    };
    let caps = Some(vec![grant(Action::Send), grant(Action::History)]);
    let token = issuer(&stage).issue(&app, &TokenRequest { caps, ..request() }).unwrap();
    let caps = stage.verify(&app, &token).await.unwrap().caps.unwrap();
    assert_eq!(caps.len(), 1);
    assert_eq!(caps[0].actions, [Action::Send, Action::History].into_iter().collect());
}

#[tokio::test]
async fn every_token_has_a_name_of_its_own() {
    let stage = Stage::new();
    let app = app([TestKey::generate(JwtAlgorithm::Hs256).configured(None)]);
    let mut names = HashSet::new();
    for _ in 0..100 {
        let token = issuer(&stage).issue(&app, &request()).unwrap();
        names.insert(stage.verify(&app, &token).await.unwrap().token_id.unwrap());
    }
    assert_eq!(names.len(), 100);
}

#[test]
fn what_no_verifier_would_take_is_not_made() {
    let stage = Stage::new();
    let issuer = issuer(&stage);
    let none = app([TestKey::named("own", JwtAlgorithm::Es256).configured(None)]);
    assert!(matches!(issuer.issue(&none, &request()), Err(IssueError::NoSecret)));
    let app = app([TestKey::generate(JwtAlgorithm::Hs256).configured(None)]);
    let refused = |request: TokenRequest| match issuer.issue(&app, &request) {
        Err(IssueError::Unsignable(why)) => why,
        other => panic!("{other:?}"),
    };
    let channel = |name: &str| ChannelName::parse(name).unwrap();
    assert_eq!(
        refused(TokenRequest { channels: vec![channel("#x")], ..request() }),
        "a channel that is reserved to the server"
    );
    let channels = (0..129).map(|n| channel(&n.to_string())).collect();
    assert!(refused(TokenRequest { channels, ..request() }).contains("128"));
    let channels = (0..60).map(|n| channel(&format!("{n}{}", "x".repeat(190)))).collect();
    assert!(refused(TokenRequest { channels, ..request() }).contains("8192"));
    let info = Some(Payload::parse(&format!("\"{}\"", "x".repeat(1023)), 2000).unwrap());
    assert!(refused(TokenRequest { info, ..request() }).contains("1024"));
    let expires_at = Timestamp::from_millis(u64::MAX);
    assert!(refused(TokenRequest { expires_at, ..request() }).contains("9999"));
}
