//! Copies, and stores from copies.

mod common;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use adapters_memory::RandomIds;
use adapters_store::{CopyError, Doubt, OpenError, restore};
use application::ports::Clock;
use common::{Store, channel, data, draft, keyed, publish, publish_all, read};
use domain::Offset;

#[tokio::test]
async fn a_restored_copy_has_the_messages_and_new_epochs() {
    let store = Store::new();
    let (lobby, copy) = (channel("lobby"), store.folder.path().join("copy"));
    let broker = store.open();
    publish_all(&broker, &lobby, 1..=500).await;
    publish(&broker, keyed(&lobby, "501", "k")).await;
    let before = read(&broker, &lobby).await;
    assert!(broker.backup(&copy).expect("copied") > 500);
    // What comes after the copy is not in it.
    publish(&broker, draft(&lobby, "502")).await;
    let again = broker.backup(&copy);
    assert!(matches!(again, Err(CopyError::Exists { .. })), "{again:?}");

    let restored = Store::new();
    let report = restore(&copy, &restored.path(), &RandomIds, store.clock.now()).expect("restored");
    assert_eq!((report.streams, report.doubt), (1, Some(Doubt::NoHead)));
    let broker = restored.open();
    let page = read(&broker, &lobby).await;
    assert_eq!(data(&page), data(&before));
    assert_ne!(page.position.epoch, before.position.epoch);
    assert!(publish(&broker, keyed(&lobby, "501", "k")).await.repeated);
    let next = publish(&broker, draft(&lobby, "502")).await;
    assert_eq!(next.position.map(|position| position.offset), Some(Offset(502)));
}

#[tokio::test]
async fn a_copy_is_no_store_and_a_store_no_copy() {
    let store = Store::new();
    let copy = store.folder.path().join("copy");
    let broker = store.open();
    publish(&broker, draft(&channel("lobby"), "1")).await;
    broker.backup(&copy).expect("copied");
    let refused = Store::at(&copy).try_open().err().expect("refused");
    assert!(matches!(refused, OpenError::Format { .. }), "{refused:?}");
    let target = store.folder.path().join("target");
    let refused = restore(&store.path(), &target, &RandomIds, store.clock.now());
    assert!(matches!(refused, Err(CopyError::NoBackup { .. })), "{refused:?}");
    assert!(!target.exists());
}

#[tokio::test]
async fn a_copy_and_a_store_may_come_into_empty_directories_and_no_other() {
    let store = Store::new();
    let folder = store.folder.path();
    let (copy, target) = (folder.join("copy"), folder.join("target"));
    let (empty, full) = (folder.join("empty"), folder.join("full"));
    fs::create_dir(&empty).expect("made");
    fs::create_dir(&full).expect("made");
    fs::write(full.join("letter"), "dear").expect("written");
    let broker = store.open();
    publish(&broker, draft(&channel("lobby"), "1")).await;
    broker.backup(&copy).expect("copied");
    let mode = fs::metadata(&copy).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "for this user alone");

    let refused = broker.backup(&full);
    assert!(matches!(refused, Err(CopyError::Exists { .. })), "{refused:?}");
    broker.backup(&empty).expect("copied");
    let into = |target: &Path| restore(&copy, target, &RandomIds, store.clock.now());
    let refused = into(&full);
    assert!(matches!(refused, Err(CopyError::Exists { .. })), "{refused:?}");
    assert_eq!(fs::read_dir(&full).expect("there").count(), 1, "nothing is put beside it");
    let refused = into(&store.path());
    assert!(matches!(refused, Err(CopyError::Open(OpenError::InUse { .. }))), "{refused:?}");
    fs::create_dir(&target).expect("made");
    // A lock may be left of an attempt.
    fs::write(target.join("lock"), "1\n").expect("written");
    assert_eq!(into(&target).expect("restored").streams, 1);
}

#[tokio::test]
async fn a_restore_that_was_cut_off_left_no_store() {
    let store = Store::new();
    let copy = store.folder.path().join("copy");
    let broker = store.open();
    publish(&broker, draft(&channel("lobby"), "1")).await;
    broker.backup(&copy).expect("copied");
    // A file of it can't be read.
    let missing = copy.join("db").join("zzz");
    std::os::unix::fs::symlink("/nowhere/at/all", missing).expect("made");
    let restored = Store::new();
    let failed = restore(&copy, &restored.path(), &RandomIds, store.clock.now());
    assert!(matches!(failed, Err(CopyError::Io { .. })), "{failed:?}");
    let refused = restored.try_open().err().expect("refused");
    assert!(matches!(refused, OpenError::Format { .. }), "{refused:?}");
}
