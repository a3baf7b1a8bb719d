//! Tokens: no text breaks the verifier, and what it takes keeps its promises.

use std::{
    pin::pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, Waker},
};

use adapters_jwt::{JwksOptions, JwtTokenVerifier};
use application::ports::{Clock, TokenError, TokenVerifier};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{App, AppId, Claims, JwtAlgorithm, JwtKey, KeyMaterial, Moment, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey};

/// When every input is judged: 2027, in seconds.
const NOW: u64 = 1_800_000_000;
const SECRET: &str = "a secret of thirty-two bytes ...";

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(NOW)
    }

    fn moment(&self) -> Moment {
        Moment::from_millis(0)
    }
}

static VERIFIER: LazyLock<JwtTokenVerifier> = LazyLock::new(|| {
    JwtTokenVerifier::new(Arc::new(Still), JwksOptions::default()).expect("threads")
});

/// An app with one shared secret, which verifies without waiting for anything.
static APP: LazyLock<Arc<App>> = LazyLock::new(|| {
    let mut app = App::new(AppId::parse("fuzz").expect("a name"));
    app.jwt_keys.push(JwtKey {
        kid: None,
        algorithm: JwtAlgorithm::Hs256,
        material: KeyMaterial::Secret(SECRET.to_owned().into()),
        issuer: None,
        audience: None,
        client_claim: "client_id".into(),
    });
    Arc::new(app)
});

/// The data as a token; then as what [`signed`] makes of it.
pub fn check(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        let _ = verify(text);
    }
    if let Ok(claims) = signed(data) {
        check_claims(&claims);
    }
}

/// The first line as the header and the rest as the claims of a token that the app's key signs.
pub fn signed(data: &[u8]) -> Result<Claims, TokenError> {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, claims) = data.split_at(end);
    verify(&sign(header, claims.strip_prefix(b"\n").unwrap_or_default()))
}

fn verify(token: &str) -> Result<Claims, TokenError> {
    let verified = pin!(VERIFIER.verify(&APP, token));
    match verified.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("a shared secret waits for nothing"),
    }
}

fn sign(header: &[u8], claims: &[u8]) -> String {
    let encode = |part: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(part);
    let message = format!("{}.{}", encode(header), encode(claims));
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256);
    format!("{message}.{}", signature.expect("HMAC signs everything"))
}

fn check_claims(claims: &Claims) {
    assert!(claims.expires_at.as_secs() + 30 >= NOW, "not expired");
    assert!(claims.issued_at.is_none_or(|at| at.as_secs() <= NOW + 30), "not of the future");
    assert!(claims.channels.len() <= Claims::CHANNELS_LIMIT);
    assert!(claims.channels.iter().all(|channel| !channel.is_reserved()));
    assert!(claims.caps.as_ref().is_none_or(|caps| caps.len() <= Claims::CAPS_LIMIT));
    assert!(claims.info.as_ref().is_none_or(|info| info.as_str().len() <= Claims::INFO_LIMIT));
}
