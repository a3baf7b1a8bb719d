//! Copies, and stores from copies.

mod common;

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
