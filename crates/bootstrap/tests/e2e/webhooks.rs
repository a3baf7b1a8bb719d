//! A backend that is told what happens, over a kill of the server and its own refusals.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    api::{Api, BACKEND, hash},
    client::Client,
    server::{Server, Start},
    tokens::{ALLOW_ALL, app, token},
};

/// What a backend answers; with 0 it never does.
#[derive(Clone)]
pub(crate) struct Backend {
    address: SocketAddr,
    status: Arc<Mutex<u16>>,
    /// The id and body of each request.
    came: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Backend {
    pub(crate) async fn begin() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let backend = Self { address, status: Arc::new(Mutex::new(200)), came: Arc::default() };
        let serving = backend.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let backend = serving.clone();
                tokio::spawn(async move { backend.serve(socket).await });
            }
        });
        backend
    }

    async fn serve(&self, mut socket: TcpStream) -> Option<()> {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let field = |name: &str| {
                    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
                    fields.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
                };
                if body.len() == field("content-length")?.parse::<usize>().ok()? {
                    let came = (field("webhook-id")?, serde_json::from_str(body).ok()?);
                    self.came.lock().unwrap_or_else(PoisonError::into_inner).push(came);
                    bytes.clear();
                    let status = *self.status.lock().unwrap_or_else(PoisonError::into_inner);
                    if status == 0 {
                        return std::future::pending().await;
                    }
                    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
                    socket.write_all(answer.as_bytes()).await.ok()?;
                }
            }
            if socket.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
    }

    pub(crate) fn answers(&self, status: u16) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    pub(crate) fn take(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut *self.came.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn start(&self) -> Start {
        let key = format!(
            "[[apps.api_keys]]\nname = \"backend\"\nhash = \"{}\"\nscopes = [\"read\", \"manage\"]\n",
            hash(BACKEND)
        );
        let more = format!(
            "[[apps.namespaces]]\npattern = \"log:*\"\nhistory = {{}}\nevents = \"data\"\n\
             [[apps.webhooks]]\nname = \"crm\"\nurl = \"http://{}/hook\"\n\
             events = [\"message.published\"]\nallow_private_addresses = true\n\
             secret = \"a secret of at least thirty-two bytes\"\n",
            self.address
        );
        Start::bare()
            .args(&["--listen", "127.0.0.1:0"])
            .toml(&[&app("shop", ALLOW_ALL), &key, &more[..]].concat())
    }
}

pub(crate) async fn enter(server: &Server, name: &str) -> Client {
    let mut client = Client::enter(server, "shop", &token("shop", name)).await;
    client.subscribe("log:a").await;
    client
}

/// Waits until the webhook stands so.
pub(crate) async fn until(server: &Server, done: impl Fn(&Value) -> bool) -> Value {
    crate::soon("the webhook", async {
        loop {
            let state = Api::of(server, BACKEND).done("GET", "/webhooks", "").await;
            if done(&state["webhooks"][0]) {
                return state["webhooks"][0].clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

pub(crate) fn is_told(state: &Value) -> bool {
    state["cursor"].as_u64() > Some(0) && state["lag"] == 0
}

pub(crate) fn messages(came: &[(String, Value)]) -> Vec<Value> {
    let events = came.iter().flat_map(|(_, body)| body["events"].as_array().unwrap());
    events.map(|event| event["message"]["data"].clone()).collect()
}

#[tokio::test]
async fn a_backend_is_told_each_message_over_a_kill() {
    let backend = Backend::begin().await;
    let mut server = backend.start().serve().await;
    let mut alice = enter(&server, "alice").await;
    until(&server, is_told).await;
    for number in 1..=3 {
        alice.say("log:a", number).await;
    }
    until(&server, is_told).await;
    assert_eq!(messages(&backend.take()), [1, 2, 3]);
    // It has the next one, and the server never hears so.
    backend.answers(0);
    alice.say("log:a", 4).await;
    let held = crate::soon("the request", async {
        loop {
            if let Some(held) = backend.take().pop() {
                return held;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    alice.say("log:a", 5).await;
    server.signal("KILL").await;
    server.ended().await;

    backend.answers(200);
    let server = server.again(backend.start()).serve().await;
    let mut alice = enter(&server, "alice").await;
    alice.say("log:a", 6).await;
    until(&server, is_told).await;
    let came = backend.take();
    assert_eq!(came[0], held, "the same request with the same id");
    assert_eq!(messages(&came), [4, 5, 6]);
    let numbers: Vec<_> = came.iter().map(|(_, body)| body["number"].as_u64().unwrap()).collect();
    let first = held.1["number"].as_u64().unwrap();
    assert_eq!(numbers, (first..first + numbers.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_operator_sees_what_fails_and_tries_again() {
    let backend = Backend::begin().await;
    let server = backend.start().serve().await;
    let mut alice = enter(&server, "alice").await;
    until(&server, is_told).await;
    backend.answers(500);
    alice.say("log:a", 1).await;
    let state = until(&server, |state| state["attempts"].as_u64() > Some(0)).await;
    assert_eq!(state["last_failure"]["failure"], "the receiver answered 500");
    let url = format!("http://{}", server.address);
    let command = async |words: &[&str]| {
        let words = [&["webhooks", "--app", "shop", "--url", &url], words].concat();
        let output = server.run(&words).await;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, _) = command(&["list"]).await;
    let line: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &line["name"], &line["switched_off"]),
        (Some(0), &json!("crm"), &json!(false))
    );
    let (code, _, error) = command(&["test", "crm"]).await;
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("the receiver answered 500"), "{error}");
    backend.answers(204);
    backend.take();
    let (code, out, _) = command(&["test", "crm"]).await;
    assert_eq!((code, out.trim()), (Some(0), r#"{"done":1,"more":false}"#));
    assert_eq!(command(&["retry", "crm"]).await.0, Some(0));
    until(&server, is_told).await;
    assert!(messages(&backend.take()).contains(&json!(1)));
    let (code, out, _) = command(&["letters", "crm"]).await;
    assert_eq!((code, &*out), (Some(0), ""));
    assert_eq!(command(&["drop", "crm", "1"]).await.0, Some(1), "no such letter");
    server.log.expect("a webhook failed and is tried again").await;
}

#[tokio::test]
async fn what_a_receiver_took_is_in_the_ledger() {
    let backend = Backend::begin().await;
    let mut server = backend.start().serve().await;
    let mut alice = enter(&server, "alice").await;
    // One at a time, so that each is a request of its own; the third is refused at first.
    for number in 1..=4 {
        backend.answers(if number == 3 { 500 } else { 200 });
        alice.say("log:a", number).await;
        if number == 3 {
            until(&server, |state| state["attempts"].as_u64() > Some(0)).await;
            backend.answers(200);
        }
        until(&server, |state| state["number"] == number && state["lag"] == 0).await;
    }
    let came = backend.take();
    assert!(came.len() > 4, "the third came again: {came:?}");
    server.signal("TERM").await;
    server.ended().await;
    let server = server.again(backend.start()).serve().await;
    let usage = Api::of(&server, BACKEND).done("GET", "/usage", "").await;
    assert_eq!(usage["total"]["webhook_deliveries"], 4, "each as often as it was taken");
}
