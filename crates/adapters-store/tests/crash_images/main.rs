//! Power losses: kill -9 can't find a missing sync, for the page cache survives it.
//!
//! A child publishes while a preloaded library records its calls. From what it wrote and synced, this
//! makes the store's directory as a power loss right behind an acknowledgement could leave it: of each
//! file only what was synced.

#[path = "../common/mod.rs"]
mod common;
mod recording;

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
    process::Command,
    sync::Arc,
};

use adapters_store::{DurableBroker, Early, Planted};
use application::ports::{Chronicle, EventLog};
use common::{POLICY, Store, channel, copy_all, data, draft, publish, read};
use domain::{Draft, FactKind, LiveSet, MessageEvents, Namespace, Offset, Sequence};
use recording::Image;
use testkit::contracts::chronicle::{left, opened, shop};

const FOLDER: &str = "RTMATE_TEST_STORE";
const MESSAGES: usize = 200;

async fn publish_and_say_so(broker: &DurableBroker) {
    let shop = shop();
    broker.follow(&shop);
    let messages =
        Namespace { history: Some(POLICY), events: MessageEvents::Data, ..Namespace::default() };
    let messages = Arc::new(messages);
    for n in 1..=MESSAGES {
        let connection = n as u128;
        broker.note(&shop.id, opened(connection));
        if n % 3 == 0 {
            broker.note(&shop.id, left(connection - 1));
        }
        let draft = draft(&channel("lobby"), &n.to_string());
        publish(broker, Draft { namespace: Arc::clone(&messages), ..draft }).await;
        let said = format!("acknowledged {n}\n");
        // One write for the recorder to see, past the test's own capture.
        OpenOptions::new()
            .write(true)
            .open("/dev/null")
            .and_then(|mut to| to.write_all(said.as_bytes()))
            .expect("said");
    }
    // Closing would sync: the images are of before.
    std::process::exit(0);
}

#[tokio::test]
#[ignore = "runs as the child of another test"]
async fn child_publishes_and_says_so() {
    let Some(path) = std::env::var_os(FOLDER) else { return };
    publish_and_say_so(&Store::at(Path::new(&path)).open()).await;
}

#[tokio::test]
#[ignore = "runs as the child of another test"]
async fn child_acknowledges_before_the_sync() {
    let Some(path) = std::env::var_os(FOLDER) else { return };
    let planted = Planted { early: Some(Early::BeforeSync), ..Planted::default() };
    publish_and_say_so(&Store::at(Path::new(&path)).open_planted(planted)).await;
}

/// What a power loss behind some of the child's acknowledgements would leave.
fn images(store: &Store, child: &str) -> Vec<Image> {
    let record = store.folder.path().join("record");
    let status = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--ignored", "--exact", child, "--test-threads=1"])
        .env("LD_PRELOAD", recording::recorder(store.folder.path()))
        .env("RECORD_UNDER", store.path())
        .env("RECORD_TO", &record)
        .env(FOLDER, store.path())
        .status()
        .expect("a child");
    assert!(status.success());
    let record = fs::read(record).expect("the record: is the C library linked dynamically?");
    let images = recording::images(&record, &store.path());
    assert_eq!(images.len(), MESSAGES);
    images.into_iter().step_by(17).collect()
}

/// Opens an image: what is missing or too much, if anything is.
async fn look(store: &Store, image: &Image) -> Result<(), String> {
    let copy = Store::new();
    copy_all(&store.path(), &copy.path());
    let mut journals = 0;
    for (path, written) in &image.files {
        let name = path.strip_prefix(store.path()).expect("inside");
        let journal = name.extension().is_some_and(|ending| ending == "jnl");
        journals += usize::from(journal);
        if journal || name == Path::new("head") {
            written.put(&copy.path().join(name));
        }
    }
    assert_eq!(journals, 1);
    let (broker, report) = copy.try_open().map_err(|error| error.to_string())?;
    if report.doubt.is_some() || report.set_aside.is_some() || report.damaged > 0 {
        return Err(format!("a power loss is no damage: {report:?}"));
    }
    let page = read(&broker, &channel("lobby")).await;
    let expected: Vec<String> = (1..=image.acknowledged).map(|n| n.to_string()).collect();
    if data(&page) != expected || page.position.offset != Offset(image.acknowledged as u64) {
        let there = page.messages.len();
        return Err(format!("{there} of {} acknowledged are there", image.acknowledged));
    }
    look_at_events(&broker, image.acknowledged).await
}

/// Each acknowledged message is an event, once; and what is there is what the events say.
async fn look_at_events(broker: &DurableBroker, acknowledged: usize) -> Result<(), String> {
    let shop = shop();
    broker.follow(&shop);
    let snapshot = broker.snapshot(&shop.id).await.map_err(|error| error.to_string())?;
    let page = broker.read(&shop.id, Sequence(0), usize::MAX, usize::MAX).await;
    let events = page.map_err(|error| error.to_string())?.events;
    let messages = events.iter().filter(|event| event.fact.kind() == FactKind::MessagePublished);
    if messages.count() != acknowledged {
        return Err(format!("not {acknowledged} events of messages: {events:?}"));
    }
    let mut live = LiveSet::default();
    let until = events.iter().filter(|event| event.sequence <= snapshot.cursor);
    until.for_each(|event| live.apply(&event.fact));
    if live != snapshot.live {
        return Err(format!("{live:?} by events, and {:?} are there", snapshot.live));
    }
    Ok(())
}

#[tokio::test]
async fn a_power_loss_loses_nothing_acknowledged() {
    let store = Store::new();
    for image in images(&store, "child_publishes_and_says_so") {
        assert_eq!(look(&store, &image).await, Ok(()));
    }
}

/// The bug that no kill finds, planted: this test's own test.
#[tokio::test]
async fn an_acknowledgement_before_the_sync_is_found() {
    let store = Store::new();
    let mut lost = 0;
    for image in images(&store, "child_acknowledges_before_the_sync") {
        lost += usize::from(look(&store, &image).await.is_err());
    }
    assert!(lost > 0, "no image shows it");
}
