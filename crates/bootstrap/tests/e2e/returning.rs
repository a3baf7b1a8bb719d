//! Members over a restart.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    client::Client,
    server::{Server, Start},
    soon,
    tokens::{ALLOW_ALL, app, token},
};

const WINDOW: Duration = Duration::from_secs(3);

/// Presence that is kept, in a namespace whose messages are not.
fn start() -> Start {
    let namespace = "[[apps.namespaces]]\npattern = \"room:*\"\npresence = true\n\
         presence_leave_delay = \"0s\"\n";
    let store = "[store]\nreturn_window = \"3s\"\n";
    Start::bare()
        .args(&["--listen", "127.0.0.1:0"])
        .toml(&[store, &app("shop", ALLOW_ALL), namespace].concat())
}

/// The number of the store's last commit group.
fn groups(server: &Server) -> u64 {
    let head = server.folder.path().join("rtmate-data/store/head");
    let head = fs::read(head).unwrap_or_default();
    let group =
        |slot: usize| Some(u64::from_be_bytes(head.get(slot + 8..slot + 16)?.try_into().ok()?));
    group(0).max(group(4096)).unwrap_or(0)
}

/// Does what changes who is there, and waits until that is on disk. Usage writes a group each second:
/// of three groups one begins long after the tenth of a second that a change may wait.
async fn kept<T>(server: &Server, work: impl Future<Output = T>) -> T {
    let before = groups(server);
    let done = work.await;
    soon("a commit", async {
        while groups(server) < before + 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    done
}

async fn come(server: &Server, name: &str, presence: Value) -> (Client, Value) {
    let token = token("shop", name).claim("info", json!({"name": name}));
    let mut client = Client::enter(server, "shop", &token).await;
    let wish = json!({"channel": "room:1", "presence": presence});
    let list = client.done("subscribe", wish).await;
    (client, list)
}

fn entry(name: &str, connections: u32) -> Value {
    json!({"client": name, "info": {"name": name}, "connections": connections})
}

/// Alice has returned; bob leaves at the end of the window, and nobody hears of anything else.
async fn bob_leaves(watcher: &mut Client, version: u64, began: Instant) {
    let left = watcher.push("memberLeft").await;
    let took = began.elapsed();
    assert!(took >= WINDOW && took < WINDOW + Duration::from_secs(4), "{took:?}");
    assert_eq!((&left["client"], &left["version"]), (&json!("bob"), &json!(version + 1)));
    assert_eq!(left["info"], json!({"name": "bob"}));
    let now = watcher.done("presence", json!({"channel": "room:1"})).await;
    assert_eq!((&now["members"], &now["version"]), (&json!([entry("alice", 1)]), &left["version"]));
    watcher.hears_nothing().await;
}

#[tokio::test]
async fn members_of_a_killed_server_are_there_until_the_window_is_over() {
    let mut server = start().serve().await;
    let (_alice, _) = kept(&server, come(&server, "alice", json!(true))).await;
    let (_bob, list) = kept(&server, come(&server, "bob", json!(true))).await;
    server.signal("KILL").await;
    server.ended().await;

    let began = Instant::now();
    let mut server = server.again(start()).serve().await;
    let (mut watcher, shown) = come(&server, "zoe", json!("watch")).await;
    assert_eq!(shown["members"], json!([entry("alice", 0), entry("bob", 0)]));
    let version = shown["version"].as_u64().unwrap();
    assert!(version > list["version"].as_u64().unwrap(), "{shown}");
    let (_alice, shown) = come(&server, "alice", json!(true)).await;
    assert_eq!(shown["members"], json!([entry("alice", 1), entry("bob", 0)]));
    watcher.hears_nothing().await;
    kept(&server, bob_leaves(&mut watcher, version, began)).await;

    // Who left is gone for the next start too.
    server.signal("KILL").await;
    server.ended().await;
    let server = server.again(start()).serve().await;
    let (_watcher, shown) = come(&server, "zoe", json!("watch")).await;
    assert_eq!(shown["members"], json!([entry("alice", 0)]));
    server.log.expect("members of before are listed").await;
}

#[tokio::test]
async fn members_of_a_stopped_server_are_there_until_the_window_is_over() {
    let mut server = start().serve().await;
    let (mut alice, _) = come(&server, "alice", json!(true)).await;
    let (mut bob, _) = come(&server, "bob", json!(true)).await;
    server.signal("TERM").await;
    bob.sent_away(4200, "shutting_down").await;
    alice.goodbye().await;
    assert_eq!(server.ended().await.code(), Some(0));

    let began = Instant::now();
    let server = server.again(start()).serve().await;
    let (mut watcher, shown) = come(&server, "zoe", json!("watch")).await;
    assert_eq!(shown["members"], json!([entry("alice", 0), entry("bob", 0)]));
    let (_alice, _) = come(&server, "alice", json!(true)).await;
    bob_leaves(&mut watcher, shown["version"].as_u64().unwrap(), began).await;
}

#[tokio::test]
async fn two_tabs_leave_once_over_a_restart_too() {
    let mut server = start().serve().await;
    let (_one, _) = kept(&server, come(&server, "alice", json!(true))).await;
    let (_two, _) = come(&server, "alice", json!(true)).await;
    server.signal("KILL").await;
    server.ended().await;

    let server = server.again(start()).serve().await;
    let (mut watcher, _) = come(&server, "zoe", json!("watch")).await;
    let (one, _) = come(&server, "alice", json!(true)).await;
    let (two, shown) = come(&server, "alice", json!(true)).await;
    assert_eq!(shown["members"], json!([entry("alice", 2)]));
    one.leave().await;
    watcher.hears_nothing().await;
    two.leave().await;
    let left = watcher.push("memberLeft").await;
    assert_eq!(left["client"], "alice");
    let (_bob, _) = come(&server, "bob", json!(true)).await;
    assert_eq!(watcher.push("memberJoined").await["client"], "bob");
    watcher.hears_nothing().await;
}
