//! A disk that is full for a while.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    client::Client,
    http::get,
    server::{Server, Start},
    small_disk::SmallDisk,
    soon,
    tokens::{ALLOW_ALL, app, token},
};

const NAMESPACES: &str = "\
[[apps.namespaces]]
pattern = \"disk:*\"
history = {}
[[apps.namespaces]]
pattern = \"memory:*\"
history = { durability = \"memory\" }
presence = true
";

async fn server() -> Server {
    let toml = [&app("shop", ALLOW_ALL), NAMESPACES].concat();
    let start = Start::bare().args(&["--listen", "127.0.0.1:0"]).toml(&toml);
    start.disk(SmallDisk::new().await).serve().await
}

/// A file of the data directory, as the server sees it.
fn inside(server: &Server, name: &str) -> PathBuf {
    let folder = fs::canonicalize(server.folder.path()).unwrap();
    let inside = PathBuf::from(format!("/proc/{}/root", server.pid()));
    inside.join(folder.strip_prefix("/").unwrap()).join("rtmate-data").join(name)
}

/// The file that takes all the space there is.
fn ballast(server: &Server) -> PathBuf {
    inside(server, "ballast")
}

fn fill(server: &Server) {
    let mut file = File::create(ballast(server)).unwrap();
    for block in [1 << 16, 1] {
        while file.write_all(&vec![b'x'; block]).is_ok() {}
    }
}

/// What a sender and a subscriber know.
struct Witness {
    alice: Client,
    bob: Client,
    /// Numbers of the messages that were acknowledged, with their offsets.
    acknowledged: Vec<(u64, u64)>,
    next: u64,
}

impl Witness {
    /// Sends the next message, which is so large that it needs space; the reply.
    async fn send(&mut self) -> Value {
        self.next += 1;
        let data = json!([self.next, "x".repeat(40_000)]);
        let message = json!({"channel": "disk:chat", "data": data});
        let reply = self.alice.ask("messageSend", message).await;
        if reply["code"] == 200 {
            self.acknowledged.push((self.next, reply["data"]["offset"].as_u64().unwrap()));
        }
        reply
    }

    async fn sends_until_refused(&mut self) {
        for _ in 0..500 {
            let reply = self.send().await;
            if reply["code"] != 200 {
                assert_eq!(
                    (&reply["code"], &reply["reason"]),
                    (&json!(503), &json!("unavailable")),
                    "{reply}"
                );
                return;
            }
        }
        panic!("the disk is never full");
    }

    /// Every acknowledged message has its offset in the history, and the subscriber saw the history.
    async fn nothing_is_lost(&mut self) {
        let (mut kept, mut after) = (Vec::new(), 0);
        loop {
            let wish = json!({"channel": "disk:chat", "after": after, "limit": 5});
            let page = self.alice.done("history", wish).await;
            for message in page["messages"].as_array().unwrap() {
                after = message["offset"].as_u64().unwrap();
                kept.push((message["data"][0].as_u64().unwrap(), after));
            }
            if page["more"] == false {
                break;
            }
        }
        assert!(kept.iter().map(|(_, offset)| *offset).eq(1..=kept.len() as u64), "{kept:?}");
        let lost: Vec<_> = self.acknowledged.iter().filter(|sent| !kept.contains(sent)).collect();
        assert!(lost.is_empty(), "{lost:?} of {kept:?}");
        for (number, offset) in kept {
            let push = self.bob.push("message").await;
            assert_eq!((&push["data"][0], &push["offset"]), (&json!(number), &json!(offset)));
        }
        self.bob.hears_nothing().await;
    }
}

/// Until the probe is answered so.
async fn readyz(server: &Server, status: u16, words: &str) {
    let seen = async {
        loop {
            let answer = get(server, "/readyz", &[]).await;
            if (answer.status, answer.body.as_str()) == (status, words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(words, seen).await;
}

#[tokio::test]
async fn a_full_disk_stops_durable_channels_alone_and_heals() {
    let server = server().await;
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    let mut bob = Client::enter(&server, "shop", &token("shop", "bob")).await;
    let begun = alice.done("history", json!({"channel": "disk:chat"})).await;
    bob.subscribe("disk:chat").await;
    let mut witness = Witness { alice, bob, acknowledged: Vec::new(), next: 0 };
    for _ in 0..5 {
        assert_eq!(witness.send().await["code"], 200);
    }
    readyz(&server, 200, "ready\n").await;

    fill(&server);
    witness.sends_until_refused().await;
    readyz(&server, 503, "store not writable\n").await;
    server.log.expect("the store failed; durable channels are unavailable").await;
    assert_eq!(get(&server, "/healthz", &[]).await.status, 200);
    let mut carol = Client::enter(&server, "shop", &token("shop", "carol")).await;
    carol.subscribe("memory:chat").await;
    witness.alice.say("memory:chat", "still here").await;
    assert_eq!(carol.hears().await, "still here");
    let page = carol.done("history", json!({"channel": "memory:chat"})).await;
    assert_eq!(page["messages"][0]["data"], "still here");
    // Who is there needs no disk, though it is kept on one.
    let wish = json!({"channel": "memory:chat", "presence": true});
    assert_eq!(carol.done("subscribe", wish).await["members"][0]["client"], "carol");

    fs::remove_file(ballast(&server)).unwrap();
    server.log.expect("the store is open again").await;
    readyz(&server, 200, "ready\n").await;
    for _ in 0..5 {
        assert_eq!(witness.send().await["code"], 200);
    }
    witness.nothing_is_lost().await;
    let ended = witness.alice.done("history", json!({"channel": "disk:chat"})).await;
    assert_eq!(ended["epoch"], begun["epoch"], "the stream goes on");
}

/// The disk comes back without the file that proves that nothing is lost.
#[tokio::test]
async fn subscribers_are_told_when_their_streams_begin_anew() {
    let server = server().await;
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    let mut bob = Client::enter(&server, "shop", &token("shop", "bob")).await;
    let begun = bob.done("subscribe", json!({"channel": "disk:chat"})).await;
    bob.subscribe("memory:chat").await;
    alice.say("disk:chat", "before").await;
    let offset = bob.push("message").await["offset"].clone();
    let known = json!({"epoch": begun["epoch"], "offset": offset});
    let mut witness = Witness { alice, bob, acknowledged: Vec::new(), next: 0 };

    fill(&server);
    // Others than those that the subscriber will ask for.
    witness.sends_until_refused().await;
    readyz(&server, 503, "store not writable\n").await;
    fs::remove_file(inside(&server, "store/head")).unwrap();
    fs::remove_file(ballast(&server)).unwrap();
    server.log.expect("the store's head is missing; every durable stream begins anew").await;

    let Witness { mut alice, mut bob, acknowledged, .. } = witness;
    for (number, _) in acknowledged {
        assert_eq!(bob.push("message").await["data"][0], number);
    }
    let told = json!({"channel": "disk:chat", "reason": "gap", "resubscribe": true});
    assert_eq!(bob.push("unsubscribed").await, told);
    readyz(&server, 200, "ready\n").await;
    alice.say("disk:chat", "nobody hears it").await;
    alice.say("memory:chat", "nothing happened here").await;
    assert_eq!(bob.hears().await, "nothing happened here");
    let wish = json!({"channel": "disk:chat", "position": known});
    let again = bob.done("subscribe", wish).await;
    assert_eq!((&again["recovered"], &again["messages"]), (&json!(false), &json!([])));
    assert_ne!(again["epoch"], begun["epoch"]);
    alice.say("disk:chat", "after").await;
    assert_eq!(bob.hears().await, "after");
}
