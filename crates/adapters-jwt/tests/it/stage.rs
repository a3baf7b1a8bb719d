//! A verifier, its clock, and apps to verify for.

use std::sync::Arc;

use adapters_jwt::{JwksOptions, JwtTokenVerifier};
use application::ports::{Clock, TokenError, TokenVerifier};
use domain::{App, AppId, Claims, JwtKey, Timestamp};
use testkit::ManualClock;

/// When every test begins.
pub(crate) const BEGIN: u64 = 1_800_000_000;

pub(crate) struct Stage {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) verifier: Arc<JwtTokenVerifier>,
}

impl Stage {
    /// Takes key sets from this machine.
    pub(crate) fn new() -> Self {
        Self::with(JwksOptions::default().allow_loopback())
    }

    pub(crate) fn with(options: JwksOptions) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(BEGIN)));
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let verifier = Arc::new(JwtTokenVerifier::new(shared, options).unwrap());
        Self { clock, verifier }
    }

    pub(crate) async fn verify(&self, app: &Arc<App>, token: &str) -> Result<Claims, TokenError> {
        self.verifier.verify(app, token).await
    }
}

pub(crate) fn app(keys: impl IntoIterator<Item = JwtKey>) -> Arc<App> {
    let mut app = App::new(AppId::parse("shop").unwrap());
    app.jwt_keys = keys.into_iter().collect();
    Arc::new(app)
}

/// Claims that pass, and more.
pub(crate) fn claims(more: &str) -> String {
    let exp = BEGIN + 100_000;
    format!(r#"{{"app_id":"shop","client_id":"alice","exp":{exp}{more}}}"#)
}

pub(crate) fn header(algorithm: domain::JwtAlgorithm, kid: Option<&str>) -> String {
    let alg = algorithm.name();
    match kid {
        Some(kid) => format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"JWT"}}"#),
        None => format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#),
    }
}

/// Why a token is invalid.
#[track_caller]
pub(crate) fn invalid(outcome: Result<Claims, TokenError>) -> &'static str {
    match outcome {
        Err(TokenError::Invalid { why }) => why,
        other => panic!("{other:?}"),
    }
}

/// What was looked for in vain.
#[track_caller]
pub(crate) fn unsigned(outcome: Result<Claims, TokenError>) -> &'static str {
    match outcome {
        Err(TokenError::SignatureInvalid { why }) => why,
        other => panic!("{other:?}"),
    }
}
