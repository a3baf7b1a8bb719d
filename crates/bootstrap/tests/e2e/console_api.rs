//! What a console asks: sessions, in place of keys, and who would like more of them; lists.

use serde_json::{Value, json};

use crate::{
    api::{Api, BACKEND, OPERATOR, VIEWER, hash, refusal, shop},
    client::Client,
    http::{self, Answer},
    server::{DEMO_SECRET, Server},
    tokens,
};

/// Whatever is shown, to anything behind `/v1`.
pub(crate) async fn ask(
    server: &Server,
    shown: &str,
    method: &str,
    path: &str,
    body: Value,
) -> Answer {
    let bearer = format!("Bearer {shown}");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let path = format!("/v1{path}?lang=en");
    http::ask(server, method, &path, &[("Authorization", &*bearer)], &body).await
}

pub(crate) async fn done(
    server: &Server,
    shown: &str,
    method: &str,
    path: &str,
    body: Value,
) -> Value {
    let answer = ask(server, shown, method, path, body).await;
    assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
    assert!(answer.has("cache-control: no-store"), "{}", answer.head);
    answer.json()["data"].take()
}

pub(crate) async fn refused(
    server: &Server,
    shown: &str,
    method: &str,
    path: &str,
    body: Value,
) -> (u16, String) {
    refusal(&ask(server, shown, method, path, body).await)
}

/// A session's token.
pub(crate) async fn session(server: &Server, key: &str, wanted: Value) -> String {
    let begun = done(server, key, "POST", "/session", wanted).await;
    begun["token"].as_str().unwrap().to_owned()
}

pub(crate) fn said(code: u16, reason: &str) -> (u16, String) {
    (code, reason.to_owned())
}

const INVALID: &str = "invalid_token";
const DENIED: &str = "permission_denied";
const MESSAGE: &str = "/apps/shop/channels/plain/messages";

#[tokio::test]
async fn a_session_is_worth_its_key_in_its_app() {
    let server = Server::with(&shop()).await;
    let begun = done(&server, BACKEND, "POST", "/session", json!({"app": "shop"})).await;
    let token = begun["token"].as_str().unwrap();
    assert!(token.starts_with("rts_") && token.len() == 68 && !token.contains('.'), "{token}");
    assert_eq!(begun["scopes"], json!(["read", "publish", "manage"]));
    assert_eq!((&begun["app"], &begun["key"]), (&json!("shop"), &json!("backend")));
    let left = begun["expires_at"].as_u64().unwrap() - u64::try_from(tokens::now()).unwrap() * 1000;
    assert!((800_000..=902_000).contains(&left), "{left}");
    done(&server, token, "POST", MESSAGE, json!({"data": 1})).await;
    done(&server, token, "DELETE", "/apps/shop/clients/alice", Value::Null).await;
    let who = done(&server, token, "GET", "/session", Value::Null).await;
    assert!(who.get("token").is_none(), "shown once: {who}");
    assert_eq!((&who["app"], &who["scopes"]), (&begun["app"], &begun["scopes"]));
    // Not another app, not what operators ask, not more of itself.
    let bazaar = "/apps/bazaar/channels";
    assert_eq!(refused(&server, token, "GET", bazaar, Value::Null).await, said(401, INVALID));
    assert_eq!(refused(&server, token, "GET", "/apps", Value::Null).await, said(401, INVALID));
    for wanted in [json!({}), json!({"app": "shop"}), json!({"app": "bazaar"})] {
        let more = refused(&server, token, "POST", "/session", wanted).await;
        assert_eq!(more, said(403, DENIED), "a session makes no session");
    }
    let bearer = format!("Bearer {token}");
    let headers = [("X-Forwarded-For", "192.0.2.1"), ("Authorization", &*bearer)];
    assert_eq!(http::get(&server, "/metrics", &headers).await.status, 401);
}

#[tokio::test]
async fn a_key_gives_no_session_for_what_it_is_not_good_for() {
    let server = Server::with(&shop()).await;
    let begin =
        async |key: &str, wanted: Value| refused(&server, key, "POST", "/session", wanted).await;
    // An app's key is none for all apps, nor for another one.
    assert_eq!(begin(BACKEND, json!({})).await, said(401, INVALID));
    assert_eq!(begin(BACKEND, Value::Null).await, said(401, INVALID));
    assert_eq!(begin(BACKEND, json!({"app": null})).await, said(401, INVALID));
    assert_eq!(begin(BACKEND, json!({"app": "bazaar"})).await, said(401, INVALID));
    assert_eq!(begin("guess", json!({"app": "shop"})).await, said(401, INVALID));
    assert_eq!(begin("guess", json!({"app": "nobody"})).await, said(401, INVALID));
    assert_eq!(begin(OPERATOR, json!({"app": "nobody"})).await, said(404, "not_found"));
    assert_eq!(begin(OPERATOR, json!({"app": 7})).await, said(400, "invalid_params"));
    assert_eq!(begin(OPERATOR, json!({"viewer": "no"})).await, said(400, "invalid_params"));
    let large = json!({"app": "x".repeat(5000)});
    assert_eq!(begin(OPERATOR, large).await, said(413, "payload_too_large"));
    // A token of the app is short-lived already, and no key.
    let signed = tokens::token("shop", "billing").claim("api", json!(["read"])).sign();
    assert_eq!(begin(&signed, json!({"app": "shop"})).await, said(401, INVALID));
    let none = http::post(&server, "/v1/session", &[], "{}").await;
    assert_eq!(refusal(&none), said(401, "unauthenticated"));
}

#[tokio::test]
async fn a_viewer_changes_nothing_whatever_its_key_may() {
    let server = Server::with(&shop()).await;
    let of_app = session(&server, BACKEND, json!({"app": "shop", "viewer": true})).await;
    let of_all = session(&server, OPERATOR, json!({"viewer": true})).await;
    let of_viewer = session(&server, VIEWER, json!({"app": "shop"})).await;
    for viewer in [&of_app, &of_all, &of_viewer] {
        let who = done(&server, viewer, "GET", "/session", Value::Null).await;
        assert_eq!(who["scopes"], json!(["read"]));
        done(&server, viewer, "GET", "/apps/shop/channels", Value::Null).await;
        done(&server, viewer, "GET", "/apps/shop/overview", Value::Null).await;
        done(&server, viewer, "POST", "/session/renew", json!({"viewer": false})).await;
        for (method, path) in [
            ("POST", MESSAGE),
            ("POST", "/apps/shop/messages"),
            ("DELETE", "/apps/shop/channels/chat:x/messages"),
            ("DELETE", "/apps/shop/clients/alice"),
            ("POST", "/apps/shop/clients/alice/subscriptions"),
            ("POST", "/apps/shop/tokens/revoke"),
        ] {
            let answer = refused(&server, viewer, method, path, json!({})).await;
            assert_eq!(answer, said(403, DENIED), "{method} {path}");
        }
    }
    done(&server, &of_all, "GET", "/apps", Value::Null).await;
    for (method, path) in [
        ("POST", "/apps"),
        ("PATCH", "/apps/shop"),
        ("DELETE", "/apps/shop"),
        ("POST", "/apps/shop/keys"),
        ("POST", "/reload"),
    ] {
        let answer = refused(&server, &of_all, method, path, json!({})).await;
        assert_eq!(answer, said(403, DENIED), "{method} {path}");
    }
}

#[tokio::test]
async fn an_operators_session_is_for_all_apps_or_for_the_one_that_was_asked_for() {
    let server = Server::with(&shop()).await;
    let begun = done(&server, OPERATOR, "POST", "/session", Value::Null).await;
    assert_eq!((&begun["app"], &begun["key"]), (&Value::Null, &json!("ops")));
    let all = begun["token"].as_str().unwrap();
    done(&server, all, "GET", "/apps", Value::Null).await;
    for app in ["shop", "bazaar"] {
        done(&server, all, "GET", &format!("/apps/{app}/channels"), Value::Null).await;
    }
    let bearer = format!("Bearer {all}");
    let headers = [("X-Forwarded-For", "192.0.2.1"), ("Authorization", &*bearer)];
    assert_eq!(http::get(&server, "/metrics", &headers).await.status, 200);
    let one = session(&server, OPERATOR, json!({"app": "shop"})).await;
    done(&server, &one, "GET", "/apps/shop/channels", Value::Null).await;
    let bazaar = "/apps/bazaar/channels";
    assert_eq!(refused(&server, &one, "GET", bazaar, Value::Null).await, said(401, INVALID));
    assert_eq!(refused(&server, &one, "GET", "/apps", Value::Null).await, said(401, INVALID));
}

#[tokio::test]
async fn a_session_that_was_ended_or_never_begun_is_none() {
    let mut server = Server::with(&shop()).await;
    // Nobody chooses a token for somebody else.
    let mine = "rts_0000000000000000000000000000000000000000000000000000000000000000";
    let wanted = json!({"app": "shop", "token": mine});
    let token = session(&server, BACKEND, wanted.clone()).await;
    let other = session(&server, BACKEND, wanted).await;
    assert!(token != mine && token != other);
    let (read, nothing) = ("/apps/shop/channels", || Value::Null);
    let answer = refused(&server, mine, "GET", read, nothing()).await;
    assert_eq!(answer, said(401, INVALID));
    let renewed = done(&server, &token, "POST", "/session/renew", nothing()).await;
    assert_eq!(renewed["token"], token);
    done(&server, &token, "DELETE", "/session", nothing()).await;
    for (method, path) in
        [("GET", read), ("GET", "/session"), ("DELETE", "/session"), ("POST", "/session/renew")]
    {
        let answer = refused(&server, &token, method, path, nothing()).await;
        assert_eq!(answer, said(401, INVALID), "{method} {path}");
    }
    done(&server, &other, "GET", read, nothing()).await;
    // A key is no session, and what a session is held as is no token.
    for shown in [BACKEND, &*hash(&other), &other.to_uppercase(), &other[4..]] {
        let answer = refused(&server, shown, "GET", "/session", nothing()).await;
        assert_eq!(answer, said(401, INVALID));
    }
    server.signal("TERM").await;
    server.ended().await;
    let log = server.log.all().await;
    assert!(!log.contains("rts_") && !log.contains(&other[4..20]), "{log}");
}

#[tokio::test]
async fn who_guesses_sessions_is_told_to_wait() {
    let server = Server::with(&shop()).await;
    let token = session(&server, BACKEND, json!({"app": "shop"})).await;
    for path in ["/session", "/apps/shop/channels"] {
        let answers = async {
            loop {
                let answer = refused(&server, "rts_guess", "GET", path, Value::Null).await;
                if answer.0 != 401 {
                    return answer;
                }
            }
        };
        assert_eq!(crate::soon("the limit", answers).await, said(429, "rate_limited"));
    }
    done(&server, &token, "GET", "/session", Value::Null).await;
}

#[tokio::test]
async fn a_session_ends_with_what_its_key_was_good_for() {
    let server = Server::with(&shop()).await;
    let ops = async |method: &str, path: &str, body: Value| {
        done(&server, OPERATOR, method, path, body).await
    };
    ops("POST", "/apps", json!({"id": "made"})).await;
    let key = async |name: &str, scopes: &[&str]| {
        let wanted = json!({"kind": "api", "name": name, "scopes": scopes});
        let added = ops("POST", "/apps/made/keys", wanted).await;
        session(&server, added["secret"].as_str().unwrap(), json!({"app": "made"})).await
    };
    let (one, two) = (key("one", &["read", "manage"]).await, key("two", &["read"]).await);
    let all = session(&server, OPERATOR, json!({"app": "made"})).await;
    let read = async |token: &str| {
        let answer = ask(&server, token, "GET", "/apps/made/channels", Value::Null).await;
        let seen = ask(&server, token, "GET", "/session", Value::Null).await;
        let renewed = ask(&server, token, "POST", "/session/renew", Value::Null).await;
        assert_eq!((seen.status, renewed.status), (answer.status, answer.status));
        answer.status
    };
    assert_eq!((read(&one).await, read(&two).await, read(&all).await), (200, 200, 200));
    ops("DELETE", "/apps/made/keys/api/one", Value::Null).await;
    assert_eq!((read(&one).await, read(&two).await), (401, 200), "its key is gone");
    ops("PATCH", "/apps/made", json!({"status": "disabled"})).await;
    assert_eq!((read(&one).await, read(&two).await, read(&all).await), (401, 403, 403));
    ops("PATCH", "/apps/made", json!({"status": "active"})).await;
    assert_eq!(read(&two).await, 200);
    ops("DELETE", "/apps/made", Value::Null).await;
    assert_eq!((read(&two).await, read(&all).await), (401, 401));
    // Another one of that name has other keys.
    ops("POST", "/apps", json!({"id": "made"})).await;
    key("one", &["read"]).await;
    assert_eq!((read(&one).await, read(&two).await, read(&all).await), (401, 401, 200));
}

#[tokio::test]
async fn the_demo_app_s_operator_has_sessions_on_this_machine() {
    let server = Server::demo().await;
    let token = session(&server, DEMO_SECRET, Value::Null).await;
    done(&server, &token, "GET", "/apps", Value::Null).await;
    done(&server, &token, "GET", "/apps/demo-app/channels", Value::Null).await;
    // As its key: also the apps that it makes.
    done(&server, &token, "POST", "/apps", json!({"id": "made"})).await;
    for shown in [&*token, DEMO_SECRET] {
        done(&server, shown, "GET", "/apps/made/channels", Value::Null).await;
    }
    let demo = Api { server: &server, app: "made", key: &token };
    for headers in [[("X-Forwarded-For", "203.0.113.9")], [("Host", "rt.example.com")]] {
        let answer = demo.ask_with("GET", "/channels", &headers, "").await;
        assert_eq!(refusal(&answer), said(401, INVALID), "from elsewhere");
    }
}

#[tokio::test]
async fn who_is_connected_is_found_by_the_beginning_of_a_name_and_page_by_page() {
    let server = Server::with(&shop()).await;
    let mut there = Vec::new();
    for name in ["bob", "alice", "al", "bob", "zoe"] {
        let token = tokens::token("shop", name).claim("jti", json!(format!("t-{name}")));
        there.push(Client::enter(&server, "shop", &token).await);
    }
    there.push(Client::enter(&server, "bazaar", &tokens::token("bazaar", "alan")).await);
    let api = Api::of(&server, VIEWER);
    let list = async |query: &str| api.done("GET", &format!("/clients{query}"), "").await;
    let names = |page: &Value| -> Vec<String> {
        let clients = page["clients"].as_array().unwrap().iter();
        clients
            .map(|one| format!("{}{}", one["client"].as_str().unwrap(), one["connections"]))
            .collect()
    };
    let all = list("").await;
    assert_eq!(names(&all), ["al1", "alice1", "bob2", "zoe1"]);
    assert!(all.get("next").is_none() && all["clients"][0]["guest"] == false, "{all}");
    assert!(all["clients"][0]["opened_at"].as_u64().unwrap() > 1_700_000_000_000);
    assert_eq!(names(&list("?prefix=al").await), ["al1", "alice1"]);
    let first = list("?limit=3").await;
    assert_eq!((names(&first), &first["next"]), (names(&all)[..3].to_vec(), &json!("bob")));
    let second = list("?limit=3&cursor=bob").await;
    assert_eq!((names(&second), second.get("next")), (vec!["zoe1".to_owned()], None));
    assert_eq!(names(&list("?prefix=al&cursor=al&limit=1").await), ["alice1"]);
    assert_eq!(names(&list("?prefix=nobody").await), [""; 0]);
    assert_eq!(api.refused("GET", "/clients?limit=0", "").await, said(400, "invalid_params"));
    there[0].subscribe("plain").await;
    let bob = api.done("GET", "/clients/bob", "").await;
    let one = &bob["connections"][0];
    assert_eq!((&one["channels"], &one["token"]), (&json!(["plain"]), &json!("t-bob")));
    assert!(one["heard_at"].as_u64() >= one["opened_at"].as_u64(), "{one}");
    assert!(one["queued_bytes"].is_u64(), "{one}");
    drop(there);
    let gone = async {
        while !names(&list("").await).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    crate::soon("nobody there", gone).await;
}

#[tokio::test]
async fn an_operator_sees_the_whole_server_and_how_long_things_take() {
    let server = Server::with(&shop()).await;
    let viewer = session(&server, OPERATOR, json!({"viewer": true})).await;
    let look = async || done(&server, &viewer, "GET", "/overview", Value::Null).await;
    let before = look().await;
    assert_eq!(before["version"], env!("CARGO_PKG_VERSION"));
    assert!(before["started_at"].as_u64() <= before["at"].as_u64(), "{before}");
    let mut alice = Client::enter(&server, "shop", &tokens::token("shop", "alice")).await;
    let _bob = Client::enter(&server, "bazaar", &tokens::token("bazaar", "bob")).await;
    alice.subscribe("plain").await;
    done(&server, OPERATOR, "POST", MESSAGE, json!({"data": 1})).await;
    assert_eq!(alice.hears().await, 1);
    let counted = async {
        loop {
            let looked = look().await;
            let delivered = looked["latency"]["delivery"]["cumulative"].as_array().unwrap();
            if delivered.last() == Some(&json!(1)) {
                return looked;
            }
        }
    };
    let after = crate::soon("a delivery that is timed", counted).await;
    for (name, count) in [
        ("authenticated", 2),
        ("subscriptions", 1),
        ("channels", 1),
        ("opened", 2),
        ("published", 1),
        ("published_bytes", 1),
        ("delivered", 1),
        ("refused", 0),
    ] {
        assert_eq!(after[name], count, "{name}: {after}");
    }
    let latency = &after["latency"];
    let bounds = latency["bounds_ms"].as_array().unwrap();
    assert_eq!((&bounds[0], bounds.last()), (&json!(0.1), Some(&json!(10_000.0))));
    for spread in
        [&latency["delivery"], &latency["commands"]["subscribe"], &latency["store_commit"]]
    {
        assert_eq!(spread["cumulative"].as_array().unwrap().len(), bounds.len() + 1, "{spread}");
    }
    assert_eq!(latency["commands"]["auth"]["cumulative"][bounds.len()], 2);
    assert!(after["queue_bytes_limit"].as_u64() > Some(0) && after["resident_bytes"].is_u64());
    // It is of all apps, so no app's.
    let of_app = session(&server, BACKEND, json!({"app": "shop"})).await;
    for shown in [&of_app, BACKEND] {
        let answer = refused(&server, shown, "GET", "/overview", Value::Null).await;
        assert_eq!(answer, said(401, INVALID));
    }
}
