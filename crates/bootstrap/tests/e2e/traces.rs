//! What a backend calls its request (`traceparent`) is found in the log and in explanations.

use serde_json::json;

use crate::{
    api::{Api, BACKEND, shop},
    client::Client,
    pusher_http::backend::Backend,
    server::{Server, Start},
    tokens::token,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn parent(trace: &str) -> String {
    format!("00-{trace}-00f067aa0ba902b7-01")
}

async fn server() -> Server {
    let log = "[log]\nfilter = \"debug\"\nformat = \"json\"\n";
    Start::new().toml(&format!("{log}{}", shop())).serve().await
}

/// Waits for a line of this message with this trace.
async fn line(server: &Server, message: &str, trace: &str) -> String {
    crate::soon(message, async {
        loop {
            let text = server.log.text();
            let fits = |line: &&str| line.contains(message) && line.contains(trace);
            if let Some(line) = text.lines().find(fits) {
                return line.to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_trace_of_the_server_api_is_told_on() {
    let server = server().await;
    let api = Api::of(&server, BACKEND);
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    let header = parent(TRACE);
    let head = [("Traceparent", &*header)];
    let body = json!({"channel": "plain"}).to_string();
    let (subscribing, told) = tokio::join!(
        api.ask_with("POST", "/clients/alice/subscriptions", &head, &body),
        alice.push("subscribed")
    );
    assert_eq!((subscribing.status, &told["channel"]), (200, &json!("plain")));
    line(&server, "\"subscription\"", TRACE).await;
    let sent = api.ask_with("POST", "/channels/plain/messages", &head, r#"{"data":1}"#).await;
    let id = sent.json()["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(alice.push("message").await["id"], id.as_str());
    let published = line(&server, "\"published\"", TRACE).await;
    assert!(published.contains(&id), "{published}");
    let refused = api.ask_with("GET", "/channels/plain/messages", &head, "").await;
    assert_eq!(refused.status, 404);
    line(&server, "request was refused", TRACE).await;
    let answer = api.done("GET", &format!("/explain?trace={TRACE}"), "").await;
    let facts = answer["facts"].as_array().unwrap();
    let whats: Vec<_> = facts.iter().map(|fact| fact["what"].as_str().unwrap()).collect();
    assert_eq!(whats, ["backend_refused", "published", "subscribed", "ordered"]);
    let stranger = Api::of(&server, "no-key-at-all");
    stranger.ask_with("GET", "/channels", &head, "").await;
    line(&server, "key refused", TRACE).await;
}

#[tokio::test]
async fn a_trace_of_another_form_is_as_if_there_were_none() {
    let server = server().await;
    let api = Api::of(&server, BACKEND);
    let (good, upper) = (parent(TRACE), parent(&TRACE.to_uppercase()));
    for (number, headers) in [
        vec![("traceparent", &*upper)],
        vec![("traceparent", TRACE)],
        vec![("traceparent", &*good), ("traceparent", &*good)],
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/channels/plain-{number}/messages");
        let sent = api.ask_with("POST", &path, &headers, r#"{"data":1}"#).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        let published = line(&server, "\"published\"", &format!("plain-{number}")).await;
        assert!(!published.contains("trace_id"), "{published}");
    }
}

#[tokio::test]
async fn a_trace_of_the_pusher_api_is_told_on() {
    let server = Start::new().env("RTMATE__LOG__FILTER", "debug").serve().await;
    let backend = Backend::demo(&server);
    let body = json!({"name": "n", "channel": "chat", "data": "1"}).to_string();
    let ask = backend.ask("POST", "/events", &body);
    let target = ask.signed(backend.secret);
    let header = parent(TRACE);
    let head = [("traceparent", &*header)];
    let sent = crate::http::post(&server, &target, &head, &body).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    line(&server, "published", TRACE).await;
    let refused = crate::http::post(&server, "/apps/demo-app/events", &head, &body).await;
    assert_eq!(refused.status, 401);
    line(&server, "a backend was refused", TRACE).await;
}
