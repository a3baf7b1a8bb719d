//! The suite of the port.

use adapters_jwt::JwksOptions;
use application::ports::TokenVerifier;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{JwtAlgorithm, JwtKey, KeyMaterial};
use testkit::{
    ManualClock,
    contracts::token_verifier::{self as suite, KeySpec, TokenFixture},
};

use crate::{
    keys::{TestKey, hmac_of},
    server::{Answer, KeyServer},
    stage::Stage,
};

struct Fixture {
    stage: Stage,
    server: KeyServer,
}

impl Fixture {
    async fn new() -> Self {
        let stage = Stage::with(JwksOptions::default().allow_loopback());
        Self { stage, server: KeyServer::start(Answer::keys([])).await }
    }
}

fn key_of(spec: KeySpec) -> std::sync::Arc<TestKey> {
    TestKey::named(spec.name, spec.algorithm)
}

impl TokenFixture for Fixture {
    fn verifier(&self) -> &dyn TokenVerifier {
        &*self.stage.verifier
    }

    fn clock(&self) -> &ManualClock {
        &self.stage.clock
    }

    fn key(&self, spec: KeySpec) -> JwtKey {
        key_of(spec).configured(spec.kid)
    }

    fn jwks_of_secret(&self, spec: KeySpec, algorithm: JwtAlgorithm) -> JwtKey {
        let key = key_of(spec);
        self.server.set(Answer::keys([key.jwk(spec.kid.unwrap_or_default())]));
        JwtKey {
            kid: None,
            algorithm,
            material: KeyMaterial::JwksUrl(self.server.url().into()),
            ..key.configured(None)
        }
    }

    fn sign(&self, spec: KeySpec, header: &str, claims: &str) -> String {
        key_of(spec).sign(header, claims)
    }

    fn sign_with_public_half(&self, spec: KeySpec, header: &str, claims: &str) -> String {
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let message = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
        let secret = key_of(spec).pem().as_bytes().to_vec();
        let signature = hmac_of(JwtAlgorithm::Hs256, &secret, message.as_bytes());
        format!("{message}.{}", encode(&signature))
    }
}

#[tokio::test]
async fn g1_only_a_key_of_the_app_signs() {
    suite::only_a_key_of_the_app_signs(&Fixture::new().await).await;
}

#[tokio::test]
async fn g2_times_are_judged_by_the_clock() {
    suite::times_are_judged_by_the_clock(&Fixture::new().await).await;
}

#[tokio::test]
async fn g3_a_token_is_for_its_app() {
    suite::a_token_is_for_its_app(&Fixture::new().await).await;
}

#[tokio::test]
async fn g4_issuer_and_audience_are_judged() {
    suite::issuer_and_audience_are_judged(&Fixture::new().await).await;
}

#[tokio::test]
async fn g5_what_is_not_understood_is_refused() {
    suite::what_is_not_understood_is_refused(&Fixture::new().await).await;
}

#[tokio::test]
async fn g6_the_work_is_bounded() {
    suite::the_work_is_bounded(&Fixture::new().await).await;
}

#[tokio::test]
async fn g7_nothing_of_the_token_is_in_an_error() {
    suite::nothing_of_the_token_is_in_an_error(&Fixture::new().await).await;
}

#[tokio::test]
async fn token_issuer_1_what_it_makes_is_verified() {
    let fixture = Fixture::new().await;
    let clock: std::sync::Arc<dyn application::ports::Clock> = fixture.stage.clock.clone();
    let issuer = adapters_jwt::JwtTokenIssuer::new(std::sync::Arc::clone(&clock));
    let mut app = domain::App::new(domain::AppId::parse("shop").unwrap());
    app.jwt_keys = vec![TestKey::named("issuer", JwtAlgorithm::Hs256).configured(Some("k"))];
    testkit::contracts::token_issuer::what_it_makes_is_verified(
        &issuer,
        fixture.verifier(),
        &*clock,
        &std::sync::Arc::new(app),
    )
    .await;
}
