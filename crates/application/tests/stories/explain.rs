//! Why a request was refused, and what became of a message for a client.

use std::{sync::Arc, time::Duration};

use application::ports::{Ender, What};
use application::{BackendMessage, Explanation, Fate, Fated, Missing, Question, Verdict, Which};
use domain::{
    App, AppId, ChannelName, ClientId, CloseReason, Durability, ErrorCode, GrantSource,
    HistoryPolicy, MessageId, Namespace, Offset, Payload, Receipt, TraceId, grants::DenialRule,
};
use serde_json::json;
use testkit::{Scenery, Stage};

fn app(id: &str) -> AppId {
    AppId::parse(id).unwrap()
}

fn client(id: &str) -> ClientId {
    ClientId::parse(id).unwrap()
}

fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).unwrap()
}

/// A stage whose channels keep their messages.
fn kept() -> Stage {
    Stage::with(Scenery::default().with_shop(|app| app.default_namespace = keeping()))
}

fn keeping() -> Arc<Namespace> {
    let policy = HistoryPolicy {
        size: 100,
        ttl: Duration::from_secs(3600),
        bytes: 1 << 20,
        durability: Durability::Memory,
    };
    Arc::new(Namespace { history: Some(policy), ..Namespace::default() })
}

/// The backend of the app `shop` publishes, excluding nobody; then a second passes.
async fn publish(stage: &Stage, name: &str) -> Receipt {
    publish_in(stage, App::new(app("shop")), name).await
}

/// The same in a channel that keeps it.
async fn publish_kept(stage: &Stage, name: &str) -> Receipt {
    let app = App { default_namespace: keeping(), ..App::new(app("shop")) };
    publish_in(stage, app, name).await
}

async fn publish_in(stage: &Stage, shop: App, name: &str) -> Receipt {
    let message = BackendMessage {
        channel: channel(name),
        name: None,
        data: Payload::parse("\"the-payload\"", 100).unwrap(),
        key: None,
        exclude: None,
    };
    let trace = TraceId::parse("t-publish").unwrap();
    let (shop, backend) = (Arc::new(shop), stage.hub.backend());
    let receipt = backend.publish(&shop, message, Some(&trace)).await.unwrap();
    stage.passes(Duration::from_secs(1));
    receipt
}

fn ask(stage: &Stage, question: &Question) -> Explanation {
    stage.hub.backend().explain(&app("shop"), question)
}

fn why(stage: &Stage, who: &str, message: &MessageId) -> Explanation {
    let (client, which) = (client(who), Which::Id(message.clone()));
    ask(stage, &Question::Message { client, which })
}

#[track_caller]
fn fates(explanation: &Explanation) -> Vec<Fate> {
    let Verdict::Published { fates, .. } = &explanation.verdict else { panic!("{explanation:?}") };
    assert!(fates.iter().all(|Fated { certain, .. }| *certain), "{fates:?}");
    fates.iter().map(|fated| fated.fate.clone()).collect()
}

#[tokio::test]
async fn who_was_subscribed_was_handed_it() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    alice.subscribes("chat:x").await;
    stage.passes(Duration::from_secs(1));
    let sent = publish(&stage, "chat:x").await;
    let answer = why(&stage, "alice", &sent.id);
    assert_eq!(fates(&answer), [Fate::Handed { closed: None }]);
    assert_eq!(answer.to_string(), "it was handed to the connection");
    stage.passes(Duration::from_secs(1));
    let at = stage.hub.backend().now();
    alice.session().violate(CloseReason::TooSlow);
    alice.leaves().await;
    let closed = Some((at, CloseReason::TooSlow));
    assert_eq!(fates(&why(&stage, "alice", &sent.id)), [Fate::Handed { closed }]);
}

#[tokio::test]
async fn who_was_not_there_is_told_since_when_and_until_when() {
    let stage = Stage::new();
    let before = publish(&stage, "chat:x").await;
    let never = Fate::Offline { left: None, returned: None };
    assert_eq!(fates(&why(&stage, "alice", &before.id)), [never]);
    let mut alice = stage.enter("alice").await;
    alice.subscribes("chat:x").await;
    stage.passes(Duration::from_secs(1));
    let left = stage.hub.backend().now();
    alice.leaves().await;
    stage.passes(Duration::from_secs(1));
    let missed = publish(&stage, "chat:x").await;
    let back = stage.hub.backend().now();
    let _again = stage.enter("alice").await;
    let left = Some((left, CloseReason::ClientLeft));
    let offline = Fate::Offline { left, returned: Some(back) };
    assert_eq!(fates(&why(&stage, "alice", &missed.id)), [offline]);
}

#[tokio::test]
async fn who_was_there_and_not_subscribed_is_told_why() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    stage.passes(Duration::from_secs(1));
    let missing = |missing| [Fate::NotSubscribed(missing)];
    let sent = publish(&stage, "secret").await;
    assert_eq!(fates(&why(&stage, "alice", &sent.id)), missing(Missing::NeverAsked));
    let at = stage.hub.backend().now();
    alice.subscribes("secret").await;
    stage.passes(Duration::from_secs(1));
    let sent = publish(&stage, "secret").await;
    let [Fate::NotSubscribed(Missing::Denied(when, denial))] =
        &fates(&why(&stage, "alice", &sent.id))[..]
    else {
        panic!("{:?}", why(&stage, "alice", &sent.id));
    };
    assert_eq!((*when, &denial.rule), (at, &DenialRule::NoPattern));
    assert_eq!(denial.source, GrantSource::AppDefault);
    let early = publish(&stage, "chat:x").await;
    let later = stage.hub.backend().now();
    alice.subscribes("chat:x").await;
    assert_eq!(fates(&why(&stage, "alice", &early.id)), missing(Missing::Later(later)));
    stage.passes(Duration::from_secs(1));
    let ended = stage.hub.backend().now();
    alice.unsubscribes("chat:x").await;
    stage.passes(Duration::from_secs(1));
    let late = publish(&stage, "chat:x").await;
    let ended = Missing::Ended(ended, Ender::Client);
    assert_eq!(fates(&why(&stage, "alice", &late.id)), missing(ended));
}

#[tokio::test]
async fn the_same_moment_is_not_sure() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    alice.subscribes("chat:x").await;
    let sent = publish(&stage, "chat:x").await;
    let Verdict::Published { fates, .. } = why(&stage, "alice", &sent.id).verdict else {
        panic!("it was published")
    };
    assert_eq!(fates[0].fate, Fate::Handed { closed: None });
    assert!(!fates[0].certain, "nothing but the order of two facts tells");
    // With history the place in the stream does.
    let stage = kept();
    let mut alice = stage.enter("alice").await;
    let early = publish_kept(&stage, "chat:x").await;
    alice.subscribes("chat:x").await;
    let late = publish_kept(&stage, "chat:x").await;
    let found = self::fates(&why(&stage, "alice", &late.id));
    assert_eq!(found, [Fate::Handed { closed: None }]);
    assert!(matches!(
        self::fates(&why(&stage, "alice", &early.id))[..],
        [Fate::NotSubscribed(Missing::Later(_))]
    ));
}

#[tokio::test]
async fn who_may_not_see_it_is_told_so() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    alice.subscribes("chat:x").await;
    alice.reads();
    stage.passes(Duration::from_secs(1));
    let quiet = json!({"channel": "chat:x", "data": 1, "echo": false});
    alice.asks("messageSend", quiet).await;
    let reply = alice.reads();
    let id = MessageId::new(reply[0]["data"]["id"].as_str().unwrap());
    assert_eq!(fates(&why(&stage, "alice", &id)), [Fate::Hidden { own: true }]);
    let connection = alice.session().connection().id;
    let message = BackendMessage {
        channel: channel("chat:x"),
        name: None,
        data: Payload::parse("2", 100).unwrap(),
        key: None,
        exclude: Some(connection),
    };
    let shop = Arc::new(App::new(app("shop")));
    let sent = stage.hub.backend().publish(&shop, message, None).await.unwrap();
    assert_eq!(fates(&why(&stage, "alice", &sent.id)), [Fate::Hidden { own: false }]);
}

#[tokio::test]
async fn who_came_back_for_it_was_given_it_then() {
    let stage = kept();
    let mut alice = stage.enter("alice").await;
    alice.subscribes("chat:x").await;
    let reply = alice.reads().pop().unwrap();
    let (epoch, offset) = (&reply["data"]["epoch"], &reply["data"]["offset"]);
    let position = json!({"epoch": epoch, "offset": offset});
    let place = json!({"channel": "chat:x", "position": position});
    stage.passes(Duration::from_secs(1));
    alice.leaves().await;
    stage.passes(Duration::from_secs(1));
    let missed = publish_kept(&stage, "chat:x").await;
    let mut alice = stage.enter("alice").await;
    let at = stage.hub.backend().now();
    alice.asks("subscribe", place).await;
    assert_eq!(fates(&why(&stage, "alice", &missed.id)), [Fate::Recovered(at)]);
}

#[tokio::test]
async fn a_message_is_found_by_place_by_time_and_as_the_latest() {
    let stage = kept();
    let first = publish_kept(&stage, "chat:x").await;
    stage.passes(Duration::from_secs(10));
    let second = publish_kept(&stage, "chat:x").await;
    let find = |which: Which| {
        let question = Question::Message { client: client("alice"), which };
        let Verdict::Published { message, .. } = ask(&stage, &question).verdict else {
            return None;
        };
        let What::Published(sent) = message.what else { panic!("{message:?}") };
        Some(sent.id)
    };
    let chat = || channel("chat:x");
    assert_eq!(find(Which::Place(chat(), Offset(1))).as_ref(), Some(&first.id));
    assert_eq!(find(Which::Place(chat(), Offset(3))), None);
    let after = first.ts.after(Duration::from_secs(3));
    assert_eq!(find(Which::Time(chat(), after)).as_ref(), Some(&first.id));
    assert_eq!(
        find(Which::Time(chat(), first.ts.after(Duration::from_secs(6)))).as_ref(),
        Some(&second.id)
    );
    assert_eq!(find(Which::Time(chat(), second.ts.after(Duration::from_secs(6)))), None);
    assert_eq!(find(Which::Latest(chat())).as_ref(), Some(&second.id));
    assert_eq!(find(Which::Latest(channel("chat:y"))), None);
}

#[tokio::test]
async fn a_message_that_was_refused_was_not_published() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    alice.says("news", json!("the-payload")).await;
    let at = stage.hub.backend().now();
    let which = Which::Time(channel("news"), at);
    let answer = ask(&stage, &Question::Message { client: client("bob"), which });
    assert_eq!(answer.verdict.name(), "not_published");
    assert!(answer.to_string().contains("`news` of the app's default_grants"), "{answer}");
}

#[tokio::test]
async fn what_backends_may_not_read_was_no_message() {
    let stage = Stage::new();
    let (app, to) = (app("shop"), channel("chat:x"));
    let backend = stage.hub.backend();
    let refused = |what| backend.note_refused(&app, what, Some(&to), ErrorCode::NotEnabled, None);
    let ask = || {
        let which = Which::Time(to.clone(), backend.now());
        ask(&stage, &Question::Message { client: client("bob"), which }).verdict
    };
    refused("readHistory");
    refused("listMembers");
    assert!(matches!(ask(), Verdict::NoSuchMessage), "{:?}", ask());
    refused("publish");
    assert!(matches!(ask(), Verdict::NotPublished(_)), "{:?}", ask());
}

#[tokio::test]
async fn a_denied_request_is_found_by_its_trace_connection_and_client() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    for _ in 0..3 {
        // The log tells the first only.
        let payload = json!({"channel": "news", "data": "the-payload"});
        let metadata = json!({"traceId": "t-1"});
        let frame = json!({"event": "messageSend", "payload": payload, "metadata": metadata});
        alice.sends(frame).await;
    }
    let connection = alice.session().connection().id;
    for question in [
        Question::Trace(TraceId::parse("t-1").unwrap()),
        Question::Connection(connection),
        Question::Client(client("alice")),
    ] {
        let answer = ask(&stage, &question);
        let Verdict::Refused(fact) = &answer.verdict else { panic!("{answer:?}") };
        assert!(matches!(fact.what, What::Denied { .. }), "{fact:?}");
        assert_eq!(
            answer.to_string(),
            "alice was denied in news: send: `news` of the app's default_grants does not allow it"
        );
        let denied = |what: &What| matches!(what, What::Denied { .. });
        assert_eq!(answer.facts.iter().filter(|fact| denied(&fact.what)).count(), 3);
        assert!(!format!("{answer:?}").contains("the-payload"));
    }
}

#[tokio::test]
async fn an_app_sees_nothing_of_another() {
    let stage = Stage::new();
    let mut alice = stage.enter("alice").await;
    alice.subscribes("secret").await;
    let sent = publish(&stage, "chat:x").await;
    let connection = alice.session().connection().id;
    // Somebody only claims to be of the app `bazaar`.
    let mut stranger = stage.connect();
    stranger.auth("bazaar", "no-token").await;
    stranger.auth("shop", &stage.token("bob")).await;
    stranger.subscribes("secret").await;
    let id = stranger.session().connection().id;
    let ask = |question: &Question| stage.hub.backend().explain(&app("bazaar"), question);
    for question in [
        Question::Connection(connection),
        Question::Client(client("alice")),
        Question::Trace(TraceId::parse("t-publish").unwrap()),
        Question::Channel(channel("secret")),
    ] {
        let answer = ask(&question);
        assert_eq!((answer.verdict.name(), answer.facts.len()), ("nothing", 0), "{answer:?}");
    }
    let which = Which::Id(sent.id);
    let answer = ask(&Question::Message { client: client("alice"), which });
    assert_eq!((answer.verdict.name(), answer.facts.len()), ("no_such_message", 0));
    let answer = ask(&Question::Connection(id));
    let names: Vec<_> = answer.facts.iter().map(|fact| fact.what.name()).collect();
    assert_eq!(names, ["auth_refused"], "what was claimed, and no more");
}
