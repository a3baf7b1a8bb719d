//! What a token may say.

use application::ports::TokenError;
use domain::{Action, JwtAlgorithm, JwtKey, Timestamp};

use crate::{
    keys::TestKey,
    stage::{BEGIN, Stage, app, claims, header, invalid},
};

const HS: JwtAlgorithm = JwtAlgorithm::Hs256;

struct Desk {
    stage: Stage,
    app: std::sync::Arc<domain::App>,
    key: TestKey,
}

impl Desk {
    fn new() -> Self {
        let key = TestKey::generate(HS);
        Self { stage: Stage::new(), app: app([key.configured(None)]), key }
    }

    async fn say(&self, claims: &str) -> Result<domain::Claims, TokenError> {
        let token = self.key.sign(&header(HS, None), claims);
        self.stage.verify(&self.app, &token).await
    }

    async fn why(&self, more: &str) -> &'static str {
        invalid(self.say(&claims(more)).await)
    }
}

#[tokio::test]
async fn everything_that_a_token_can_say() {
    let desk = Desk::new();
    let verified = desk
        .say(&claims(
            r##","iat":1799999999.5,"nbf":1799999999,"jti":"t-1","sub":"ignored","x":{"y":[1]},
            "caps":{"chat:*":["subscribe","send"],"#log":["history"]},
            "channels":["news","user:alice","news"],"info":{ "name" : "Alice 😀", "n": 1.50 }"##,
        ))
        .await
        .unwrap();
    assert_eq!(verified.client.as_str(), "alice");
    assert_eq!(verified.expires_at, Timestamp::from_secs(BEGIN + 100_000));
    assert_eq!(verified.issued_at, Some(Timestamp::from_millis(1_799_999_999_500)));
    assert_eq!(verified.token_id.as_deref(), Some("t-1"));
    let caps = verified.caps.unwrap();
    assert_eq!(caps.len(), 2);
    assert!(caps[0].actions.contains(Action::Send) && !caps[0].actions.contains(Action::History));
    let channels: Vec<&str> = verified.channels.iter().map(|name| name.as_str()).collect();
    assert_eq!(channels, ["news", "user:alice"], "each once");
    assert_eq!(verified.info.unwrap().as_str(), r#"{"name":"Alice 😀","n":1.50}"#);
}

#[tokio::test]
async fn what_is_left_away_is_nothing() {
    let verified = Desk::new().say(&claims("")).await.unwrap();
    assert!(verified.issued_at.is_none() && verified.token_id.is_none());
    assert!(verified.caps.is_none(), "the app's default decides");
    assert!(verified.channels.is_empty() && verified.info.is_none());
    let verified = Desk::new().say(&claims(r#","caps":{},"info":null"#)).await.unwrap();
    assert_eq!(verified.caps, Some(Vec::new()), "nothing at all is allowed");
    assert_eq!(verified.info.unwrap().as_str(), "null");
}

#[tokio::test]
async fn odd_claims_are_refused_with_a_reason() {
    let desk = Desk::new();
    let long = |n: usize| "x".repeat(n);
    let names: Vec<String> = (0..129).map(|n| format!("\"c{n}\"")).collect();
    let deep = format!(r#","info":{}{}"#, "[".repeat(65), "]".repeat(65));
    for (more, why) in [
        (r#","exp":1"#, "a claim comes twice"),
        (r#","x":1,"x":1"#, "a claim comes twice"),
        (r#","nbf":"soon""#, "`nbf` is not a date in seconds"),
        (r#","iat":true"#, "`iat` is not a date in seconds"),
        (r#","iat":1800000031"#, "issued in the future (`iat`)"),
        (r#","jti":5"#, "`jti` is not a text"),
        (&format!(r#","jti":"{}""#, long(257)), "`jti` has more than 256 bytes"),
        (r#","caps":null"#, "`caps` is not an object"),
        (r#","caps":{"a":["publish"]}"#, "`caps` has an unknown action"),
        (r#","caps":{"a b":[]}"#, "`caps` has a pattern that is none"),
        (r#","channels":"news""#, "`channels` is not a list of texts"),
        (r#","channels":["a*"]"#, "`channels` has a name that no channel has"),
        (r##","channels":["#server"]"##, "`channels` has a name that is reserved to the server"),
        (&format!(r#","channels":[{}]"#, names.join(",")), "`channels` has more than 128 names"),
        (&format!(r#","info":"{}""#, long(1023)), "`info` has more than 1024 bytes"),
        (r#","info":"\ud800""#, "`info` has a lone surrogate"),
        (&deep, "`info` is nested too deep"),
    ] {
        assert_eq!(desk.why(more).await, why, "{more}");
    }
    assert_eq!(
        desk.why(r#","iat":1800000030,"nbf":1800000030,"jti":0"#).await,
        "`jti` is not a text"
    );
}

#[tokio::test]
async fn what_is_no_object_is_no_claims() {
    let desk = Desk::new();
    for text in ["", "null", "[]", "1", "{", "{}x", "\u{0}"] {
        assert_eq!(invalid(desk.say(text).await), "the claims are not a JSON object", "{text}");
    }
}

#[tokio::test]
async fn times_are_seconds() {
    let desk = Desk::new();
    let say = |exp: &str| format!(r#"{{"app_id":"shop","client_id":"alice","exp":{exp}}}"#);
    desk.say(&say("1800000000.5")).await.unwrap();
    desk.say(&say("1.9e9")).await.unwrap();
    for exp in ["1799999970", "0", "-1", "-1e300", "1799999969.9"] {
        let outcome = desk.say(&say(exp)).await;
        assert!(matches!(outcome, Err(TokenError::Expired)), "{exp} {outcome:?}");
    }
    for exp in ["1900000000000", "1e300", "\"1900000000\"", "null", "[1900000000]"] {
        assert_eq!(invalid(desk.say(&say(exp)).await), "`exp` is not a date in seconds", "{exp}");
    }
}

#[tokio::test]
async fn no_client_has_the_name_of_a_wildcard() {
    let desk = Desk::new();
    let say = |client: &str| format!(r#"{{"app_id":"shop",{client}"exp":1900000000}}"#);
    for client in ["*", "", "a b", "{client}", "a*", "a\\u0000"] {
        let outcome = desk.say(&say(&format!(r#""client_id":"{client}","#))).await;
        assert_eq!(invalid(outcome), "the claim that names the client has no valid client id");
    }
    let outcome = desk.say(&say(r#""client_id":7,"#)).await;
    assert_eq!(invalid(outcome), "the claim that names the client has no valid client id");
    let outcome = desk.say(&say(r#""sub":"alice","#)).await;
    assert_eq!(invalid(outcome), "the claim that names the client is missing");
}

#[tokio::test]
async fn a_key_says_which_claim_names_the_client() {
    let desk = Desk::new();
    let key = JwtKey { client_claim: "https://x/uid".into(), ..desk.key.configured(None) };
    let app = app([key]);
    let token = desk.key.sign(&header(HS, None), &claims(r#","https://x/uid":"bob""#));
    assert_eq!(desk.stage.verify(&app, &token).await.unwrap().client.as_str(), "bob");
}
