//! What a verification costs. Run with
//! `cargo test --release -p adapters-jwt --lib -- --ignored --nocapture cost`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use application::ports::{Clock, TokenVerifier};
use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self as sig, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair},
};
use base64::{Engine as _, prelude::*};
use domain::{App, AppId, JwtAlgorithm, JwtKey, KeyMaterial, Timestamp};
use testkit::ManualClock;

use crate::{
    JwksOptions, JwtTokenVerifier, key::KeyPlace, pool::Pool, token::Signed, token::Token,
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const TIMES: u32 = 20_000;

#[tokio::test]
#[ignore = "prints figures, proves nothing"]
async fn cost() {
    let (material, token) = secret();
    signature_alone(JwtAlgorithm::Hs256, &material, &token);
    whole(JwtAlgorithm::Hs256, material, &token).await;
    through_the_pool(&token).await;
    for (algorithm, (material, token)) in [
        (JwtAlgorithm::Rs256, rsa()),
        (JwtAlgorithm::Es256, ec(JwtAlgorithm::Es256)),
        (JwtAlgorithm::Es384, ec(JwtAlgorithm::Es384)),
        (JwtAlgorithm::EdDsa, ed()),
    ] {
        signature_alone(algorithm, &material, &token);
        whole(algorithm, material, &token).await;
    }
}

fn print(what: &str, took: Duration, times: u32) {
    let nanos = (took / times).as_nanos();
    println!("{what:<48} {:>8}.{:02} us", nanos / 1000, nanos % 1000 / 10);
}

fn configured(algorithm: JwtAlgorithm, material: KeyMaterial) -> JwtKey {
    let client_claim = "client_id".into();
    JwtKey { kid: None, algorithm, material, issuer: None, audience: None, client_claim }
}

fn signature_alone(algorithm: JwtAlgorithm, material: &KeyMaterial, token: &str) {
    let key = configured(algorithm, material.clone());
    let Ok(KeyPlace::Held(key)) = KeyPlace::parse(&key, &JwksOptions::default()) else {
        panic!("no key")
    };
    let token = Token::parse(token).unwrap();
    let begin = Instant::now();
    for _ in 0..TIMES {
        assert!(key.verifies(&token.signed));
    }
    print(&format!("{}: signature alone", algorithm.name()), begin.elapsed(), TIMES);
}

async fn whole(algorithm: JwtAlgorithm, material: KeyMaterial, token: &str) {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    let verifier = JwtTokenVerifier::new(clock, JwksOptions::default()).unwrap();
    let mut app = App::new(AppId::parse("a").unwrap());
    app.jwt_keys = vec![configured(algorithm, material)];
    let app = Arc::new(app);
    let begin = Instant::now();
    for _ in 0..TIMES {
        verifier.verify(&app, token).await.unwrap();
    }
    let how = if algorithm.is_symmetric() { "inline" } else { "through the pool" };
    print(&format!("{}: whole token, {how}", algorithm.name()), begin.elapsed(), TIMES);
}

/// The same as the whole, and the signature on another thread.
async fn through_the_pool(token: &str) {
    let pool = Pool::new().unwrap();
    let key = configured(JwtAlgorithm::Hs256, KeyMaterial::Secret(SECRET.to_owned().into()));
    let Ok(KeyPlace::Held(key)) = KeyPlace::parse(&key, &JwksOptions::default()) else {
        panic!("no key")
    };
    let key = Arc::new(key);
    let parts = Token::parse(token).unwrap().signed;
    let begin = Instant::now();
    for _ in 0..TIMES {
        let key = Arc::clone(&key);
        let (message, signature) = (parts.message.to_owned(), parts.signature.to_owned());
        let work = move || key.verifies(&Signed { message: &message, signature: &signature });
        assert!(pool.run(work).await.unwrap());
    }
    print("HS256: signature through the pool", begin.elapsed(), TIMES);
}

fn token(algorithm: JwtAlgorithm, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let header = format!(r#"{{"alg":"{}","typ":"JWT"}}"#, algorithm.name());
    let claims = r#"{"app_id":"a","client_id":"alice","iat":1800000000,"exp":1800003600,
        "jti":"5f2c","caps":{"chat:*":["subscribe","send"]},"info":{"name":"Alice"}}"#;
    let message = format!("{}.{}", encode(&header), encode(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn public(der: &[u8]) -> KeyMaterial {
    let text = BASE64_STANDARD.encode(der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n");
    KeyMaterial::PublicKey(pem.into())
}

fn secret() -> (KeyMaterial, String) {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let token = token(JwtAlgorithm::Hs256, |text| hmac::sign(&key, text).as_ref().to_vec());
    (KeyMaterial::Secret(SECRET.to_owned().into()), token)
}

fn rsa() -> (KeyMaterial, String) {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let token = token(JwtAlgorithm::Rs256, |text| {
        let mut out = vec![0; pair.public_modulus_len()];
        pair.sign(&sig::RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut out).unwrap();
        out
    });
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (public(der.as_ref()), token)
}

fn ec(algorithm: JwtAlgorithm) -> (KeyMaterial, String) {
    let kind = if algorithm == JwtAlgorithm::Es384 {
        &sig::ECDSA_P384_SHA384_FIXED_SIGNING
    } else {
        &sig::ECDSA_P256_SHA256_FIXED_SIGNING
    };
    let pair = EcdsaKeyPair::generate(kind).unwrap();
    let sign = |text: &[u8]| pair.sign(&SystemRandom::new(), text).unwrap().as_ref().to_vec();
    let token = token(algorithm, sign);
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (public(der.as_ref()), token)
}

fn ed() -> (KeyMaterial, String) {
    let pair = Ed25519KeyPair::generate().unwrap();
    let token = token(JwtAlgorithm::EdDsa, |text| pair.sign(text).as_ref().to_vec());
    let der = pair.public_key().as_der().unwrap();
    (public(der.as_ref()), token)
}
