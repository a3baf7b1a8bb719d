//! Processes that end in the middle, and disks that refuse.

mod common;

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
};

use adapters_store::OpenError;
use application::ports::{Broker, HistoryStore, Lease, LeaseStore};
use common::{Store, channel, data, draft, keyed, publish, read};
use domain::{ClientId, Offset, Payload, PresenceVersion};

/// Names the directory that a child publishes to.
const FOLDER: &str = "RTMATE_TEST_STORE";

/// This test binary again, running one of the tests that are for children.
fn child(store: &Store, test: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    let binary = std::env::current_exe().expect("this binary");
    // A write beyond a file's limit is an error for the child, not its end.
    let mut child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(binary)
        .args(["--ignored", "--exact", test, "--nocapture", "--test-threads=1"])
        .env(FOLDER, store.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    (child, lines)
}

fn child_store() -> Option<Store> {
    let path = std::path::PathBuf::from(std::env::var_os(FOLDER)?);
    Some(Store::at(&path))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs as the child of another test"]
async fn child_publishes_until_it_is_killed() {
    let Some(store) = child_store() else { return };
    let broker = std::sync::Arc::new(store.open());
    let senders = (0..8).map(|sender| {
        let broker = std::sync::Arc::clone(&broker);
        tokio::spawn(async move {
            for n in 0.. {
                let sent = format!("[{sender},{n}]");
                let key = format!("k{sender}-{n}");
                publish(&broker, keyed(&channel(&format!("c{}", sender % 3)), &sent, &key)).await;
                println!("acknowledged {} {sent} {key}", sender % 3);
            }
        })
    });
    futures_util::future::join_all(senders).await;
}

#[tokio::test]
async fn a_kill_loses_nothing_acknowledged() {
    let store = Store::new();
    for round in 1..=3 {
        let (mut child, mut lines) = child(&store, "child_publishes_until_it_is_killed");
        let mut acknowledged = Vec::new();
        while acknowledged.len() < 300 {
            let line = lines.next().expect("more").expect("a line");
            acknowledged.extend(line.strip_prefix("acknowledged ").map(str::to_owned));
            if acknowledged.len() == 100 {
                let refused = store.try_open().err().expect("refused");
                let OpenError::InUse { pid, .. } = refused else { panic!("{refused:?}") };
                assert_eq!(pid, Some(child.id()), "names the process that has it");
            }
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        // What it still said before it died.
        let rest = lines.map_while(Result::ok);
        acknowledged
            .extend(rest.filter_map(|line| line.strip_prefix("acknowledged ").map(str::to_owned)));
        let broker = store.open();
        let mut kept = Vec::new();
        for n in 0..3 {
            let page = read(&broker, &channel(&format!("c{n}"))).await;
            assert_eq!(page.position.offset, Offset(page.messages.len() as u64), "round {round}");
            kept.push(page);
        }
        for line in &acknowledged {
            let parts: Vec<&str> = line.split(' ').collect();
            let [number, sent, key] = parts[..] else { continue };
            let page = &kept[number.parse::<usize>().expect("a number")];
            assert!(data(page).contains(&sent), "round {round}: lost {sent}");
            let again = keyed(&channel(&format!("c{number}")), sent, key);
            assert!(publish(&broker, again).await.repeated, "round {round}: {key}");
        }
        drop(broker);
        // The next round sends the same keys with the same content: a new directory is a new store.
        std::fs::remove_dir_all(store.path()).expect("removed");
    }
}

#[tokio::test]
#[ignore = "runs as the child of another test"]
async fn child_meets_a_disk_that_refuses() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Some(store) = child_store() else { return };
    let lobby = channel("lobby");
    let broker = store.open();
    broker.begin().await.expect("begun");
    broker.keep(lease("alice", "1")).expect("kept");
    broker.settle();
    for n in 1..=10 {
        publish(&broker, draft(&lobby, &n.to_string())).await;
    }
    let before = read(&broker, &lobby).await;
    let free = getrlimit(Resource::Fsize);
    // The head fits, the journal is longer.
    setrlimit(Resource::Fsize, Rlimit { current: Some(16 << 10), ..free }).expect("limited");
    let large = format!("\"{}\"", "x".repeat(20_000));
    // One lease in the group that fails, and changes behind it.
    broker.keep(lease("carol", &large)).expect("kept");
    broker.settle();
    let refused = common::try_publish(&broker, draft(&lobby, &large)).await;
    assert!(refused.is_err(), "{refused:?}");
    assert!(store.sink.take().iter().all(|heard| heard.message.data.as_str() != large));
    broker.keep(lease("bob", "2")).expect("kept");
    broker.release(&lobby, &lease("alice", "1").client);
    broker.settle();
    setrlimit(Resource::Fsize, free).expect("free again");
    let mut healed = false;
    for _ in 0..500 {
        if common::try_publish(&broker, draft(&lobby, "11")).await.is_ok() {
            healed = true;
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let events = store.events.lock().expect("no panic").clone();
    assert!(healed, "{events:?}");
    assert!(events.iter().any(|event| event.starts_with("Failed")), "{events:?}");
    assert!(events.iter().any(|event| event.starts_with("Healed")), "{events:?}");
    let page = read(&broker, &lobby).await;
    assert_eq!(page.position.epoch, before.position.epoch, "nothing is in doubt: {events:?}");
    assert_eq!(page.position.offset, Offset(page.messages.len() as u64));
    assert_eq!(&data(&page)[..10], data(&before));
    println!("healed {}", page.messages.len());
}

#[tokio::test]
#[ignore = "runs as the child of another test"]
async fn child_has_a_group_in_doubt() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Some(store) = child_store() else { return };
    let lobby = channel("lobby");
    let broker = store.open();
    publish(&broker, draft(&lobby, "1")).await;
    let free = getrlimit(Resource::Fsize);
    // Every other group's slot of the head is beyond this; the journal is not that long yet.
    setrlimit(Resource::Fsize, Rlimit { current: Some(4096), ..free }).expect("limited");
    let mut sent = 1;
    loop {
        sent += 1;
        assert!(sent < 5, "the head is never written");
        if common::try_publish(&broker, draft(&lobby, &sent.to_string())).await.is_err() {
            break;
        }
    }
    assert_eq!(store.sink.count(), sent - 1, "not announced: the head was not written");
    setrlimit(Resource::Fsize, free).expect("free again");
    for _ in 0..500 {
        if store.sink.count() == sent {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let events = store.events.lock().expect("no panic").clone();
    let heard = store.sink.take();
    let heard: Vec<_> = heard.iter().map(|heard| heard.message.data.as_str()).collect();
    let page = read(&broker, &lobby).await;
    assert_eq!(heard, data(&page), "announced, as it is there: {events:?}");
    let next = publish(&broker, draft(&lobby, "9")).await.position.expect("a place");
    assert_eq!((next.epoch, next.offset), (page.position.epoch, Offset(sent as u64 + 1)));
    println!("announced");
}

#[tokio::test]
#[ignore = "runs as the child of another test"]
async fn child_loses_its_head_while_it_runs() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Some(store) = child_store() else { return };
    let (lobby, other, quiet) = (channel("lobby"), channel("other"), channel("quiet"));
    let broker = store.open();
    broker.attach(&lobby).await.expect("attached");
    broker.attach(&quiet).await.expect("attached");
    publish(&broker, draft(&lobby, "1")).await;
    publish(&broker, draft(&other, "1")).await;
    let before = read(&broker, &lobby).await;
    let free = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: Some(16 << 10), ..free }).expect("limited");
    let large = format!("\"{}\"", "x".repeat(20_000));
    assert!(common::try_publish(&broker, draft(&lobby, &large)).await.is_err());
    // It can't be opened before there is space again, so nobody looks for the head until then.
    std::fs::remove_file(store.path().join("head")).expect("removed");
    assert_eq!(store.sink.take_gaps(), [], "nothing is known yet");
    setrlimit(Resource::Fsize, free).expect("free again");
    let mut after = None;
    for _ in 0..500 {
        after = broker.read(&lobby, &common::POLICY, &common::ALL).await.ok();
        if after.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let events = store.events.lock().expect("no panic").clone();
    let after = after.unwrap_or_else(|| panic!("{events:?}"));
    assert_ne!(after.position.epoch, before.position.epoch, "{events:?}");
    assert_eq!(data(&after), data(&before), "what is there is kept");
    // Others have no subscribers, or subscribers who know no place.
    assert_eq!(store.sink.take_gaps(), [lobby], "{events:?}");
    println!("told");
}

#[tokio::test]
async fn subscribers_are_told_when_streams_begin_anew() {
    let store = Store::new();
    let (mut child, lines) = child(&store, "child_loses_its_head_while_it_runs");
    let said: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(child.wait().expect("gone").success(), "{said:?}");
    assert!(said.iter().any(|line| line.contains("told")), "{said:?}");
}

#[tokio::test]
async fn a_group_in_doubt_is_announced_when_it_is_there() {
    let store = Store::new();
    let (mut child, lines) = child(&store, "child_has_a_group_in_doubt");
    let said: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(child.wait().expect("gone").success(), "{said:?}");
    assert!(said.iter().any(|line| line.contains("announced")), "{said:?}");
}

#[tokio::test]
async fn a_disk_that_refuses_is_used_again_when_it_does_not() {
    let store = Store::new();
    let (mut child, lines) = child(&store, "child_meets_a_disk_that_refuses");
    let said: Vec<String> = lines.map_while(Result::ok).collect();
    assert!(child.wait().expect("gone").success(), "{said:?}");
    assert!(said.iter().any(|line| line.contains("healed")), "{said:?}");
    let broker = store.open();
    assert_eq!(data(&read(&broker, &channel("lobby")).await).last(), Some(&"11"));
    let mut members = broker.begin().await.expect("begun").leases;
    members.sort_by_key(|lease| lease.client.clone());
    let members: Vec<_> = members.iter().map(|lease| lease.client.as_str()).collect();
    assert_eq!(members, ["bob", "carol"], "what changed meanwhile was not forgotten");
}

fn lease(client: &str, info: &str) -> Lease {
    Lease {
        channel: channel("lobby"),
        client: ClientId::parse(client).expect("a client's name"),
        info: Payload::parse(info, 1 << 20).ok().map(Arc::new),
        joined: PresenceVersion(1),
    }
}
