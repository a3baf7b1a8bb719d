//! Stores that have what no test can wait for: hours that are over, requests that were given up.

use std::{path::Path, sync::Arc, time::Duration};

use adapters_memory::{RandomIds, SystemClock};
use adapters_store::{DurableBroker, StoreOptions};
use application::ports::{Broker, Clock, DeadLetter, Deliveries, EndpointKey, Progress};
use domain::{
    AppId, Author, ChannelKey, ChannelName, ClientId, Draft, Durability, HistoryPolicy, Namespace,
    Payload, Sequence, Source, Timestamp, WebhookName,
};
use serde_json::{Value, json};
use testkit::{ManualClock, RecordingSink};

use crate::{
    api::{Api, BACKEND, shop},
    server::Start,
    webhooks::{Backend, is_told, messages, until},
};

/// The store of a server that does not run.
fn open(folder: &Path, clock: Arc<dyn Clock>) -> DurableBroker {
    let path = folder.join("rtmate-data/store");
    let (sink, ids) = (Arc::new(RecordingSink::default()), Arc::new(RandomIds));
    let options = StoreOptions::default();
    let opened = DurableBroker::open(&path, options, sink, clock, ids, Arc::new(|_| {}));
    opened.unwrap().0
}

fn message() -> Draft {
    let channel = ChannelName::parse("disk:chat").unwrap();
    let channel = ChannelKey { app: AppId::parse("shop").unwrap(), channel };
    let policy = HistoryPolicy {
        size: 1000,
        ttl: Duration::from_secs(3600),
        bytes: 1 << 20,
        durability: Durability::Durable,
    };
    let author = Author::Client(ClientId::parse("alice").unwrap());
    Draft {
        channel,
        name: None,
        data: Payload::parse("12345", 100).unwrap(),
        key: None,
        from: None,
        source: Source { author, hidden_from: None },
        namespace: Arc::new(Namespace { history: Some(policy), ..Namespace::default() }),
    }
}

#[tokio::test]
async fn hours_that_are_over_are_events_for_a_metering_system() {
    let start = Start::bare().args(&["--listen", "127.0.0.1:0"]).toml(&shop());
    let (now, hour) = (SystemClock::new().now(), Duration::from_secs(3600));
    let clock = Arc::new(ManualClock::new(now.before(hour * 5)));
    let store = open(start.folder().path(), Arc::clone(&clock) as _);
    for messages in [3, 2] {
        for _ in 0..messages {
            store.publish(message()).await.unwrap();
        }
        clock.advance(hour * 2);
    }
    drop(store);
    let server = start.serve().await;
    let api = Api::of(&server, BACKEND);
    let name = |ts: Timestamp| domain::Hour::of(ts).to_string();
    let [first, second] = [5, 3].map(|hours| now.before(hour * hours));
    let (from, to) = (name(first), name(second.after(hour)));
    let path = format!("/usage?format=cloudevents&from={from}&to={to}");
    let answer = api.ask("GET", &path, "").await;
    assert!(answer.has("content-type: application/cloudevents-batch+json"), "{}", answer.head);
    let events: Value = serde_json::from_str(&answer.body).unwrap();
    let wanted = |from: Timestamp, messages: u64| {
        let (hour, to) = (name(from), name(from.after(hour)));
        json!({
            "specversion": "1.0",
            "id": format!("shop/{hour}"),
            "source": "/v1/apps/shop/usage",
            "type": "rtmate.usage.hour",
            "subject": "shop",
            "time": to,
            "datacontenttype": "application/json",
            "messages": messages,
            "history_bytes": messages * 5,
        })
    };
    let events: Vec<Value> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let mut event = event.clone();
            let data = event["data"].take();
            event.as_object_mut().unwrap().remove("data");
            for metric in ["messages", "history_bytes"] {
                event[metric] = data[metric].clone();
            }
            event
        })
        .collect();
    assert_eq!(events, [wanted(first, 3), wanted(second, 2)]);
    // Asked for again, it says the same: who drops known ids counts each hour once.
    assert_eq!(api.ask("GET", &path, "").await.body, answer.body);
}

#[tokio::test]
async fn a_dead_letter_is_replayed_as_it_was() {
    let backend = Backend::begin().await;
    let mut server = backend.start().serve().await;
    let mut alice = crate::webhooks::enter(&server, "alice").await;
    alice.say("log:a", 1).await;
    until(&server, is_told).await;
    server.signal("TERM").await;
    server.ended().await;
    let [(told, _)] = <[_; 1]>::try_from(backend.take()).unwrap();

    // What twelve hours of failures make.
    let store = open(server.folder.path(), Arc::new(SystemClock::new()));
    let name = WebhookName::parse("crm").unwrap();
    let key = EndpointKey { app: AppId::parse("shop").unwrap(), name };
    let mut progress = store.progress(&key).await.unwrap().unwrap();
    for number in [2, 3] {
        let body = json!({"number": number, "events": [{"message": {"data": number}}]}).to_string();
        let letter = DeadLetter {
            number,
            first: Sequence(number),
            last: Sequence(number),
            at: Timestamp::from_secs(1_800_000_000),
            attempts: 30,
            failure: "the receiver answered 500".into(),
            body: body.into(),
        };
        progress = Progress { number, ..progress };
        assert_eq!(store.advance(&key, progress, Some(letter)).await.unwrap(), 0);
    }
    drop(store);

    let server = server.again(backend.start()).serve().await;
    let url = format!("http://{}", server.address);
    let command = async |words: &[&str]| {
        let words = [&["webhooks", "--app", "shop", "--url", &url], words].concat();
        let output = server.run(&words).await;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, _) = command(&["letters", "crm"]).await;
    let letters: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, letters.len()), (Some(0), 2), "{out}");
    assert_eq!((&letters[0]["number"], &letters[0]["attempts"]), (&json!(2), &json!(30)));

    backend.answers(500);
    let (code, _, error) = command(&["replay", "crm"]).await;
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("letter 2 was not taken: the receiver answered 500"), "{error}");
    let refused = backend.take();
    backend.answers(200);
    let (code, out, _) = command(&["replay", "crm"]).await;
    assert_eq!((code, out.trim()), (Some(0), r#"{"done":2,"more":false}"#));
    let came = backend.take();
    assert_eq!(came[0], refused[0], "the same request with the same id");
    assert_eq!(messages(&came), [2, 3]);
    assert!(came[0].0 != came[1].0 && came[0].0 != told);
    assert_eq!(command(&["letters", "crm"]).await.1, "", "they are gone");
    // Those that follow are numbered behind them.
    let mut alice = crate::webhooks::enter(&server, "alice").await;
    alice.say("log:a", 4).await;
    until(&server, is_told).await;
    let [(_, next)] = <[_; 1]>::try_from(backend.take()).unwrap();
    assert_eq!(next["number"], 4);
}
