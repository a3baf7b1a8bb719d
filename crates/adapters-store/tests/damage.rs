//! Stores whose files are not what was written.

mod common;

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::FileExt,
    path::PathBuf,
};

use adapters_store::Doubt;
use common::{Store, channel, copy_all, data, draft, keyed, publish, publish_all, read};
use domain::Offset;

fn journal(store: &Store) -> PathBuf {
    let files = fs::read_dir(store.path().join("db")).expect("the database");
    let mut journals: Vec<_> = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jnl"))
        .collect();
    journals.sort();
    journals.pop().expect("a journal")
}

/// Where the journal's data ends: behind it are zeros.
fn end_of_data(journal: &PathBuf) -> u64 {
    let bytes = fs::read(journal).expect("the journal");
    let last = bytes.iter().rposition(|byte| *byte != 0).expect("data");
    u64::try_from(last + 1).expect("a length")
}

fn cut(store: &Store, length: u64) {
    let file = OpenOptions::new().write(true).open(journal(store)).expect("the journal");
    file.set_len(length).expect("cut");
}

#[tokio::test]
async fn a_lost_end_gives_new_epochs() {
    let store = Store::new();
    let (lobby, quiet) = (channel("lobby"), channel("quiet"));
    let (before, quiet_before) = {
        let broker = store.open();
        publish_all(&broker, &quiet, 1..=3).await;
        publish(&broker, keyed(&lobby, "1", "k1")).await;
        // A group each, so that the cut leaves most of them.
        for n in 2..=99 {
            publish(&broker, draft(&lobby, &n.to_string())).await;
        }
        publish(&broker, keyed(&lobby, "100", "k100")).await;
        (read(&broker, &lobby).await, read(&broker, &quiet).await)
    };
    let end = end_of_data(&journal(&store));
    cut(&store, end - 1500);
    let (broker, report) = store.try_open().expect("opened");
    let Some(Doubt::LostTail { acknowledged, present }) = report.doubt else {
        panic!("{report:?}")
    };
    assert!(present < acknowledged, "{report:?}");
    assert_eq!(report.set_aside, None);
    let page = read(&broker, &lobby).await;
    assert_ne!(page.position.epoch, before.position.epoch);
    assert!(page.position.offset < before.position.offset);
    let left = data(&page).len();
    assert!((50..100).contains(&left), "most of it is there: {left}");
    assert_eq!(data(&page), data(&before)[..left]);
    assert_eq!(page.position.offset, Offset(left as u64));
    let quiet_page = read(&broker, &quiet).await;
    assert_ne!(quiet_page.position.epoch, quiet_before.position.epoch, "nobody can tell of which");
    assert_eq!(data(&quiet_page), ["1", "2", "3"]);
    // A key whose message is there still counts, one whose message is lost does not.
    assert!(publish(&broker, keyed(&lobby, "1", "k1")).await.repeated);
    let again = publish(&broker, keyed(&lobby, "100", "k100")).await;
    assert_eq!(
        (again.repeated, again.position.expect("a place").offset),
        (false, Offset(left as u64 + 1))
    );
    drop(broker);
    let (broker, report) = store.try_open().expect("opened");
    assert_eq!(report.doubt, None, "once is enough");
    assert_eq!(read(&broker, &lobby).await.position.offset, Offset(left as u64 + 1));
}

#[tokio::test]
async fn a_journal_that_is_gone_gives_new_epochs() {
    let store = Store::new();
    let lobby = channel("lobby");
    let before = {
        let broker = store.open();
        publish_all(&broker, &lobby, 1..=10).await;
        read(&broker, &lobby).await.position
    };
    cut(&store, 0);
    let (broker, report) = store.try_open().expect("opened");
    assert!(report.doubt.is_some() || report.set_aside.is_some(), "{report:?}");
    let after = publish(&broker, draft(&lobby, "1")).await.position.expect("a place");
    assert_ne!(after.epoch, before.epoch);
}

#[tokio::test]
async fn a_missing_head_gives_new_epochs() {
    let store = Store::new();
    let lobby = channel("lobby");
    let before = {
        let broker = store.open();
        publish_all(&broker, &lobby, 1..=10).await;
        read(&broker, &lobby).await
    };
    fs::remove_file(store.path().join("head")).expect("removed");
    let (broker, report) = store.try_open().expect("opened");
    assert_eq!(report.doubt, Some(Doubt::NoHead));
    let page = read(&broker, &lobby).await;
    assert_ne!(page.position.epoch, before.position.epoch);
    assert_eq!(page.messages, before.messages, "what is there is shown");
}

#[tokio::test]
async fn an_older_copy_of_the_database_is_seen() {
    let store = Store::new();
    let lobby = channel("lobby");
    let copy = store.folder.path().join("copy");
    publish_all(&store.open(), &lobby, 1..=10).await;
    copy_all(&store.path().join("db"), &copy);
    let before = {
        let broker = store.open();
        publish_all(&broker, &lobby, 11..=20).await;
        read(&broker, &lobby).await.position
    };
    fs::remove_dir_all(store.path().join("db")).expect("removed");
    copy_all(&copy, &store.path().join("db"));
    let (broker, report) = store.try_open().expect("opened");
    assert!(matches!(report.doubt, Some(Doubt::LostTail { .. })), "{report:?}");
    let after = publish(&broker, draft(&lobby, "11")).await.position.expect("a place");
    assert_eq!(after.offset, Offset(11));
    assert_ne!(after.epoch, before.epoch);
}

#[tokio::test]
async fn what_cannot_be_opened_is_set_aside() {
    let store = Store::new();
    let lobby = channel("lobby");
    let before = {
        let broker = store.open();
        publish_all(&broker, &lobby, 1..=100).await;
        publish(&broker, draft(&lobby, "\"unique\"")).await;
        read(&broker, &lobby).await.position
    };
    // An item that is whole but for its content: the engine refuses to open that.
    let journal = journal(&store);
    let bytes = fs::read(&journal).expect("the journal");
    let at = bytes.windows(8).position(|text| text == b"\"unique\"").expect("the payload");
    let file = OpenOptions::new().write(true).open(&journal).expect("the journal");
    file.write_all_at(b"U", u64::try_from(at + 1).expect("a place")).expect("damaged");
    let (broker, report) = store.try_open().expect("opened");
    let aside = report.set_aside.expect("set aside");
    assert!(aside.path.join("db").exists() && aside.path.join("head").exists());
    assert!(aside.cause.contains("ChecksumMismatch"), "{}", aside.cause);
    drop(broker);
    let broker = store.open();
    let after = publish(&broker, draft(&lobby, "1")).await.position.expect("a place");
    assert_ne!(after.epoch, before.epoch);
}
