//! Keys of every kind, and what can't be one.

use adapters_jwt::{KeyError, check_key};
use application::ports::TokenError;
use domain::{JwtAlgorithm, JwtKey, KeyMaterial};

use crate::{
    keys::{TestKey, pem},
    stage::{Stage, app, claims, header, unsigned},
};

#[tokio::test]
async fn every_algorithm_verifies_its_own_signatures_and_no_other_keys() {
    let stage = Stage::new();
    for algorithm in JwtAlgorithm::ALL {
        let key = TestKey::named("own", algorithm);
        check_key(&key.configured(None)).unwrap();
        let apps = [app([key.configured(None)]), app([key.configured(Some("k"))])];
        for (app, kid) in apps.iter().zip([None, Some("k")]) {
            let good = key.sign(&header(algorithm, kid), &claims(""));
            let verified = stage.verify(app, &good).await;
            assert_eq!(verified.unwrap().client.as_str(), "alice", "{algorithm:?}");
            let other = TestKey::named("other", algorithm);
            let forged = other.sign(&header(algorithm, kid), &claims(""));
            unsigned(stage.verify(app, &forged).await);
        }
    }
}

#[tokio::test]
async fn a_key_verifies_with_no_algorithm_but_its_own() {
    let stage = Stage::new();
    for own in JwtAlgorithm::ALL {
        let key = TestKey::named("own", own);
        let (bare, named) = (app([key.configured(None)]), app([key.configured(Some("k"))]));
        for said in JwtAlgorithm::ALL.into_iter().filter(|said| *said != own) {
            let token = key.sign(&header(said, None), &claims(""));
            let why = unsigned(stage.verify(&bare, &token).await);
            assert_eq!(why, "no key has the header's `alg`");
            let token = key.sign(&header(said, Some("k")), &claims(""));
            let why = unsigned(stage.verify(&named, &token).await);
            assert_eq!(why, "the key that `kid` names has another algorithm than the header");
        }
    }
}

#[tokio::test]
async fn an_rsa_key_is_no_secret() {
    let stage = Stage::new();
    let key = TestKey::named("own", JwtAlgorithm::Rs256);
    let app = app([key.configured(None)]);
    for secret in [key.pem().to_owned(), key.pem().trim().to_owned()] {
        let token = jsonwebtoken::encode(
            &jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256),
            &serde_json::from_str::<serde_json::Value>(&claims("")).unwrap(),
            &jsonwebtoken::EncodingKey::from_secret(secret.as_bytes()),
        );
        unsigned(stage.verify(&app, &token.unwrap()).await);
    }
}

#[tokio::test]
async fn the_kid_chooses_and_a_foreign_kid_is_not_guessed() {
    let stage = Stage::new();
    let (old, new) =
        (TestKey::generate(JwtAlgorithm::EdDsa), TestKey::generate(JwtAlgorithm::EdDsa));
    let app = app([old.configured(Some("old")), new.configured(Some("new"))]);
    for (key, kid) in [(&old, "old"), (&new, "new")] {
        let token = key.sign(&header(JwtAlgorithm::EdDsa, Some(kid)), &claims(""));
        stage.verify(&app, &token).await.unwrap();
    }
    let crossed = old.sign(&header(JwtAlgorithm::EdDsa, Some("new")), &claims(""));
    let why = unsigned(stage.verify(&app, &crossed).await);
    assert_eq!(why, "the key that `kid` names did not make it");
    let foreign = old.sign(&header(JwtAlgorithm::EdDsa, Some("older")), &claims(""));
    assert_eq!(unsigned(stage.verify(&app, &foreign).await), "no key has the header's `kid`");
}

#[tokio::test]
async fn an_app_that_is_loaded_anew_has_its_new_keys_at_once() {
    let stage = Stage::new();
    let (old, new) =
        (TestKey::generate(JwtAlgorithm::Hs256), TestKey::generate(JwtAlgorithm::Hs256));
    let before = app([old.configured(Some("a"))]);
    let after = app([old.configured(Some("a")), new.configured(Some("b"))]);
    let token = new.sign(&header(JwtAlgorithm::Hs256, Some("b")), &claims(""));
    unsigned(stage.verify(&before, &token).await);
    stage.verify(&after, &token).await.unwrap();
}

#[tokio::test]
async fn a_key_that_cant_be_used_is_told_at_every_token() {
    let stage = Stage::new();
    let good = TestKey::named("own", JwtAlgorithm::Hs256);
    let bad = JwtKey { material: secret("short"), ..good.configured(Some("bad")) };
    let app = app([good.configured(None), bad]);
    let token = good.sign(&header(JwtAlgorithm::Hs256, None), &claims(""));
    match stage.verify(&app, &token).await {
        Err(TokenError::Unavailable { cause, .. }) => assert_eq!(
            cause.to_string(),
            "a secret for HS256 needs at least 32 bytes, this one has 5"
        ),
        other => panic!("{other:?}"),
    }
}

fn secret(text: &str) -> KeyMaterial {
    KeyMaterial::Secret(text.to_owned().into())
}

fn check(algorithm: JwtAlgorithm, material: KeyMaterial) -> Result<(), String> {
    let key = TestKey::named("own", JwtAlgorithm::Hs256).configured(None);
    check_key(&JwtKey { algorithm, material, ..key }).map_err(|error| error.to_string())
}

#[test]
fn secrets_are_as_long_as_the_hash() {
    for (algorithm, least) in
        [(JwtAlgorithm::Hs256, 32), (JwtAlgorithm::Hs384, 48), (JwtAlgorithm::Hs512, 64)]
    {
        assert_eq!(check(algorithm, secret(&"x".repeat(least))), Ok(()));
        assert_eq!(
            check(algorithm, secret(&"x".repeat(least - 1))),
            Err(format!(
                "a secret for {} needs at least {least} bytes, this one has {}",
                algorithm.name(),
                least - 1
            ))
        );
    }
}

#[test]
fn a_key_of_another_kind_is_told() {
    let pem_of = |algorithm| {
        KeyMaterial::PublicKey(TestKey::named("own", algorithm).pem().to_owned().into())
    };
    let public = JwtAlgorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric());
    for algorithm in public {
        let family = |algorithm: JwtAlgorithm| match algorithm.name() {
            "ES256" | "ES384" | "EdDSA" => algorithm.name(),
            other => &other[..2],
        };
        for other in JwtAlgorithm::ALL.into_iter().filter(|other| !other.is_symmetric()) {
            let fits = check(algorithm, pem_of(other)).is_ok();
            assert_eq!(fits, family(algorithm) == family(other), "{algorithm:?} {other:?}");
        }
        assert!(check(algorithm, secret(&"x".repeat(99))).is_err());
    }
    assert_eq!(
        check(JwtAlgorithm::Es256, pem_of(JwtAlgorithm::Es384)),
        Err("the public key is not one for ES256, which takes an EC key on the curve P-256".into())
    );
    assert_eq!(
        check(JwtAlgorithm::Hs256, pem_of(JwtAlgorithm::Rs256)),
        Err("HS256 takes a secret, not a public key or a JWKS address".into())
    );
}

#[test]
fn what_is_no_public_key_is_told() {
    let public = |text: String| KeyMaterial::PublicKey(text.into());
    let told = |text: &str| check(JwtAlgorithm::Rs256, public(text.to_owned())).unwrap_err();
    let needs = "needs a public key in PEM (-----BEGIN PUBLIC KEY-----); this is ";
    assert_eq!(told("hello"), format!("{needs}no PEM"));
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        let told = told(&pem(label, b"\x30\0"));
        assert_eq!(told, format!("{needs}a private key, which belongs to the issuer"));
    }
    assert!(told(&pem("CERTIFICATE", b"\x30\0")).contains("a certificate"));
    for der in [&b""[..], b"\x30\0", b"garbage", &[0x30; 400]] {
        assert!(told(&pem("PUBLIC KEY", der)).contains("2048 to 8192 bits"));
    }
}

#[test]
fn an_rsa_key_of_1024_bits_is_refused() {
    // openssl genrsa 1024 | openssl rsa -pubout
    let small = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC/EDgLetd4aCbOxybCuQs0iEp8
9c9kwkjRKO0B+qTZd/0nRWsDfNsx0vOGzDhsynos2ZsaQNOokvn0T/IV46ASMsB4
CdeS2h7Pnzyxa/p1ypUUbiJaSuakdh3r/qtQqpwp4eKn7ep88R3EG4xmkn5h4n74
/FVrXsHIFia8bWYl5wIDAQAB
-----END PUBLIC KEY-----
";
    let material = KeyMaterial::PublicKey(small.into());
    let key = TestKey::named("own", JwtAlgorithm::Rs256).configured(None);
    let outcome = check_key(&JwtKey { material, ..key });
    assert_eq!(outcome, Err(KeyError::WrongKind(JwtAlgorithm::Rs256)));
}

#[test]
fn the_client_is_named_by_no_claim_with_another_meaning() {
    let key = TestKey::named("own", JwtAlgorithm::Hs256);
    for claim in ["", "exp", "app_id", "caps", "aud"] {
        let key = JwtKey { client_claim: claim.into(), ..key.configured(None) };
        assert_eq!(check_key(&key), Err(KeyError::ClientClaim), "{claim}");
    }
    for claim in ["sub", "email", "https://example.com/uid"] {
        let key = JwtKey { client_claim: claim.into(), ..key.configured(None) };
        assert_eq!(check_key(&key), Ok(()), "{claim}");
    }
}

#[test]
fn a_jwks_is_fetched_over_https_and_has_public_keys() {
    let jwks = |url: &str| KeyMaterial::JwksUrl(url.into());
    assert_eq!(check(JwtAlgorithm::Rs256, jwks("https://id.example.com/jwks.json")), Ok(()));
    assert_eq!(
        check(JwtAlgorithm::Rs256, jwks("http://127.0.0.1/jwks.json")),
        Err("the JWKS address must begin with https://".into())
    );
    assert_eq!(
        check(JwtAlgorithm::Rs256, jwks("https://[::1]/jwks.json")),
        Err("the JWKS address leads to a machine that is not public".into())
    );
    assert!(check(JwtAlgorithm::Hs256, jwks("https://id.example.com/jwks.json")).is_err());
    let key = TestKey::named("own", JwtAlgorithm::Es256).configured(Some("k"));
    let key = JwtKey { material: jwks("https://id.example.com/jwks.json"), ..key };
    assert_eq!(check_key(&key), Err(KeyError::KidOfJwks));
}
