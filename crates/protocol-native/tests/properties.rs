//! What holds for every frame, not only for the examples.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use application::{
    About, Push, Refusal, Reply, ReplyData,
    ports::{Bounds, Codec},
};
use domain::{
    AppId, ChannelKey, ChannelName, ErrorCode, Language, Message, MessageId, MessageName, Payload,
    Publication, RequestId, Timestamp,
};
use proptest::prelude::*;
use protocol_native::NativeCodec;
use serde_json::{Value, json};
use testkit::LineFraming;

const CODEC: NativeCodec<LineFraming> = NativeCodec::new(Language::English);
const BOUNDS: Bounds = Bounds { payload_bytes: 1024 };

/// Any JSON value, with all kinds of text in it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A frame's one line, read again.
fn read(frame: &[u8]) -> Value {
    let line = frame.strip_suffix(b"\n").expect("a line");
    assert!(line.iter().all(|byte| *byte >= 0x20), "a control byte");
    serde_json::from_slice(line).expect("JSON")
}

proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(bytes: Vec<u8>) {
        let _ = CODEC.decode(&bytes, BOUNDS);
    }

    #[test]
    fn no_json_makes_decoding_panic(payload in any_json(), id in any_json(), event in any_event()) {
        let frame = json!({ "event": event, "payload": payload, "id": id, "metadata": payload });
        let decoded = CODEC.decode(frame.to_string().as_bytes(), BOUNDS);
        if let Err(bad) = decoded {
            prop_assert!(bad.detail.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        }
    }

    #[test]
    fn what_was_sent_is_what_is_pushed(data in any_json(), name in any::<String>()) {
        let Ok(payload) = Payload::parse(&data.to_string(), 1 << 20) else { return Ok(()) };
        let name = MessageName::parse(&name).ok();
        let expected = name.as_ref().map(|name| name.as_str().to_owned());
        let pushed = read(&CODEC.push(&Push::Message(&publication(payload, name))));
        prop_assert_eq!(&pushed["payload"]["data"], &reread(&data));
        prop_assert_eq!(pushed["payload"]["name"].as_str(), expected.as_deref());
    }

    #[test]
    fn an_id_comes_back_as_it_was(id in prop_oneof![any::<String>().prop_map(Value::from), any::<i64>().prop_map(Value::from)]) {
        let request = json!({ "event": "ping", "id": id });
        match CODEC.decode(request.to_string().as_bytes(), BOUNDS) {
            Ok(request) => {
                let pong = Ok(ReplyData::Pong(Timestamp::from_millis(1)));
                let reply = read(&CODEC.reply(&Reply { id: request.id, about: About::Other, outcome: pong }));
                prop_assert_eq!(&reply["id"], &id);
            }
            Err(_) => prop_assert!(id.as_str().is_some_and(|id| id.chars().count() > 64)),
        }
    }

    #[test]
    fn no_text_breaks_a_refusal(id: String, detail: String) {
        let id = RequestId::parse(&Value::from(id).to_string());
        let refusal = Refusal::because(ErrorCode::InvalidParams, detail.clone());
        let reply = read(&CODEC.reply(&Reply { id, about: About::Other, outcome: Err(refusal) }));
        prop_assert_eq!(&reply["message"], &json!(format!("invalid parameters ({detail})")));
    }
}

/// The events of the protocol, and others.
fn any_event() -> impl Strategy<Value = String> {
    const KNOWN: [&str; 7] =
        ["auth", "subscribe", "unsubscribe", "messageSend", "history", "presence", "ping"];
    prop_oneof![4 => prop::sample::select(&KNOWN[..]).prop_map(str::to_owned), 1 => any::<String>()]
}

/// What a reader of JSON makes of its own text: it may round the last digit of a float.
fn reread(value: &Value) -> Value {
    serde_json::from_str(&value.to_string()).expect("JSON")
}

fn publication(data: Payload, name: Option<MessageName>) -> Publication {
    let channel = ChannelKey {
        app: AppId::parse("shop").unwrap(),
        channel: ChannelName::parse("chat:lobby").unwrap(),
    };
    let (id, ts) = (MessageId::new("m1"), Timestamp::from_millis(1));
    let message = Message { id, ts, offset: None, name, data, from: None };
    Publication { channel, message, hidden_from: None }
}
