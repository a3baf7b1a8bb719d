//! Whose requests are answered.

use serde_json::json;

use super::backend::{Ask, Backend};
use crate::{
    http,
    server::{DEMO_SECRET, Server, Start},
    tokens::{app, now},
};

const SECRET: &str = "the-pusher-secret-of-shop";

/// Two apps and a disabled one, each with a key; `shop` is strict with web pages.
fn apps() -> String {
    let with = |id: &str, more: &str, secret: &str| {
        let key = format!("[[apps.pusher_keys]]\nkey = \"{id}-key\"\nsecret = \"{secret}\"\n");
        app(id, more) + &key
    };
    let strict = "origins = [\"https://shop.example\"]\norigin_required = true";
    with("shop", strict, SECRET)
        + &with("bazaar", "", "the-pusher-secret-of-bazaar")
        + &with("closed", "status = \"disabled\"", "the-pusher-secret-of-closed")
}

fn ask<'a>(backend: &Backend<'a>, change: impl FnOnce(&mut Ask<'a>)) -> Ask<'a> {
    let body = json!({"name": "e", "data": "x", "channel": "room"}).to_string();
    let mut ask = backend.ask("POST", "/events", &body);
    change(&mut ask);
    ask
}

fn set(ask: &mut Ask<'_>, name: &str, value: &str) {
    let known = ask.parameters.iter_mut().find(|(known, _)| *known == name).unwrap();
    value.clone_into(&mut known.1);
}

#[tokio::test]
async fn only_who_has_the_secret_is_answered() {
    let start = Start::new().toml(&apps()).env("RTMATE__LOG__FILTER", "debug");
    let server = start.serve().await;
    let shop = Backend { server: &server, app: "shop", key: "shop-key", secret: SECRET };
    assert_eq!(shop.send(ask(&shop, |_| ())).await.status, 200);

    let forger = Backend { secret: "the-pusher-secret-of-bazaar", ..shop };
    let foreign = Backend { app: "bazaar", ..shop };
    let unknown = Backend { app: "nothing", ..shop };
    let keyless = Backend { key: "nothing", ..shop };
    let closed = Backend { app: "closed", key: "closed-key", ..shop };
    let old = (now() - 700).to_string();
    let other = "0".repeat(32);
    for (answer, status, part) in [
        (forger.send(ask(&forger, |_| ())).await, 401, "invalid signature"),
        (foreign.send(ask(&foreign, |_| ())).await, 401, "not a key of the app"),
        (unknown.send(ask(&unknown, |_| ())).await, 401, "not a key of the app"),
        (keyless.send(ask(&keyless, |_| ())).await, 401, "not a key of the app"),
        (closed.send(ask(&closed, |_| ())).await, 403, "app disabled"),
        (shop.send(ask(&shop, |ask| set(ask, "auth_timestamp", &old))).await, 401, "600 seconds"),
        (shop.send(ask(&shop, |ask| set(ask, "auth_version", "2.0"))).await, 401, "auth_version"),
        (shop.send(ask(&shop, |ask| set(ask, "body_md5", &other))).await, 401, "body_md5"),
        (
            shop.send(ask(&shop, |ask| ask.parameters.retain(|(name, _)| *name != "body_md5")))
                .await,
            401,
            "body_md5 is missing",
        ),
        (http::get(&server, "/apps/shop/channels", &[]).await, 401, "auth_key is missing"),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.body.contains(part), "{part}: {answer:?}");
    }
    let path = ask(&shop, |_| ()).signed(SECRET);
    assert_eq!(http::get(&server, &path, &[]).await.status, 405);

    server.log.expect("a backend was refused").await;
    let (log, signature) = (server.log.text(), path.rsplit_once('=').unwrap().1);
    for secret in [SECRET, signature, "auth_signature="] {
        assert!(!log.contains(secret), "{secret} in\n{log}");
    }
}

#[tokio::test]
async fn a_changed_request_is_another_one() {
    let server = Server::with(&apps()).await;
    let shop = Backend { server: &server, app: "shop", key: "shop-key", secret: SECRET };
    let path = shop.ask("GET", "/channels", "").signed(SECRET);
    assert_eq!(http::get(&server, &path, &[]).await.status, 200);
    for changed in
        [format!("{path}&info=subscription_count"), path.replace("/channels", "/channels/a")]
    {
        assert_eq!(http::get(&server, &changed, &[]).await.status, 401, "{changed}");
    }
}

#[tokio::test]
async fn the_demo_app_answers_this_same_machine_only() {
    let server = Server::demo().await;
    let path = Backend::demo(&server).ask("GET", "/channels", "").signed(DEMO_SECRET);
    assert_eq!(http::get(&server, &path, &[]).await.status, 200);
    for header in [
        ("X-Forwarded-For", "10.0.0.1"),
        ("Host", "evil.example"),
        ("Origin", "https://evil.example"),
    ] {
        let answer = http::get(&server, &path, &[header]).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.body.contains("this same machine"), "{answer:?}");
    }
}
