//! What every `TokenVerifier` guarantees.

use std::{sync::Arc, time::Duration};

use application::ports::{Clock, TokenError, TokenVerifier};
use domain::{App, AppId, Claims, JwtAlgorithm, JwtKey, Timestamp};
use futures_util::future::join_all;

use crate::ManualClock;

/// A key of the suite. Keys with the same `name` and algorithm are the same key pair or secret.
#[derive(Debug, Clone, Copy)]
pub struct KeySpec {
    /// Which key.
    pub name: &'static str,
    /// How its configuration names it.
    pub kid: Option<&'static str>,
    /// How it signs.
    pub algorithm: JwtAlgorithm,
}

impl KeySpec {
    const fn secret(name: &'static str) -> Self {
        Self { name, kid: Some(name), algorithm: JwtAlgorithm::Hs256 }
    }

    const fn public(name: &'static str) -> Self {
        Self { name, kid: Some(name), algorithm: JwtAlgorithm::Es256 }
    }

    const fn without_kid(self) -> Self {
        Self { kid: None, ..self }
    }
}

/// What the suite needs of an adapter under test.
pub trait TokenFixture {
    /// The adapter, which reads [`Self::clock`].
    fn verifier(&self) -> &dyn TokenVerifier;

    /// The adapter's clock.
    fn clock(&self) -> &ManualClock;

    /// The configuration of a key, without issuer and audience; the client is in `client_id`.
    fn key(&self, spec: KeySpec) -> JwtKey;

    /// The configuration of a JWKS, for the algorithm of `algorithm`, whose only key is the shared
    /// secret `spec`.
    fn jwks_of_secret(&self, spec: KeySpec, algorithm: JwtAlgorithm) -> JwtKey;

    /// A token of this header and these claims, signed by the key with its own algorithm.
    fn sign(&self, spec: KeySpec, header: &str, claims: &str) -> String;

    /// A text that an HS key made of the public half of `spec` signs.
    fn sign_with_public_half(&self, spec: KeySpec, header: &str, claims: &str) -> String;
}

const APP: &str = "suite";
const SECRET: KeySpec = KeySpec::secret("secret");
const PUBLIC: KeySpec = KeySpec::public("public");

fn app(keys: impl IntoIterator<Item = JwtKey>) -> Arc<App> {
    named_app(APP, keys)
}

fn named_app(name: &str, keys: impl IntoIterator<Item = JwtKey>) -> Arc<App> {
    let mut app = App::new(AppId::parse(name).expect("an app's name"));
    app.jwt_keys = keys.into_iter().collect();
    Arc::new(app)
}

fn header(spec: KeySpec) -> String {
    let alg = spec.algorithm.name();
    match spec.kid {
        Some(kid) => format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#),
        None => format!(r#"{{"alg":"{alg}"}}"#),
    }
}

/// The usual claims, an hour to live, and more.
fn claims(fixture: &dyn TokenFixture, more: &str) -> String {
    let exp = fixture.clock().now().as_secs() + 3600;
    format!(r#"{{"app_id":"{APP}","client_id":"alice","exp":{exp}{more}}}"#)
}

fn token(fixture: &dyn TokenFixture, spec: KeySpec) -> String {
    fixture.sign(spec, &header(spec), &claims(fixture, ""))
}

async fn verify(
    fixture: &dyn TokenFixture,
    app: &Arc<App>,
    token: &str,
) -> Result<Claims, TokenError> {
    fixture.verifier().verify(app, token).await
}

#[track_caller]
fn assert_signature_invalid(outcome: Result<Claims, TokenError>, what: &str) {
    assert!(matches!(outcome, Err(TokenError::SignatureInvalid { .. })), "{what}: {outcome:?}");
}

/// Guarantee 1: only a key of this app, only with its own algorithm, chosen by `kid`.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn only_a_key_of_the_app_signs(fixture: &dyn TokenFixture) {
    let both = app([fixture.key(SECRET), fixture.key(PUBLIC)]);
    for spec in [SECRET, PUBLIC] {
        let verified = verify(fixture, &both, &token(fixture, spec)).await;
        let verified = verified.unwrap_or_else(|error| panic!("{spec:?}: {error:?}"));
        assert_eq!(verified.client.as_str(), "alice");
        verify(fixture, &both, &token(fixture, spec.without_kid())).await.expect("without a kid");
    }
    let stranger = KeySpec::secret("stranger");
    assert_signature_invalid(
        verify(fixture, &both, &token(fixture, stranger)).await,
        "a kid that no key has",
    );
    let posing = fixture.sign(stranger, &header(SECRET), &claims(fixture, ""));
    assert_signature_invalid(verify(fixture, &both, &posing).await, "another key under the kid");
    let neighbour = named_app("neighbour", [fixture.key(stranger)]);
    assert_signature_invalid(
        verify(fixture, &neighbour, &token(fixture, SECRET.without_kid())).await,
        "a key of another app",
    );
    header_chooses_no_algorithm(fixture, &both).await;
}

async fn header_chooses_no_algorithm(fixture: &dyn TokenFixture, app: &Arc<App>) {
    let claims = claims(fixture, "");
    for kid in ["", r#","kid":"public""#] {
        let header = format!(r#"{{"alg":"HS256"{kid}}}"#);
        let confused = fixture.sign_with_public_half(PUBLIC, &header, &claims);
        assert_signature_invalid(
            verify(fixture, app, &confused).await,
            "a public key as the secret",
        );
    }
    for alg in ["none", "None", "NONE", ""] {
        let signed = fixture.sign(SECRET, &format!(r#"{{"alg":"{alg}"}}"#), &claims);
        let unsigned = signed.rsplit_once('.').map_or("", |(message, _)| message);
        for text in [signed.clone(), format!("{unsigned}.")] {
            assert!(verify(fixture, app, &text).await.is_err(), "{alg}");
        }
    }
    let lying = fixture.sign(SECRET, r#"{"alg":"HS512","kid":"secret"}"#, &claims);
    assert!(verify(fixture, app, &lying).await.is_err(), "the header's algorithm is not the key's");
}

/// Guarantee 2: `exp` is required; `exp` and `nbf` are judged by the given clock, with 30 s.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn times_are_judged_by_the_clock(fixture: &dyn TokenFixture) {
    let app = app([fixture.key(SECRET)]);
    let begin = fixture.clock().now().as_secs();
    let sign = |claims: &str| fixture.sign(SECRET, &header(SECRET), claims);
    let forever = sign(r#"{"app_id":"suite","client_id":"alice"}"#);
    let outcome = verify(fixture, &app, &forever).await;
    assert!(matches!(outcome, Err(TokenError::Invalid { .. })), "no exp: {outcome:?}");

    let exp = begin + 100;
    let text = sign(&format!(r#"{{"app_id":"suite","client_id":"alice","exp":{exp}}}"#));
    let verified = verify(fixture, &app, &text).await.expect("100 s to live");
    assert_eq!(verified.expires_at, Timestamp::from_secs(exp));
    fixture.clock().advance(Duration::from_millis(129_999));
    verify(fixture, &app, &text).await.expect("within the leeway");
    fixture.clock().advance(Duration::from_millis(1));
    let outcome = verify(fixture, &app, &text).await;
    assert!(matches!(outcome, Err(TokenError::Expired)), "{outcome:?}");
    let odd = sign(&format!(r#"{{"app_id":"other","client_id":"*","exp":{exp},"caps":1}}"#));
    let outcome = verify(fixture, &app, &odd).await;
    assert!(matches!(outcome, Err(TokenError::Expired)), "first of all expired: {outcome:?}");
    let forged = fixture.sign(
        KeySpec::secret("stranger"),
        &header(SECRET),
        &format!(r#"{{"app_id":"suite","client_id":"alice","exp":{exp}}}"#),
    );
    assert_signature_invalid(verify(fixture, &app, &forged).await, "expired and forged");

    let nbf = fixture.clock().now().as_secs() + 100;
    let text = sign(&claims(fixture, &format!(r#","nbf":{nbf}"#)));
    fixture.clock().set_now(Timestamp::from_millis(nbf * 1000 - 30_001));
    let outcome = verify(fixture, &app, &text).await;
    assert!(matches!(outcome, Err(TokenError::Invalid { .. })), "too early: {outcome:?}");
    fixture.clock().advance(Duration::from_millis(1));
    verify(fixture, &app, &text).await.expect("within the leeway of nbf");
    fixture.clock().set_now(Timestamp::from_secs(begin));
}

/// Guarantee 3: the app id is this app's, or the key names an audience.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_token_is_for_its_app(fixture: &dyn TokenFixture) {
    let plain = app([fixture.key(SECRET)]);
    let scoped = app([JwtKey { audience: Some("only-suite".into()), ..fixture.key(SECRET) }]);
    let exp = fixture.clock().now().as_secs() + 60;
    let sign = |app_id: &str| {
        let claims = format!(r#"{{{app_id}"client_id":"alice","aud":"only-suite","exp":{exp}}}"#);
        fixture.sign(SECRET, &header(SECRET), &claims)
    };
    let (own, absent) = (sign(r#""app_id":"suite","#), sign(""));
    verify(fixture, &plain, &own).await.expect("its own app");
    verify(fixture, &scoped, &own).await.expect("its own app and the audience");
    verify(fixture, &scoped, &absent).await.expect("the audience stands for the app");
    let outcome = verify(fixture, &plain, &absent).await;
    assert!(matches!(outcome, Err(TokenError::AppMismatch)), "no app id: {outcome:?}");
    for wrong in [r#""app_id":"Suite","#, r#""app_id":"","#, r#""app_id":null,"#, r#""app_id":7,"#]
    {
        for app in [&plain, &scoped] {
            let outcome = verify(fixture, app, &sign(wrong)).await;
            assert!(matches!(outcome, Err(TokenError::AppMismatch)), "{wrong} {outcome:?}");
        }
    }
}

/// Guarantee 4: issuer and audience are judged where the key names them.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn issuer_and_audience_are_judged(fixture: &dyn TokenFixture) {
    let app = app([JwtKey {
        issuer: Some("https://id".into()),
        audience: Some("rt".into()),
        ..fixture.key(SECRET)
    }]);
    let cases = [
        (r#","iss":"https://id","aud":"rt""#, true),
        (r#","iss":"https://id","aud":["x","rt"]"#, true),
        (r#","iss":"https://id/","aud":"rt""#, false),
        (r#","iss":"https://id","aud":"rt2""#, false),
        (r#","iss":"https://id","aud":[]"#, false),
        (r#","iss":"https://id""#, false),
        (r#","aud":"rt""#, false),
        (r#","iss":["https://id"],"aud":"rt""#, false),
        (r#","iss":"https://id","aud":{"rt":1}"#, false),
    ];
    for (more, good) in cases {
        let token = fixture.sign(SECRET, &header(SECRET), &claims(fixture, more));
        let outcome = verify(fixture, &app, &token).await;
        let fits = match &outcome {
            Ok(_) => good,
            Err(error) => !good && matches!(error, TokenError::Invalid { .. }),
        };
        assert!(fits, "{more}: {outcome:?}");
    }
}

/// Guarantee 5: a header with `crit` is refused; so is a shared secret out of a JWKS.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_is_not_understood_is_refused(fixture: &dyn TokenFixture) {
    let plain = app([fixture.key(SECRET)]);
    let critical = r#"{"alg":"HS256","kid":"secret","crit":["exp"]}"#;
    let critical = fixture.sign(SECRET, critical, &claims(fixture, ""));
    let outcome = verify(fixture, &plain, &critical).await;
    assert!(matches!(outcome, Err(TokenError::Invalid { .. })), "{outcome:?}");

    for algorithm in [JwtAlgorithm::Es256, JwtAlgorithm::Hs256] {
        let fetched = app([fixture.jwks_of_secret(SECRET, algorithm)]);
        for spec in [SECRET, SECRET.without_kid()] {
            let outcome = verify(fixture, &fetched, &token(fixture, spec)).await;
            assert!(outcome.is_err(), "a published secret ({algorithm:?})");
        }
    }
}

/// Guarantee 6: the work is bounded. Needs a runtime on which the adapter's threads get their turn.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn the_work_is_bounded(fixture: &dyn TokenFixture) {
    let plain = app([fixture.key(SECRET)]);
    let long = format!(r#","x":"{}""#, "x".repeat(8 * 1024));
    let long = fixture.sign(SECRET, &header(SECRET), &claims(fixture, &long));
    let outcome = verify(fixture, &plain, &long).await;
    assert!(matches!(outcome, Err(TokenError::Invalid { .. })), "{outcome:?}");

    let keys = ["k1", "k2", "k3", "k4", "k5"].map(KeySpec::secret);
    let five = app(keys.map(|spec| fixture.key(spec)));
    for spec in &keys[..4] {
        let tried = verify(fixture, &five, &token(fixture, spec.without_kid())).await;
        tried.expect("one of the first four");
    }
    let fifth = token(fixture, keys[4].without_kid());
    assert_signature_invalid(verify(fixture, &five, &fifth).await, "the fifth is not tried");
    verify(fixture, &five, &token(fixture, keys[4])).await.expect("the fifth by its kid");

    let slow = KeySpec { algorithm: JwtAlgorithm::Es384, ..KeySpec::public("slow") };
    let expensive = app([fixture.key(slow)]);
    let text = token(fixture, slow);
    let crowd = join_all((0..8_000).map(|_| verify(fixture, &expensive, &text))).await;
    let (mut done, mut refused) = (0, 0);
    for outcome in crowd {
        match outcome {
            Ok(_) => done += 1,
            Err(TokenError::Busy { retry_after }) => {
                assert!(!retry_after.is_zero());
                refused += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(done > 0 && refused > 0, "{done} verified, {refused} refused");
    verify(fixture, &expensive, &text).await.expect("room again");
}

/// Guarantee 7: nothing of the token is in an error.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn nothing_of_the_token_is_in_an_error(fixture: &dyn TokenFixture) {
    const MARK: &str = "wIt8zq5";
    let app = app([fixture.key(SECRET)]);
    let marked = |more: &str| fixture.sign(SECRET, &header(SECRET), &claims(fixture, more));
    let header = format!(r#"{{"alg":"HS256","kid":"{MARK}"}}"#);
    let tokens = [
        MARK.to_owned(),
        format!("{MARK}.{MARK}.{MARK}"),
        fixture.sign(SECRET, &header, &claims(fixture, "")),
        fixture.sign(SECRET, &header.replace("HS256", MARK), &claims(fixture, "")),
        fixture.sign(SECRET, &header.replace("kid", "crit"), &claims(fixture, "")),
        fixture.sign(SECRET, r#"{"alg":"HS256"}"#, MARK),
        marked(&format!(r#","nbf":"{MARK}""#)),
        marked(&format!(r#","caps":{{"{MARK}":["{MARK}"]}}"#)),
        marked(&format!(r#","channels":["{MARK} {MARK}"]"#)),
        marked(&format!(r#","jti":["{MARK}"]"#)),
    ];
    for token in tokens {
        let error = verify(fixture, &app, &token).await.expect_err(&token);
        let mut told = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            told.push_str(&format!(" {cause} {cause:?}"));
            source = cause.source();
        }
        assert!(!told.contains(MARK), "{told}");
    }
}
