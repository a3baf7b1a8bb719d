//! What apps used, as the ledger and as the clients count it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    api::{Api, BACKEND, OPERATOR, VIEWER, hash, shop},
    client::Client,
    server::{Server, Start},
    soon,
    tokens::{ALLOW_ALL, app, token},
};

fn toml() -> String {
    let key = format!(
        "[[apps.api_keys]]\nname = \"viewer\"\nhash = \"{}\"\nscopes = [\"read\"]\n",
        hash(VIEWER)
    );
    let namespaces = "\
[[apps.namespaces]]
pattern = \"disk:*\"
history = {}
[[apps.namespaces]]
pattern = \"memory:*\"
history = { durability = \"memory\" }
presence = true
";
    [&app("shop", ALLOW_ALL), &*key, namespaces, &app("bazaar", ALLOW_ALL)].concat()
}

/// With a store.
fn start() -> Start {
    Start::bare().args(&["--listen", "127.0.0.1:0"]).toml(&toml())
}

/// All that the app used.
async fn total(server: &Server) -> Value {
    let mut report = Api::of(server, VIEWER).done("GET", "/usage", "").await;
    report["total"].take()
}

fn number(usage: &Value, metric: &str) -> u64 {
    usage[metric].as_u64().unwrap()
}

/// Waits until the ledger has so many deliveries.
async fn recorded(server: &Server, deliveries: u64) -> Value {
    soon("a checkpoint", async {
        loop {
            let usage = total(server).await;
            if number(&usage, "deliveries") >= deliveries {
                return usage;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

/// Alice sends to both channels, bob reads along. Counts what both see themselves.
#[derive(Default)]
struct Count {
    sent: u64,
    durable: u64,
    received: u64,
}

struct Talk {
    alice: Client,
    bob: Client,
}

impl Talk {
    async fn begin(server: &Server) -> Self {
        let alice = Client::enter(server, "shop", &token("shop", "alice")).await;
        let mut bob = Client::enter(server, "shop", &token("shop", "bob")).await;
        for channel in ["disk:chat", "memory:chat"] {
            bob.subscribe(channel).await;
        }
        Self { alice, bob }
    }

    async fn exchange(&mut self, messages: u64, count: &mut Count) {
        for n in 0..messages {
            let channel = ["disk:chat", "memory:chat"][usize::from(n % 3 == 0)];
            self.alice.say(channel, json!({ "n": n })).await;
            self.bob.push("message").await;
            count.sent += 1;
            count.durable += u64::from(channel == "disk:chat");
            count.received += 1;
        }
    }
}

#[tokio::test]
async fn without_a_crash_the_ledger_has_what_clients_count() {
    let mut server = start().serve().await;
    let mut count = Count::default();
    for _ in 0..2 {
        let mut talk = Talk::begin(&server).await;
        talk.exchange(60, &mut count).await;
        let repeated = json!({ "channel": "disk:chat", "data": 1, "key": "once" });
        for n in 0..3 {
            let known = talk.alice.done("messageSend", repeated.clone()).await;
            let is_new = count.sent == 60 && n == 0;
            assert_eq!(known["repeated"] == json!(true), !is_new, "{known}");
            if is_new {
                talk.bob.push("message").await;
                (count.sent, count.durable) = (count.sent + 1, count.durable + 1);
                count.received += 1;
            }
        }
        // A page of history is given, too.
        let wish = json!({ "channel": "disk:chat", "limit": 7 });
        let page = talk.alice.done("history", wish).await;
        count.received += page["messages"].as_array().unwrap().len() as u64;
        talk.alice.leave().await;
        talk.bob.leave().await;
        server.signal("TERM").await;
        assert!(server.ended().await.success());
        server = server.again(start()).serve().await;
        let usage = total(&server).await;
        assert_eq!(number(&usage, "messages"), count.sent);
        assert_eq!(number(&usage, "deliveries"), count.received);
        assert_eq!(number(&usage, "peak_connections"), 2);
        assert_eq!(number(&usage, "peak_channels"), 2);
        assert!(number(&usage, "connection_ms") > 0, "{usage}");
    }
    let bazaar = Api { server: &server, app: "bazaar", key: VIEWER };
    assert_eq!(bazaar.refused("GET", "/usage", "").await.0, 401, "a key of another app");
}

#[tokio::test]
async fn a_killed_server_charges_never_too_much_and_loses_a_moment_at_most() {
    let mut server = start().serve().await;
    let (mut count, mut known) = (Count::default(), 0);
    for _ in 0..3 {
        let mut talk = Talk::begin(&server).await;
        talk.exchange(30, &mut count).await;
        // What a checkpoint has is there for good.
        known = number(&recorded(&server, known + 30).await, "deliveries");
        talk.exchange(30, &mut count).await;
        server.signal("KILL").await;
        server.ended().await;
        server = server.again(start()).serve().await;
        let usage = total(&server).await;
        let deliveries = number(&usage, "deliveries");
        assert!((known..=count.received).contains(&deliveries), "{known}: {usage}");
        let messages = number(&usage, "messages");
        assert!((count.durable..=count.sent).contains(&messages), "{}: {usage}", count.durable);
        known = deliveries;
    }
    // Messages on disk are counted with the log: none is missing, none is there twice.
    let only_disk = start().toml(&toml());
    server.signal("TERM").await;
    server.ended().await;
    let server = server.again(only_disk).serve().await;
    let before = number(&total(&server).await, "messages");
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    for n in 0..50 {
        alice.say("disk:chat", json!(n)).await;
    }
    server.signal("KILL").await;
    let server = server.again(start()).serve().await;
    assert_eq!(number(&total(&server).await, "messages"), before + 50);
}

#[tokio::test]
async fn a_report_is_json_a_table_or_events() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    for n in 0..3 {
        let body = json!({ "data": n }).to_string();
        api.done("POST", "/channels/chat%3A1/messages", &body).await;
    }
    let report = soon("a checkpoint", async {
        loop {
            let report = api.done("GET", "/usage?step=hour", "").await;
            if report["total"]["messages"] == 3 {
                return report;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!((&report["app"], &report["step"]), (&json!("shop"), &json!("hour")));
    assert_eq!(report["total"]["history_bytes"], 3);
    let hour = report["rows"][0]["from"].as_str().unwrap();

    let table = api.ask_with("GET", "/usage?step=hour", &[("Accept", "text/csv")], "").await;
    assert!(table.has("content-type: text/csv; charset=utf-8"), "{}", table.head);
    let mut lines = table.body.lines();
    assert!(lines.next().unwrap().starts_with("from,to,messages,deliveries,bytes_in"));
    assert!(lines.next().unwrap().starts_with(&format!("{hour},")), "{}", table.body);

    // The present hour is not closed, so there is nothing to tell of it for good.
    let events = api.ask("GET", "/usage?format=cloudevents", "").await;
    assert!(events.has("content-type: application/cloudevents-batch+json"), "{}", events.head);
    assert_eq!(events.body, "[]");

    for bad in [
        "step=week",
        "from=2026",
        "to=2026-11-23T10:30:00Z",
        "format=xml",
        "from=2026-11-23&to=2026-11-23",
        "from=2020-01-01&to=2024-01-01",
        "step=hour&from=2026-01-01&to=2026-03-01",
        "step=day&format=cloudevents",
    ] {
        let refused = api.refused("GET", &format!("/usage?{bad}"), "").await;
        assert_eq!(refused, (400, "invalid_params".to_owned()), "{bad}");
    }
    let operator = Api::of(&server, OPERATOR);
    assert_eq!(operator.done("GET", "/usage", "").await["total"]["messages"], 3);
}

#[tokio::test]
async fn a_quota_refuses_and_a_restart_goes_on_from_it() {
    let limits = "[apps.limits]\nmonthly_messages = 4\nmonthly_warning_percent = 50\n";
    // Behind the first app's id, before its keys.
    let toml = toml().replacen("[[apps.jwt_keys]]", &format!("{limits}[[apps.jwt_keys]]"), 1);
    let mut server = start().toml(&toml).serve().await;
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    for n in 0..3 {
        alice.say("disk:chat", json!(n)).await;
    }
    server.log.expect("monthly_messages").await;
    server.signal("KILL").await;
    server.ended().await;
    let server = server.again(start().toml(&toml)).serve().await;
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    alice.say("disk:chat", json!(4)).await;
    let message = json!({ "channel": "disk:chat", "data": 5 });
    assert_eq!(alice.refused("messageSend", message).await, (429, "quota_exceeded".to_owned()));
}

#[tokio::test]
async fn a_bill_is_made_of_the_ledger_and_the_command_line_shows_both() {
    let prices = "[billing]
currency = \"CHF\"
[[billing.prices]]
metric = \"messages\"
per = 1000
price = \"1.25\"
included = 2
[[billing.prices]]
metric = \"peak_connections\"
price = \"0.5\"
";
    let server = Start::new().toml(&[prices, &shop()].concat()).serve().await;
    let api = Api::of(&server, BACKEND);
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    for n in 0..8 {
        alice.say("chat:1", json!(n)).await;
    }
    let bill = soon("a checkpoint", async {
        loop {
            let bill = api.done("GET", "/bill", "").await;
            if bill["items"][0]["quantity"] == 8 {
                return bill;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!((&bill["currency"], &bill["final"]), (&json!("CHF"), &json!(false)));
    assert_eq!(bill["items"][0]["billed"], 6);
    // 0.0075, rounded up; and one connection.
    assert_eq!((&bill["items"][0]["amount"], &bill["total"]), (&json!("0.01"), &json!("0.51")));
    let past = api.done("GET", "/bill?month=2020-02", "").await;
    assert_eq!((&past["final"], &past["total"]), (&json!(true), &json!("0.00")));
    assert_eq!(api.refused("GET", "/bill?month=2020-13", "").await.0, 400);

    let url = format!("http://{}", server.address);
    let args = ["usage", "--app", "shop", "--url", &url];
    let shown = server.begin_with(&args, &[("RTMATE_KEY", BACKEND)]).output().await;
    assert!(shown.starts_with("from,to,messages,") && shown.contains("Z,8,"), "{shown}");
    let keyless = server.run(&args).await;
    assert_eq!(keyless.status.code(), Some(64));
    let refused = server.begin_with(&args, &[("RTMATE_KEY", "guess")]);
    let mut refused = refused;
    assert_eq!(refused.ended().await.code(), Some(1));
    refused.err.expect("invalid_token").await;
}
