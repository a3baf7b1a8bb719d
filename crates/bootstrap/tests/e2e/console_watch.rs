//! Watching a channel without being a client of its app; and who would like to do more with that.

use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::{
    api::{BACKEND, OPERATOR, VIEWER, shop},
    client::Client,
    console_api::{ask, done, refused, said, session},
    http,
    server::Server,
    soon, tokens,
};

/// What a request to watch is answered.
async fn watch(server: &Server, shown: &str, app: &str, channel: &str) -> Value {
    let path = format!("/apps/{app}/channels/{channel}/watch");
    done(server, shown, "POST", &path, Value::Null).await
}

/// A token to watch a channel of the shop, for a viewer's session.
async fn token(server: &Server, channel: &str) -> String {
    let viewer = session(server, VIEWER, json!({"app": "shop"})).await;
    watch(server, &viewer, "shop", channel).await["token"].as_str().unwrap().to_owned()
}

/// A watcher of a channel of the shop.
async fn watcher(server: &Server, channel: &str) -> Client {
    let mut client = Client::connect(server).await;
    let reply = client.auth("shop", &token(server, channel).await).await;
    assert_eq!(reply["code"], 200, "{reply}");
    client
}

const DENIED: (u64, &str) = (403, "permission_denied");

async fn denied(client: &mut Client, event: &str, payload: Value) {
    let (code, reason) = client.refused(event, payload.clone()).await;
    assert_eq!((code, &*reason), DENIED, "{event} {payload}");
}

#[tokio::test]
async fn a_watcher_sees_one_channel_and_does_nothing() {
    let server = Server::with(&shop()).await;
    let mut alice = Client::enter(&server, "shop", &tokens::token("shop", "alice")).await;
    alice.done("subscribe", json!({"channel": "chat:x", "presence": true})).await;
    alice.say("chat:x", "before").await;
    let viewer = session(&server, BACKEND, json!({"app": "shop", "viewer": true})).await;
    let pass = watch(&server, &viewer, "shop", "chat:x").await;
    assert_eq!((&pass["app_id"], &pass["path"]), (&json!("shop"), &json!("/ws")));
    let (name, token) = (pass["client_id"].as_str().unwrap(), pass["token"].as_str().unwrap());
    assert!(name.starts_with("watch-") && name.len() == 22 && token.len() <= 1024, "{pass}");
    let mut bob = Client::connect(&server).await;
    let reply = bob.auth("shop", token).await;
    assert_eq!((&reply["code"], &reply["data"]["client_id"]), (&json!(200), &json!(name)));
    // What it may: messages, what was kept, who is there.
    let wish = json!({"channel": "chat:x", "presence": "watch", "rewind": 10});
    let subscribed = bob.done("subscribe", wish).await;
    assert_eq!(subscribed["members"][0]["client"], "alice", "{subscribed}");
    let kept = bob.done("history", json!({"channel": "chat:x"})).await;
    assert_eq!(kept["messages"][0]["data"], "before");
    assert_eq!(bob.done("presence", json!({"channel": "chat:x"})).await["count"], 1);
    // What it may not: be seen, say anything, be anywhere else.
    denied(&mut bob, "subscribe", json!({"channel": "chat:x", "presence": true})).await;
    denied(&mut bob, "messageSend", json!({"channel": "chat:x", "data": 1})).await;
    for channel in ["chat:y", "chat", "plain", "private-x", "#x"] {
        // Each has a budget of bad requests.
        let mut eve = watcher(&server, "chat:x").await;
        denied(&mut eve, "messageSend", json!({"channel": channel, "data": 1})).await;
        for event in ["subscribe", "history", "presence"] {
            denied(&mut eve, event, json!({"channel": channel})).await;
        }
        let both = eve
            .done("subscribe", json!({"channels": [{"channel": "chat:x"}, {"channel": channel}]}))
            .await;
        let each: Vec<_> = both["channels"].as_array().unwrap().iter().collect();
        assert_eq!((&each[0]["code"], &each[1]["code"]), (&json!(200), &json!(403)), "{both}");
    }
    alice.done("presence", json!({"channel": "chat:x"})).await;
    alice.hears().await;
    alice.hears_nothing().await;
    alice.say("chat:x", "after").await;
    alice.hears().await;
    let members = alice.done("presence", json!({"channel": "chat:x"})).await;
    assert_eq!(members["count"], 1, "nobody was seen to come: {members}");
    let heard = async {
        loop {
            let push = bob.push("message").await;
            if push["data"] == "after" {
                return;
            }
        }
    };
    soon("what is said", heard).await;
}

#[tokio::test]
async fn every_kind_of_channel_and_app_can_be_watched() {
    let server = Server::with(&shop()).await;
    let all = session(&server, OPERATOR, Value::Null).await;
    // It has no keys at all: nobody can come in but to watch.
    done(&server, &all, "POST", "/apps", json!({"id": "bare"})).await;
    for (app, channel) in
        [("shop", "private-x"), ("shop", "presence-x"), ("bare", "news"), ("bare", "private-x")]
    {
        let pass = watch(&server, &all, app, channel).await;
        let mut client = Client::connect(&server).await;
        let reply = client.auth(app, pass["token"].as_str().unwrap()).await;
        assert_eq!(reply["code"], 200, "{reply}");
        client.subscribe(channel).await;
        done(
            &server,
            &all,
            "POST",
            &format!("/apps/{app}/channels/{channel}/messages"),
            json!({"data": 7}),
        )
        .await;
        assert_eq!(client.hears().await, 7);
    }
    let server_s = ask(&server, &all, "POST", "/apps/shop/channels/%23x/watch", Value::Null).await;
    assert_eq!(crate::api::refusal(&server_s), said(400, "invalid_channel"));
}

#[tokio::test]
async fn a_pass_is_for_its_app_alone_and_for_no_api() {
    let server = Server::with(&shop()).await;
    let pass = token(&server, "plain").await;
    let auth = async |app: &str, token: &str| {
        let mut client = Client::connect(&server).await;
        let reply = client.auth(app, token).await;
        (reply["code"].as_u64().unwrap(), reply["reason"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(auth("bazaar", &pass).await, (401, "auth_mismatch".to_owned()));
    assert_eq!(auth("nobody", &pass).await.1, "app_not_found");
    for forged in [format!("{pass}A"), pass.replace("rtw_", "rtw_A"), "rtw_e30.e30".to_owned()] {
        assert_eq!(auth("shop", &forged).await, (401, "signature_invalid".to_owned()));
    }
    // Without its mark it is no token at all.
    assert_eq!(auth("shop", &pass[4..]).await.1, "invalid_token");
    for path in ["/apps/shop/channels", "/session", "/apps", "/apps/shop/channels/plain"] {
        let answer = refused(&server, &pass, "GET", path, Value::Null).await;
        assert_eq!(answer, said(401, "invalid_token"), "{path}");
    }
    for wanted in [json!({"app": "shop"}), Value::Null] {
        let answer = refused(&server, &pass, "POST", "/session", wanted).await;
        assert_eq!(answer, said(401, "invalid_token"));
    }
    let answer =
        refused(&server, &pass, "POST", "/apps/shop/channels/plain/watch", Value::Null).await;
    assert_eq!(answer, said(401, "invalid_token"), "a pass makes no pass");
    // Who may only publish sees nothing.
    let writer = tokens::token("shop", "billing").claim("api", json!(["publish"])).sign();
    let path = "/apps/shop/channels/plain/watch";
    let answer = refused(&server, &writer, "POST", path, Value::Null).await;
    assert_eq!(answer, said(403, "permission_denied"));
    let other = session(&server, BACKEND, json!({"app": "shop"})).await;
    let path = "/apps/bazaar/channels/plain/watch";
    assert_eq!(
        refused(&server, &other, "POST", path, Value::Null).await,
        said(401, "invalid_token")
    );
}

#[tokio::test]
async fn a_watcher_goes_on_with_its_next_token_and_with_nobody_else_s() {
    let server = Server::with(&shop()).await;
    let viewer = session(&server, VIEWER, json!({"app": "shop"})).await;
    let text = |pass: &Value| pass["token"].as_str().unwrap().to_owned();
    let mut client = Client::connect(&server).await;
    client.auth("shop", &text(&watch(&server, &viewer, "shop", "plain").await)).await;
    client.subscribe("plain").await;
    let reply = client.auth("shop", &text(&watch(&server, &viewer, "shop", "plain").await)).await;
    assert_eq!(reply["code"], 200, "{reply}");
    done(&server, BACKEND, "POST", "/apps/shop/channels/plain/messages", json!({"data": 1})).await;
    assert_eq!(client.hears().await, 1);
    // Another session's, and an app's client: not who it was.
    let other = token(&server, "plain").await;
    for token in [other, tokens::token("shop", "alice").sign()] {
        let reply = client.auth("shop", &token).await;
        assert_eq!((&reply["code"], &reply["reason"]), (&json!(401), &json!("auth_mismatch")));
    }
    // A client does not become a watcher either.
    let mut alice = Client::enter(&server, "shop", &tokens::token("shop", "alice")).await;
    let pass = watch(&server, &viewer, "shop", "plain").await;
    assert_eq!(alice.auth("shop", &text(&pass)).await["reason"], "auth_mismatch");
    // A pass for another channel ends what the first one granted.
    let pass = watch(&server, &viewer, "shop", "other").await;
    assert_eq!(client.auth("shop", &text(&pass)).await["code"], 200);
    let ended = client.push("unsubscribed").await;
    assert_eq!(
        (&ended["channel"], &ended["reason"]),
        (&json!("plain"), &json!("permission_denied"))
    );
}

#[tokio::test]
async fn what_ends_tokens_ends_passes() {
    let server = Server::with(&shop()).await;
    let ops = async |method: &str, path: &str, body: Value| {
        done(&server, OPERATOR, method, path, body).await
    };
    let auth = async |pass: &Value| {
        let mut client = Client::connect(&server).await;
        let reply = client.auth(pass["app_id"].as_str().unwrap(), pass["token"].as_str().unwrap());
        let reply = reply.await;
        (client, reply["reason"].as_str().unwrap_or("good").to_owned())
    };
    // By the name of who watches.
    let pass = watch(&server, OPERATOR, "shop", "plain").await;
    let (mut client, good) = auth(&pass).await;
    assert_eq!(good, "good");
    let revoked = json!({"client": pass["client_id"]});
    ops("POST", "/apps/shop/tokens/revoke", revoked).await;
    client.sent_away(4006, "token_revoked").await;
    assert_eq!(auth(&pass).await.1, "token_revoked");
    // With all of an app.
    ops("POST", "/apps", json!({"id": "made"})).await;
    let pass = watch(&server, OPERATOR, "made", "plain").await;
    let (mut client, good) = auth(&pass).await;
    assert_eq!(good, "good");
    ops("PATCH", "/apps/made", json!({"status": "disabled"})).await;
    client.sent_away(4008, "app_disabled").await;
    assert_eq!(auth(&pass).await.1, "app_disabled");
    let answer =
        refused(&server, OPERATOR, "POST", "/apps/made/channels/plain/watch", Value::Null).await;
    assert_eq!(answer, said(403, "app_disabled"));
    ops("PATCH", "/apps/made", json!({"status": "active"})).await;
    let (mut client, good) = auth(&pass).await;
    assert_eq!(good, "good");
    ops("DELETE", "/apps/made", Value::Null).await;
    client.sent_away(4007, "app_not_found").await;
    assert_eq!(auth(&pass).await.1, "app_not_found");
    // Another app of that name is not what was to be watched, watched itself or not.
    ops("POST", "/apps", json!({"id": "made"})).await;
    assert_eq!(auth(&pass).await.1, "token_revoked");
    let new = watch(&server, OPERATOR, "made", "plain").await;
    assert_eq!((auth(&new).await.1, auth(&pass).await.1), ("good".into(), "token_revoked".into()));
}

#[tokio::test]
async fn the_server_s_own_page_watches_whatever_pages_the_app_has() {
    let rules = format!("{}\norigins = [\"https://app.example.com\"]", tokens::ALLOW_ALL);
    let ops = shop().replace(&tokens::app("shop", tokens::ALLOW_ALL), &tokens::app("shop", &rules));
    let server = Server::with(&ops).await;
    let pass = token(&server, "plain").await;
    let signed = tokens::token("shop", "alice").sign();
    let own = format!("http://{}", server.address);
    let auth = async |origin: &str, query: &str, token: &str| {
        let (mut client, _) = Client::dial(&server, query, &[("Origin", origin)]).await;
        let reply = client.auth("shop", token).await;
        reply["reason"].as_str().unwrap_or("good").to_owned()
    };
    for query in ["", "?app=shop"] {
        assert_eq!(auth(&own, query, &pass).await, "good", "{query}");
        // It is let in to watch, and for nothing else.
        assert_eq!(auth(&own, query, &signed).await, "origin_denied", "{query}");
    }
    // The app's pages are for its clients.
    let page = "https://app.example.com";
    assert_eq!(auth(page, "", &signed).await, "good");
    assert_eq!(auth(page, "", &pass).await, "origin_denied");
    let port = server.address.port();
    for origin in [
        "https://evil.example",
        "null",
        &format!("http://localhost:{port}"),
        &format!("http://127.0.0.1:{}", port.wrapping_add(1).max(1)),
        &format!("http://127.0.0.1:{port}.evil.example"),
    ] {
        assert_eq!(auth(origin, "", &pass).await, "origin_denied", "{origin}");
        let answer = http::refused_upgrade(&server, "/ws?app=shop", &[("Origin", origin)]).await;
        assert_eq!(answer.status, 403, "{origin}");
    }
}

#[tokio::test]
async fn who_operates_watches_at_the_internal_address() {
    let toml = format!("[server]\ninternal_listen = \"127.0.0.1:0\"\n{}", shop());
    let server = Server::with(&toml).await;
    let internal = crate::internal::internal(&server).await;
    let over = async |request: &str, body: &str| {
        let head = format!(
            "POST {request} HTTP/1.1\r\nAuthorization: Bearer {OPERATOR}\r\nContent-Length: {}",
            body.len()
        );
        let stream = TcpStream::connect(internal).await.unwrap();
        crate::surface::ask_over(stream, &head, &internal.to_string()).await.json()
    };
    let pass = over("/v1/apps/shop/channels/plain/watch", "").await;
    let token = pass["data"]["token"].as_str().unwrap_or_else(|| panic!("{pass}")).to_owned();
    let stream = TcpStream::connect(internal).await.unwrap();
    let own = format!("http://{internal}");
    let url = format!("ws://{internal}/ws?app=shop");
    let (mut client, _) = Client::over(stream, &url, &[("Origin", &own)]).await;
    assert_eq!(client.auth("shop", &token).await["code"], 200);
    client.subscribe("plain").await;
    let mut alice = Client::enter(&server, "shop", &tokens::token("shop", "alice")).await;
    alice.say("plain", "hi").await;
    assert_eq!(client.hears().await, "hi");
}

#[tokio::test]
async fn who_watches_takes_no_client_s_place() {
    let limits = format!("{}\nlimits = {{ connections = 1 }}", tokens::ALLOW_ALL);
    let full =
        shop().replace(&tokens::app("shop", tokens::ALLOW_ALL), &tokens::app("shop", &limits));
    let server = Server::with(&full).await;
    let mut first = watcher(&server, "plain").await;
    let alice = Client::enter(&server, "shop", &tokens::token("shop", "alice")).await;
    // The app is full, and can be looked at.
    let mut second = watcher(&server, "plain").await;
    second.subscribe("plain").await;
    let pass = token(&server, "plain").await;
    first.leave().await;
    let mut bob = Client::connect(&server).await;
    let reply = bob.auth("shop", &tokens::token("shop", "bob").sign()).await;
    assert_eq!(reply["reason"], "quota_exceeded", "a watcher that left gave no place back");
    alice.leave().await;
    let comes = async {
        loop {
            let mut bob = Client::connect(&server).await;
            let reply = bob.auth("shop", &tokens::token("shop", "bob").sign()).await;
            if reply["code"] == 200 {
                return bob;
            }
        }
    };
    let _bob = soon("her place", comes).await;
    // There are 64 to watch from; one is taken.
    let mut watchers = Vec::new();
    for _ in 0..63 {
        let mut client = Client::connect(&server).await;
        let reply = client.auth("shop", &pass).await;
        if reply["code"] != 200 {
            break;
        }
        watchers.push(client);
    }
    assert_eq!(watchers.len(), 63);
    let mut last = Client::connect(&server).await;
    assert_eq!(last.auth("shop", &pass).await["reason"], "quota_exceeded");
    first = watchers.pop().unwrap();
    first.subscribe("plain").await;
}

#[tokio::test]
async fn no_pass_is_in_the_log() {
    let mut server = Server::with(&shop()).await;
    let mut client = watcher(&server, "plain").await;
    denied(&mut client, "subscribe", json!({"channel": "other"})).await;
    client.auth("shop", "rtw_telltale.telltale").await;
    server.signal("TERM").await;
    server.ended().await;
    let log = server.log.all().await;
    assert!(log.contains("watch-") && !log.contains("rtw_") && !log.contains("telltale"), "{log}");
}
