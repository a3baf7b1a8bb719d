//! A server with history that is small enough to be seen through, and breaks a promise where asked.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::{accept_async, tungstenite::Message};

/// What it does wrong, at each so many messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    /// Acknowledges a message and does not have it.
    Forgets(u64),
    /// Does not show a message to one of its readers.
    Skips(u64),
    /// Shows a message twice, with another id.
    Repeats(u64),
}

/// Frames for one connection. Only a test has no bound here.
type Queue = mpsc::UnboundedSender<String>;

#[derive(Default)]
struct Channel {
    messages: Vec<Value>,
    /// Of each message the session that must not see it.
    hidden_from: Vec<Option<String>>,
    members: HashMap<u64, Queue>,
}

#[derive(Default)]
struct Store {
    channels: HashMap<String, Channel>,
    keys: HashMap<String, Value>,
    sends: u64,
    connections: u64,
    /// Which client a connection is, over all of its connections.
    sessions: HashMap<u64, String>,
}

/// The server, on a free port.
pub(crate) struct Model {
    pub(crate) address: SocketAddr,
}

const EPOCH: &str = "00000000000000aa";

impl Model {
    pub(crate) async fn serve(bug: Bug) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let store: Arc<Mutex<Store>> = Arc::default();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, Arc::clone(&store), bug));
            }
        });
        Self { address }
    }
}

async fn connection(stream: TcpStream, store: Arc<Mutex<Store>>, bug: Bug) {
    let Ok(socket) = accept_async(stream).await else { return };
    let (mut sink, mut source) = socket.split();
    let (queue, mut queued) = mpsc::unbounded_channel::<String>();
    tokio::spawn(async move {
        while let Some(text) = queued.recv().await {
            if sink.send(Message::text(text)).await.is_err() {
                break;
            }
        }
    });
    let number = {
        let mut store = store.lock().unwrap();
        store.connections += 1;
        store.connections
    };
    while let Some(Ok(message)) = source.next().await {
        let Message::Text(text) = message else { continue };
        let request: Value = serde_json::from_str(text.as_str()).unwrap();
        let mut store = store.lock().unwrap();
        let data = store.answer(&request, number, &queue, bug);
        let reply = json!({"code": 200, "message": "success", "data": data, "id": request["id"]});
        drop(queue.send(reply.to_string()));
    }
    for channel in store.lock().unwrap().channels.values_mut() {
        channel.members.remove(&number);
    }
}

impl Store {
    fn answer(&mut self, request: &Value, number: u64, queue: &Queue, bug: Bug) -> Value {
        let payload = &request["payload"];
        match request["event"].as_str().unwrap() {
            "auth" => {
                let known = payload["session"].as_str().map(str::to_owned);
                let session = known.unwrap_or_else(|| format!("s{number}"));
                self.sessions.insert(number, session.clone());
                json!({"state": true, "client_id": "x", "connection_id": "x", "session": session})
            }
            "subscribe" if payload["channels"].is_null() => self.subscribe(payload, number, queue),
            "unsubscribe" => {
                self.channel(payload).members.remove(&number);
                json!({"channel": payload["channel"]})
            }
            "subscribe" => {
                let wishes = payload["channels"].as_array().unwrap();
                let entries = wishes.iter().map(|wish| self.subscribe(wish, number, queue));
                json!({"channels": entries.collect::<Vec<_>>()})
            }
            "messageSend" => self.publish(payload, number, bug),
            "history" => self.history(payload),
            other => panic!("{other} is not modelled"),
        }
    }

    fn channel(&mut self, payload: &Value) -> &mut Channel {
        self.channels.entry(payload["channel"].as_str().unwrap().to_owned()).or_default()
    }

    fn subscribe(&mut self, wish: &Value, number: u64, queue: &Queue) -> Value {
        let session = self.sessions[&number].clone();
        let channel = self.channel(wish);
        channel.members.insert(number, queue.clone());
        let mut reply = json!({
            "code": 200, "channel": wish["channel"], "epoch": EPOCH,
            "offset": channel.messages.len(), "messages": [],
        });
        if let Some(after) = wish["position"]["offset"].as_u64() {
            let after = usize::try_from(after).unwrap();
            reply["recovered"] = json!(true);
            let missed = channel.messages.iter().zip(&channel.hidden_from).skip(after);
            let visible = missed.filter(|(_, hidden)| hidden.as_ref() != Some(&session));
            reply["messages"] = visible.map(|(message, _)| message.clone()).collect();
        }
        if let Some(last) = wish["rewind"].as_u64() {
            let last = usize::try_from(last).unwrap();
            let first = channel.messages.len().saturating_sub(last);
            reply["messages"] = json!(channel.messages[first..]);
        }
        reply
    }

    fn publish(&mut self, payload: &Value, number: u64, bug: Bug) -> Value {
        let key = format!("{} {}", payload["channel"], payload["key"]);
        if let Some(first) = self.keys.get(&key) {
            let mut again = first.clone();
            again["repeated"] = json!(true);
            return again;
        }
        self.sends += 1;
        let sends = self.sends;
        let at = |every: u64| sends.is_multiple_of(every);
        let receipt = self.append(payload, number, format!("m{sends}"));
        match bug {
            Bug::Forgets(every) if at(every) => self.forget(payload),
            Bug::Skips(every) if at(every) => self.show(payload, 1),
            Bug::Repeats(every) if at(every) => {
                self.show(payload, 0);
                self.append(payload, number, format!("again{sends}"));
                self.show(payload, 0);
            }
            Bug::None | Bug::Forgets(_) | Bug::Skips(_) | Bug::Repeats(_) => self.show(payload, 0),
        }
        self.keys.insert(key, receipt.clone());
        receipt
    }

    fn forget(&mut self, payload: &Value) {
        let channel = self.channel(payload);
        channel.messages.pop();
        channel.hidden_from.pop();
    }

    fn append(&mut self, payload: &Value, number: u64, id: String) -> Value {
        let hidden = (payload["echo"] == false).then(|| self.sessions[&number].clone());
        let channel = self.channel(payload);
        channel.hidden_from.push(hidden);
        let offset = channel.messages.len() + 1;
        channel.messages.push(json!({
            "channel": payload["channel"], "data": payload["data"], "id": id, "ts": 1,
            "offset": offset,
        }));
        json!({"channel": payload["channel"], "id": id, "ts": 1, "epoch": EPOCH, "offset": offset})
    }

    /// The last message, to all but so many.
    fn show(&mut self, payload: &Value, but: usize) {
        let sessions = self.sessions.clone();
        let channel = self.channel(payload);
        let last = channel.messages.last().unwrap();
        let push = json!({"event": "message", "payload": last}).to_string();
        let place = json!({"channel": payload["channel"], "offset": last["offset"]});
        let place = json!({"event": "position", "payload": place}).to_string();
        let hidden = channel.hidden_from.last().unwrap().as_ref();
        for (number, queue) in channel.members.iter().skip(but) {
            let own = hidden.is_some() && sessions.get(number) == hidden;
            drop(queue.send(if own { place.clone() } else { push.clone() }));
        }
    }

    fn history(&mut self, payload: &Value) -> Value {
        let after = usize::try_from(payload["after"].as_u64().unwrap()).unwrap();
        let channel = self.channel(payload);
        // Pages that are small enough to need several.
        let end = channel.messages.len().min(after + 7);
        json!({
            "epoch": EPOCH, "offset": channel.messages.len(), "first": 1,
            "messages": channel.messages[after..end], "more": end < channel.messages.len(),
        })
    }
}
