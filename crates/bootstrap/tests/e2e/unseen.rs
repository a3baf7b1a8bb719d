//! Who watches a channel is in nobody's count: the app pays nothing for it and hears nothing of it.

use serde_json::{Value, json};

use crate::{
    api::{Api, BACKEND, hash},
    client::Client,
    console_api::{done, session},
    server::{Server, Start},
    soon,
    tokens::{ALLOW_ALL, app, token},
};

/// What the app may have delivered in a second.
const BURST: usize = 4;

fn start() -> Start {
    let limits = format!(
        "{ALLOW_ALL}\nlimits = {{ deliveries_per_second = 1, deliveries_burst = {BURST} }}\n"
    );
    let key = format!(
        "[[apps.api_keys]]\nname = \"backend\"\nhash = \"{}\"\nscopes = [\"read\"]\n",
        hash(BACKEND)
    );
    let more = "[apps.events]\nkeep = true\nvacated_delay = \"0s\"\n\
         [[apps.namespaces]]\npattern = \"chat:*\"\nhistory = {}\n";
    let toml = [&app("shop", &limits), &*key, more].concat();
    Start::bare().args(&["--listen", "127.0.0.1:0"]).toml(&toml)
}

async fn watcher(server: &Server) -> Client {
    let viewer = session(server, BACKEND, json!({"app": "shop"})).await;
    let path = "/apps/shop/channels/chat:x/watch";
    let pass = done(server, &viewer, "POST", path, Value::Null).await;
    let mut client = Client::connect(server).await;
    let reply = client.auth("shop", pass["token"].as_str().unwrap()).await;
    assert_eq!(reply["code"], 200, "{reply}");
    client
}

fn list(of: &Value, name: &str) -> usize {
    of[name].as_array().unwrap_or_else(|| panic!("{of}")).len()
}

async fn events(api: &Api<'_>) -> Vec<String> {
    let page = api.done("GET", "/events?after=0&limit=100", "").await;
    let each = page["events"].as_array().unwrap().iter();
    each.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_app_does_not_pay_for_who_watches_it() {
    let server = start().serve().await;
    let api = Api::of(&server, BACKEND);
    let mut bob = Client::enter(&server, "shop", &token("shop", "bob")).await;
    bob.subscribe("chat:x").await;
    let mut watchers = Vec::new();
    for _ in 0..3 * BURST {
        let mut watcher = watcher(&server).await;
        watcher.subscribe("chat:x").await;
        watchers.push(watcher);
    }
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    for n in 0..BURST {
        // With those who watch it would be more than the app may have delivered at once.
        alice.say("chat:x", n).await;
    }
    for n in 0..BURST {
        assert_eq!(bob.hears().await, n);
        for watcher in &mut watchers {
            assert_eq!(watcher.hears().await, n);
        }
    }
    let page = watchers[0].done("history", json!({"channel": "chat:x"})).await;
    assert_eq!(list(&page, "messages"), BURST);
    let channel = api.done("GET", "/channels/chat:x", "").await;
    assert_eq!(channel["subscribers"], 1, "{channel}");
    let usage = soon("the ledger", async {
        loop {
            let report = api.done("GET", "/usage", "").await;
            if report["total"]["deliveries"].as_u64() >= Some(BURST as u64) {
                return report["total"].clone();
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(usage["deliveries"], BURST, "{usage}");
    assert_eq!(usage["peak_connections"], 2, "{usage}");
}

#[tokio::test]
async fn the_app_does_not_hear_of_who_watches_it() {
    let server = start().serve().await;
    let api = Api::of(&server, BACKEND);
    let mut early = watcher(&server).await;
    early.subscribe("chat:x").await;
    let channels = api.done("GET", "/channels", "").await;
    assert_eq!(list(&channels, "channels"), 0, "{channels}");
    // To read is not to begin a stream, of which an app has so many only.
    early.done("history", json!({"channel": "chat:x"})).await;
    api.done("GET", "/channels/chat:x/messages", "").await;
    let channel = api.done("GET", "/channels/chat:x", "").await;
    assert_eq!(channel["position"], Value::Null, "{channel}");
    let mut bob = Client::enter(&server, "shop", &token("shop", "bob")).await;
    bob.subscribe("chat:x").await;
    let mut late = watcher(&server).await;
    late.subscribe("chat:x").await;
    bob.leave().await;
    let said = soon("the end of it", async {
        loop {
            let said = events(&api).await;
            if said.iter().any(|event| event == "channel.vacated") {
                return said;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut told = said;
    told.sort_unstable();
    let expected =
        ["channel.occupied", "channel.vacated", "connection.closed", "connection.opened"];
    assert_eq!(told, expected);
    // Both are still there, and hear who speaks.
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    alice.say("chat:x", "hi").await;
    assert_eq!((early.hears().await, late.hears().await), (json!("hi"), json!("hi")));
    let snapshot = api.done("GET", "/snapshot", "").await;
    assert_eq!(list(&snapshot, "connections"), 1, "{snapshot}");
    assert_eq!(list(&snapshot, "channels"), 0, "{snapshot}");
}
