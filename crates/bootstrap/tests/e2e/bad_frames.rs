//! What is no request, and the budget for it.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Client,
    raw::{self, BINARY, CLOSE, PING, Raw, TEXT},
    server::Server,
    tokens::Token,
};

const FIN: u8 = 0x80;

#[tokio::test]
async fn garbage_is_a_400_and_the_connection_stays() {
    let server = Server::demo().await;
    let deep = format!(r#"{{"event":"ping","payload":{}{}}}"#, "[".repeat(70), "]".repeat(70));
    for garbage in [
        "",
        "hello",
        "null",
        "[]",
        "{}",
        "{\"event\":\"ping\"",
        r#"{"event":"ping"} x"#,
        r#"{"event":5,"payload":{}}"#,
        r#"{"event":"auth"}"#,
        r#"{"event":"ping","payload":7}"#,
        r#"{"event":"ping","event":"ping","payload":{}}"#,
        r#"{"event":"ping","payload":{},"id":"x","id":"y"}"#,
        "\u{feff}{\"event\":\"ping\"}",
        &deep,
    ] {
        let mut client = Client::connect(&server).await;
        client.send(garbage).await;
        let reply: Value = serde_json::from_str(&client.text().await).unwrap();
        assert_eq!(reply["code"], 400, "{garbage}");
        assert!(reply["data"].is_null() && reply["id"].is_null(), "{reply}");
        client.done("ping", json!({})).await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told() {
    let server = Server::demo().await;
    let mut client = Client::demo(&server, "alice").await;
    let reply = client.ask("shout", json!({})).await;
    assert_eq!((&reply["code"], &reply["reason"]), (&json!(400), &json!("unsupported_event")));
    assert!(reply["message"].as_str().unwrap().starts_with("不支持的事件类型"));
    for (event, payload, reason) in [
        ("subscribe", json!({"channel": ""}), "invalid_channel"),
        ("subscribe", json!({"channel": "a b"}), "invalid_channel"),
        ("subscribe", json!({"channel": "x".repeat(201)}), "invalid_channel"),
        ("subscribe", json!({"channel": 7}), "invalid_params"),
        ("messageSend", json!({"channel": "chat"}), "invalid_params"),
        ("messageSend", json!({"channel": "chat", "data": 1, "echo": 1}), "invalid_params"),
        (
            "messageSend",
            json!({"channel": "chat", "data": 1, "name": "pusher:x"}),
            "invalid_params",
        ),
        ("messageSend", json!({"channel": "chat", "data": 1, "key": ""}), "invalid_params"),
    ] {
        let refused = client.refused(event, payload.clone()).await;
        assert_eq!(refused, (400, reason.to_owned()), "{payload}");
    }
}

#[tokio::test]
async fn data_is_compacted_and_what_is_no_sound_json_is_refused() {
    let server = Server::demo().await;
    let mut client = Client::demo(&server, "alice").await;
    client.subscribe("chat").await;
    let send = |data: &str| {
        format!(r#"{{"event":"publish","payload":{{"channel":"chat","data":{data}}}}}"#)
    };
    client.send(&send("{ \"a\" :\n[1, \"\\u000a\\u00fc\"] }")).await;
    let (one, other) = (client.text().await, client.text().await);
    let push = if one.contains("\"code\"") { other } else { one };
    assert!(push.contains(r#""data":{"a":[1,"\u000a\u00fc"]},"#), "{push}");
    assert!(push.bytes().all(|byte| byte >= 0x20), "no byte that ends a line");
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
    for data in [r#""\ud800""#, "01", "nope", &deep] {
        client.send(&send(data)).await;
        assert!(client.text().await.starts_with(r#"{"code":400,"#), "{data}");
    }
}

#[tokio::test]
async fn the_eleventh_bad_request_closes() {
    let server = Server::demo().await;
    for known in [false, true] {
        let mut client = match known {
            false => Client::connect(&server).await,
            true => Client::demo(&server, "alice").await,
        };
        for _ in 0..10 {
            client.send("garbage").await;
            assert!(client.text().await.starts_with(r#"{"code":400,"#));
        }
        client.done("ping", json!({})).await;
        client.send("garbage").await;
        let goodbye = client.goodbye().await;
        assert_eq!(goodbye.before.len(), 1, "the eleventh is answered too");
        goodbye.is(4005, "too_many_bad_requests");
    }
}

#[tokio::test]
async fn denials_and_misses_spend_the_budget_and_refused_refreshes_do_not() {
    let server = Server::demo().await;
    let mut client = Client::demo(&server, "alice").await;
    for _ in 0..15 {
        assert_eq!(client.auth("demo-app", "x").await["code"], 401);
    }
    for _ in 0..5 {
        let refused = client.refused("subscribe", json!({"channel": "private-x"})).await;
        assert_eq!(refused, (403, "permission_denied".to_owned()));
        let refused = client.refused("unsubscribe", json!({"channel": "chat"})).await;
        assert_eq!(refused, (404, "not_subscribed".to_owned()));
    }
    let refused = client.refused("unsubscribe", json!({"channel": "chat"})).await;
    assert_eq!(refused.0, 404);
    client.sent_away(4005, "too_many_bad_requests").await;
}

#[tokio::test]
async fn a_list_of_channels_is_one_bad_request_at_most() {
    let server = Server::demo().await;
    let mut client = Client::demo(&server, "alice").await;
    let bad: Vec<_> = (0..11).map(|n| json!({"channel": format!("private-{n}")})).collect();
    for _ in 0..10 {
        client.done("subscribe", json!({"channels": bad})).await;
    }
    client.done("subscribe", json!({"channels": bad})).await;
    client.sent_away(4005, "too_many_bad_requests").await;
}

#[tokio::test]
async fn a_binary_frame_closes() {
    let server = Server::demo().await;
    let mut client = Client::connect(&server).await;
    client.send_message(Message::binary(vec![1, 2, 3])).await;
    client.sent_away(1003, "unsupported_frame").await;
    let mut client = Client::demo(&server, "alice").await;
    client.send_message(Message::binary(br#"{"event":"ping"}"#.to_vec())).await;
    client.sent_away(1003, "unsupported_frame").await;
    // Known from its first header on: the rest need not come.
    let mut raw = Raw::open(&server).await;
    raw.write(&raw::header(BINARY, 1000)).await;
    raw.goodbye().await.is(1003, "unsupported_frame");
}

#[tokio::test]
async fn text_that_is_not_utf8_closes() {
    let server = Server::demo().await;
    let mut raw = Raw::open(&server).await;
    raw.write(&raw::frame(FIN | TEXT, b"{\"event\":\"\xff\"}")).await;
    raw.goodbye().await.is(1007, "invalid_text");
}

#[tokio::test]
async fn broken_framing_closes() {
    let server = Server::demo().await;
    let unmasked = [FIN | TEXT, 2, b'{', b'}'];
    let long_ping = raw::frame(FIN | PING, &[0; 126]);
    let new_inside = [raw::frame(TEXT, b"{"), raw::frame(FIN | TEXT, b"}")].concat();
    let not_shortest = [FIN | TEXT, 0x80 | 126, 0, 2, 0, 0, 0, 0, b'{', b'}'];
    for (what, bytes) in [
        ("not masked", unmasked.to_vec()),
        ("a reserved bit", raw::frame(FIN | 0x40 | TEXT, b"{}")),
        ("a reserved opcode", raw::frame(FIN | 3, b"{}")),
        ("a continuation of nothing", raw::frame(FIN, b"{}")),
        ("a ping in fragments", raw::frame(PING, b"")),
        ("a ping that is too long", long_ping),
        ("a message inside another", new_inside),
        ("a length in too many bytes", not_shortest.to_vec()),
        ("half a close code", raw::frame(FIN | CLOSE, &[3])),
        ("a close code that must not be sent", raw::frame(FIN | CLOSE, &1005u16.to_be_bytes())),
    ] {
        let mut raw = Raw::open(&server).await;
        raw.write(&bytes).await;
        let goodbye = raw.goodbye().await;
        assert_eq!(goodbye.code, Some(1002), "{what}: {goodbye:?}");
        goodbye.is(1002, "protocol_violation");
    }
}

#[tokio::test]
async fn fragments_and_pings_between_them_are_fine() {
    let server = Server::demo().await;
    let mut raw = Raw::open(&server).await.enter("demo-app", &Token::demo("alice").sign()).await;
    raw.write(&raw::frame(TEXT, br#"{"event":"#)).await;
    raw.write(&raw::frame(FIN | PING, b"still here")).await;
    raw.write(&raw::frame(0, br#""ping","#)).await;
    raw.write(&raw::frame(FIN, br#""id":1}"#)).await;
    let pong = raw.frame().await.unwrap();
    assert_eq!((pong.opcode, &*pong.payload), (10, &b"still here"[..]));
    assert_eq!(raw.json().await["id"], 1);
    raw.write(&raw::frame(FIN | CLOSE, &1000u16.to_be_bytes())).await;
    let goodbye = raw.goodbye().await;
    assert_eq!((goodbye.code, goodbye.disconnect), (Some(1000), None), "the answer to ours");
}
