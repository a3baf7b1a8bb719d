//! What an app's own backend does, past its clients' grants.

use std::{sync::Arc, time::Duration};

use application::{BackendMessage, ChannelState, History, Occupied};
use domain::{
    App, AppId, ChannelKey, ChannelName, ClientId, CloseReason, Durability, ErrorCode,
    HistoryPolicy, MessageKey, Namespace, Payload,
};
use futures_util::FutureExt;
use serde_json::json;
use testkit::{Scenery, Stage};

fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).unwrap()
}

fn app() -> AppId {
    AppId::parse("shop").unwrap()
}

fn message(name: &str, data: &str) -> BackendMessage {
    BackendMessage {
        channel: channel(name),
        name: None,
        data: Payload::parse(data, 1024).unwrap(),
        key: None,
        exclude: None,
    }
}

/// The app `shop` as it is on these stages, for a backend to speak for.
fn shop() -> Arc<App> {
    let mut app = App::new(app());
    app.default_namespace = Arc::new(with_history());
    Arc::new(app)
}

fn with_history() -> Namespace {
    let history = HistoryPolicy {
        size: 100,
        ttl: Duration::from_secs(3600),
        bytes: 1 << 20,
        durability: Durability::Memory,
    };
    Namespace { history: Some(history), ..Namespace::default() }
}

fn stage() -> Stage {
    Stage::with(
        Scenery::default().with_shop(|app| app.default_namespace = Arc::new(with_history())),
    )
}

#[tokio::test]
async fn a_backend_needs_no_grant_and_hides_from_one_connection() {
    let stage = stage();
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    alice.subscribes("chat:x").await;
    bob.subscribes("chat:x").await;
    let session = {
        alice.reads();
        alice.session().connection().id
    };
    bob.reads();
    let backend = stage.hub.backend();
    let quiet = BackendMessage { exclude: Some(session), ..message("chat:x", "1") };
    let receipt = backend.publish(&shop(), quiet, None).await.unwrap();
    assert_eq!(receipt.position.map(|position| position.offset.0), Some(1));
    backend.publish(&shop(), message("chat:x", "2"), None).await.unwrap();
    let heard: Vec<_> = bob.reads().iter().map(|push| push["payload"]["data"].clone()).collect();
    assert_eq!(heard, [json!(1), json!(2)]);
    let heard = alice.reads();
    assert_eq!(
        (&heard[0]["event"], &heard[0]["payload"]["offset"]),
        (&json!("position"), &json!(1))
    );
    assert_eq!(heard[1]["payload"]["data"], 2);
    assert!(heard[1]["payload"].get("from").is_none(), "a backend is no client");
}

#[tokio::test]
async fn its_keys_are_its_own() {
    let (stage, key) = (stage(), MessageKey::parse("k1").ok());
    let mut alice = stage.enter("alice").await;
    let send = json!({"channel": "chat:x", "data": 1, "key": "k1"});
    alice.asks("messageSend", send).await;
    let backend = stage.hub.backend();
    let keyed = |data: &str| BackendMessage { key: key.clone(), ..message("chat:x", data) };
    let first = backend.publish(&shop(), keyed("1"), None).await.unwrap();
    assert!(!first.repeated, "a client's key is another key");
    let again = backend.publish(&shop(), keyed("1"), None).await.unwrap();
    assert!(again.repeated && again.id == first.id);
    let other = backend.publish(&shop(), keyed("2"), None).await.unwrap_err();
    assert_eq!(other.code, ErrorCode::IdempotencyConflict);
}

#[tokio::test]
async fn it_sees_at_once_which_channels_are_occupied() {
    let stage = stage();
    let backend = stage.hub.backend();
    let occupied = |prefix: &str| backend.channels(&app(), prefix);
    assert_eq!(occupied(""), []);
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    alice.subscribes("chat:x").await;
    bob.subscribes("chat:x").await;
    bob.subscribes("chat:y").await;
    let x = |subscribers| Occupied { channel: channel("chat:x"), subscribers };
    let y = Occupied { channel: channel("chat:y"), subscribers: 1 };
    assert_eq!(occupied(""), [x(2), y.clone()]);
    assert_eq!(occupied("chat:y"), [y]);
    assert_eq!(backend.channels(&AppId::parse("bazaar").unwrap(), ""), []);
    bob.leaves().await;
    assert_eq!(occupied(""), [x(1)]);
    alice.unsubscribes("chat:x").await;
    assert_eq!(occupied(""), []);
    let key = ChannelKey { app: app(), channel: channel("chat:x") };
    assert_eq!(backend.subscribers(&key), 0);
}

#[tokio::test]
async fn it_ends_all_connections_of_a_client_and_of_no_other() {
    let stage = stage();
    let (one, two) = (stage.enter("alice").await, stage.enter("alice").await);
    let bob = stage.enter("bob").await;
    let mut other = stage.connect();
    other.auth("bazaar", &stage.token("alice")).await;
    let alice = ClientId::parse("alice").unwrap();
    let backend = stage.hub.backend();
    assert_eq!(backend.disconnect(&app(), &alice, CloseReason::Disconnected, None), 2);
    assert_eq!(
        (one.closed(), two.closed()),
        (Some(CloseReason::Disconnected), Some(CloseReason::Disconnected))
    );
    assert_eq!((bob.closed(), other.closed()), (None, None));
    one.leaves().await;
    two.leaves().await;
    assert_eq!(
        backend.disconnect(&app(), &alice, CloseReason::Disconnected, None),
        0,
        "they are gone"
    );
}

#[tokio::test]
async fn it_publishes_many_in_order_each_by_itself() {
    let stage = stage();
    let mut bob = stage.enter("bob").await;
    bob.subscribes("chat:x").await;
    bob.reads();
    let key = MessageKey::parse("k1").ok();
    let keyed = |data: &str| BackendMessage { key: key.clone(), ..message("chat:x", data) };
    let messages = vec![keyed("1"), message("chat:x", "2"), keyed("3"), message("chat:x", "4")];
    let outcomes = stage.hub.backend().publish_all(&shop(), messages, None).await;
    let outcome = |outcome: &Result<domain::Receipt, application::Refusal>| {
        outcome.as_ref().map(|it| it.position.unwrap().offset.0).map_err(|it| it.code)
    };
    let outcomes: Vec<_> = outcomes.iter().map(outcome).collect();
    assert_eq!(outcomes, [Ok(1), Ok(2), Err(ErrorCode::IdempotencyConflict), Ok(3)]);
    let heard: Vec<_> = bob.reads().iter().map(|push| push["payload"]["data"].clone()).collect();
    assert_eq!(heard, [json!(1), json!(2), json!(4)]);
}

#[tokio::test]
async fn what_is_slow_keeps_its_order_and_holds_no_other_up() {
    let (stage, held) = Stage::held();
    let backend = stage.hub.backend();
    let mut plain = App::new(app());
    plain.default_namespace = Arc::default();
    let plain = Arc::new(plain);
    let messages = vec![message("a", "1"), message("b", "2")];
    let mut publishing = Box::pin(backend.publish_all(&plain, messages, None));
    assert!((&mut publishing).now_or_never().is_none());
    assert_eq!(held.waiting(), ["1", "2"], "in their order, and both are under way");
    held.release("2");
    assert!((&mut publishing).now_or_never().is_none());
    held.release("1");
    let outcomes = publishing.await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}

#[tokio::test]
async fn it_reads_what_is_hidden_and_purges_in_place() {
    let stage = stage();
    let backend = stage.hub.backend();
    let mut alice = stage.enter("alice").await;
    let send = json!({"channel": "chat:x", "data": 1, "echo": false});
    alice.asks("messageSend", send).await;
    backend.publish(&shop(), message("chat:x", "2"), None).await.unwrap();
    let all = History::of(channel("chat:x"));
    let page = backend.history(&shop(), all.clone()).await.unwrap().page;
    assert_eq!((page.messages.len(), page.position.offset.0), (2, 2));
    let one = backend.history(&shop(), History { limit: 1, ..all.clone() }).await.unwrap().page;
    assert!(one.more && one.messages.len() == 1);
    let place = backend.purge(&shop(), &channel("chat:x")).await.unwrap();
    assert_eq!(place, page.position);
    let page = backend.history(&shop(), all).await.unwrap().page;
    assert_eq!((page.messages.len(), page.first.0), (0, 3));
    let plain = Arc::new(App::new(app()));
    let refused = backend.purge(&plain, &channel("chat:x")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotEnabled);
    let refused = backend.roster(&plain, &channel("chat:x")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotEnabled);
    let expected = ChannelState { subscribers: 0, position: None, members: None };
    assert_eq!(backend.channel(&plain, &channel("chat:x")).await, Ok(expected));
}

#[tokio::test]
async fn to_read_begins_no_stream() {
    let stage = stage();
    let backend = stage.hub.backend();
    let wish = || History::of(channel("chat:x"));
    let page = backend.history(&shop(), wish()).await.unwrap().page;
    assert_eq!((page.messages.len(), page.position.offset.0, page.first.0), (0, 0, 1));
    assert_eq!(backend.channel(&shop(), &channel("chat:x")).await.unwrap().position, None);
    backend.publish(&shop(), message("chat:x", "1"), None).await.unwrap();
    let later = History { epoch: Some(page.position.epoch), ..wish() };
    let refused = backend.history(&shop(), later).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::EpochChanged, "that was no stream's");
    assert_eq!(backend.history(&shop(), wish()).await.unwrap().page.messages.len(), 1);
}

#[tokio::test]
async fn it_sees_the_connections_of_a_client() {
    let stage = stage();
    let backend = stage.hub.backend();
    let alice = ClientId::parse("alice").unwrap();
    assert_eq!(backend.connections(&app(), &alice), []);
    let mut one = stage.enter("alice").await;
    stage.passes(Duration::from_secs(5));
    let _two = stage.enter("alice").await;
    one.subscribes("chat:y").await;
    one.subscribes("chat:x").await;
    let open = backend.connections(&app(), &alice);
    assert_eq!(open[0].channels, [channel("chat:x"), channel("chat:y")]);
    assert_eq!(open[0].opened, Stage::BEGIN);
    assert_eq!(open[1].opened, Stage::BEGIN.after(Duration::from_secs(5)));
    assert_eq!((open.len(), &open[1].channels), (2, &Vec::new()));
    assert_eq!(backend.connections(&AppId::parse("bazaar").unwrap(), &alice), []);
}

#[tokio::test]
async fn in_a_shutdown_it_is_told_to_come_back() {
    let stage = stage();
    let backend = stage.hub.backend();
    stage.hub.shut_down().await;
    let refused = backend.publish(&shop(), message("chat:x", "1"), None).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unavailable);
}
