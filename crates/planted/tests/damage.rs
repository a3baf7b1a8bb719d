//! `rtmate store check` on a message that is not what was written.

use std::{
    path::Path,
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

use adapters_memory::{RandomIds, SystemClock};
use adapters_store::{DurableBroker, StoreOptions, spoil};
use application::ports::Broker;
use domain::{
    AppId, Author, ChannelKey, ChannelName, ClientId, Draft, Durability, HistoryPolicy, Namespace,
    Payload, Source,
};
use testkit::RecordingSink;

fn draft(number: u64) -> Draft {
    let (app, channel) = (AppId::parse("shop"), ChannelName::parse("lobby"));
    let channel = ChannelKey { app: app.expect("a name"), channel: channel.expect("a name") };
    let policy = HistoryPolicy {
        size: 1000,
        ttl: Duration::from_secs(3600),
        bytes: 1 << 20,
        durability: Durability::Durable,
    };
    let source = Source {
        author: Author::Client(ClientId::parse("alice").expect("a name")),
        hidden_from: None,
    };
    Draft {
        channel,
        name: None,
        data: Payload::parse(&number.to_string(), 100).expect("JSON"),
        key: None,
        from: None,
        source,
        namespace: Arc::new(Namespace { history: Some(policy), ..Namespace::default() }),
    }
}

async fn fill(path: &Path, messages: u64) {
    let (sink, clock) = (Arc::new(RecordingSink::default()), Arc::new(SystemClock::new()));
    let ids = Arc::new(RandomIds);
    let options = StoreOptions::default();
    let opened = DurableBroker::open(path, options, sink, clock, ids, Arc::new(|_| {}));
    let (broker, _) = opened.expect("opened");
    for number in 1..=messages {
        broker.publish(draft(number)).await.expect("published");
    }
}

fn check(folder: &Path) -> (Output, String) {
    let program = env!("CARGO_BIN_EXE_sound");
    let output = Command::new(program).args(["store", "check"]).current_dir(folder).output();
    let output = output.expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, said)
}

#[tokio::test]
async fn a_message_that_no_opening_looks_at_is_found_by_a_check() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("rtmate-data/store");
    fill(&store, 20).await;
    let (output, said) = check(folder.path());
    assert!(output.status.success() && said.contains("damaged: 0 messages"), "{said}");
    // Opening looks at the last ones only.
    spoil(&store, 3);
    for _ in 0..2 {
        let (output, said) = check(folder.path());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(said.contains("damaged: 1 messages") && !said.contains("mended"), "{said}");
    }
    // One that it looks at is mended, and found no more.
    spoil(&store, 19);
    let (output, said) = check(folder.path());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.contains("damaged: 0 messages") && said.contains("mended: 1 damaged"), "{said}");
    assert!(check(folder.path()).0.status.success());
}
