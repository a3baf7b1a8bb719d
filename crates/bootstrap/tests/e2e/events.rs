//! What happened and what is there, over a kill.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    api::{Api, BACKEND, hash},
    client::Client,
    server::{Server, Start},
    tokens::{ALLOW_ALL, app, token},
};

/// An app that keeps its events; `room:*` has presence, `log:*` tells of its messages.
fn toml() -> String {
    let key = format!(
        "[[apps.api_keys]]\nname = \"backend\"\nhash = \"{}\"\nscopes = [\"read\"]\n",
        hash(BACKEND)
    );
    let more = "[apps.events]\nkeep = true\nvacated_delay = \"0s\"\n\
         [[apps.namespaces]]\npattern = \"room:*\"\npresence = true\npresence_leave_delay = \"0s\"\n\
         [[apps.namespaces]]\npattern = \"log:*\"\nhistory = {}\nevents = \"data\"\n";
    let store = "[store]\nreturn_window = \"2s\"\n";
    [store, &app("shop", ALLOW_ALL), &key, more].concat()
}

fn start() -> Start {
    Start::bare().args(&["--listen", "127.0.0.1:0"]).toml(&toml())
}

async fn enter(server: &Server, name: &str) -> Client {
    Client::enter(server, "shop", &token("shop", name)).await
}

/// A receiver: what it knows, and up to where.
struct Receiver {
    cursor: u64,
    there: BTreeSet<String>,
    messages: Vec<Value>,
}

fn connection(of: &Value) -> String {
    format!("connection {} {}", of["connection"], of["client"])
}

fn occupied(of: &Value) -> String {
    format!("channel {}", of["channel"])
}

fn member(of: &Value) -> String {
    format!("member {} {}", of["channel"], of["client"])
}

fn each<'a>(of: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    of[list].as_array().unwrap().iter()
}

impl Receiver {
    async fn begin(api: &Api<'_>) -> Self {
        let snapshot = api.done("GET", "/snapshot", "").await;
        let there = each(&snapshot, "connections").map(connection);
        let there = there.chain(each(&snapshot, "channels").map(occupied));
        let there = there.chain(each(&snapshot, "members").map(member)).collect();
        Self { cursor: snapshot["cursor"].as_u64().unwrap(), there, messages: Vec::new() }
    }

    /// Reads on, in small pages, until there is nothing more.
    async fn catches_up(&mut self, api: &Api<'_>) {
        loop {
            let path = format!("/events?after={}&limit=3", self.cursor);
            let page = api.done("GET", &path, "").await;
            assert_eq!(page["missed"], false, "{page}");
            for event in each(&page, "events") {
                assert_eq!(event["sequence"], self.cursor + 1, "one by one: {page}");
                self.cursor += 1;
                self.hears(event);
            }
            assert_eq!(page["next"], self.cursor);
            if page["last"] == self.cursor {
                return;
            }
        }
    }

    fn hears(&mut self, event: &Value) {
        let (comes, what) = match event["type"].as_str().unwrap() {
            "connection.opened" => (true, connection(event)),
            "connection.closed" => (false, connection(event)),
            "channel.occupied" => (true, occupied(event)),
            "channel.vacated" => (false, occupied(event)),
            "member.joined" => (true, member(event)),
            "member.left" => (false, member(event)),
            "message.published" => return self.messages.push(event["message"]["data"].clone()),
            other => panic!("{other}"),
        };
        let changed = if comes { self.there.insert(what) } else { self.there.remove(&what) };
        assert!(changed, "twice: {event}");
    }

    /// Reads on until it knows so.
    async fn hears_until(&mut self, api: &Api<'_>, done: impl Fn(&Self) -> bool) {
        crate::soon("the events", async {
            loop {
                self.catches_up(api).await;
                if done(self) {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    fn knows(&self, kind: &str) -> usize {
        self.there.iter().filter(|what| what.starts_with(kind)).count()
    }
}

#[tokio::test]
async fn a_receiver_has_what_is_there_over_a_kill() {
    let mut server = start().serve().await;
    let api = Api::of(&server, BACKEND);
    let mut early = Receiver::begin(&api).await;
    assert_eq!((early.cursor, early.there.len()), (0, 0));
    let (mut alice, mut bob) = (enter(&server, "alice").await, enter(&server, "bob").await);
    let wish = json!({"channel": "room:1", "presence": true});
    alice.done("subscribe", wish.clone()).await;
    bob.done("subscribe", wish.clone()).await;
    bob.subscribe("log:a").await;
    early.hears_until(&api, |it| it.there.len() == 6).await;
    let mut late = Receiver::begin(&api).await;
    assert_eq!(late.there, early.there);
    // In the moments before the kill: what was acknowledged is told, once.
    alice.done("messageSend", json!({"channel": "log:a", "data": 1, "key": "k"})).await;
    alice.say("log:a", 2).await;
    server.signal("KILL").await;
    server.ended().await;

    let server = server.again(start()).serve().await;
    let api = Api::of(&server, BACKEND);
    let mut alice = enter(&server, "alice").await;
    alice.done("subscribe", wish).await;
    let again = json!({"channel": "log:a", "data": 1, "key": "k"});
    assert_eq!(alice.done("messageSend", again).await["repeated"], true);
    for receiver in [&mut early, &mut late] {
        // Alice is there again, bob and his channel are gone when the window is over.
        let settled = |it: &Receiver| {
            (it.knows("connection"), it.knows("member"), it.knows("channel")) == (1, 1, 1)
        };
        receiver.hears_until(&api, settled).await;
        assert_eq!(receiver.messages, [1, 2], "no acknowledged message is missing or doubled");
        assert!(receiver.there.contains("member \"room:1\" \"alice\""), "{:?}", receiver.there);
        assert_eq!(Receiver::begin(&api).await.there, receiver.there);
    }
    let shown = api.done("GET", "/events?types=message.published,connection.closed", "").await;
    let kinds: BTreeSet<_> = each(&shown, "events").map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds, BTreeSet::from([Some("connection.closed"), Some("message.published")]));
    let lost = each(&shown, "events").filter(|event| event["reason"] == "server_lost").count();
    assert_eq!(lost, 2);
}

#[tokio::test]
async fn a_server_that_stops_says_so_of_each_connection() {
    let mut server = start().serve().await;
    let _alice = enter(&server, "alice").await;
    server.signal("TERM").await;
    server.ended().await;
    let server = server.again(start()).serve().await;
    let api = Api::of(&server, BACKEND);
    let mut receiver = Receiver { cursor: 0, there: BTreeSet::new(), messages: Vec::new() };
    receiver.catches_up(&api).await;
    assert_eq!(receiver.cursor, 2);
    let page = api.done("GET", "/events", "").await;
    assert_eq!(page["events"][1]["reason"], "shutting_down");
}

#[tokio::test]
async fn who_keeps_nothing_says_why() {
    let server = Server::with(&crate::api::shop()).await;
    let api = Api::of(&server, BACKEND);
    for path in ["/snapshot", "/events"] {
        assert_eq!(api.refused("GET", path, "").await, (404, "not_enabled".to_owned()));
    }
    let refused = api.refused("GET", "/events?types=connection.opened,x", "").await;
    assert_eq!(refused, (400, "invalid_params".to_owned()));
}

#[tokio::test]
async fn an_app_that_keeps_events_later_knows_who_was_there() {
    let before = toml().replace("keep = true", "keep = false");
    let server = start().toml(&before).serve().await;
    let mut alice = enter(&server, "alice").await;
    alice.done("subscribe", json!({"channel": "room:1", "presence": true})).await;
    let api = Api::of(&server, BACKEND);
    assert_eq!(api.refused("GET", "/snapshot", "").await, (404, "not_enabled".to_owned()));
    server.folder.write("rtmate.toml", &toml());
    server.signal("HUP").await;
    server.log.expect("the configuration was read anew").await;
    let mut receiver = Receiver { cursor: 0, there: BTreeSet::new(), messages: Vec::new() };
    receiver.hears_until(&api, |it| it.there.len() == 3).await;
    assert_eq!(Receiver::begin(&api).await.there, receiver.there);
    alice.leave().await;
    receiver.hears_until(&api, |it| it.there.is_empty()).await;
}
