//! What the store costs on this disk. Proves nothing and is not part of the test command:
//! `cargo test --release -p adapters-store --test figures -- --ignored --nocapture`.

mod common;

use std::{
    fs::File,
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use adapters_store::DurableBroker;
use application::ports::{HistoryStore, Order, Query};
use common::{POLICY, Store, channel, draft, publish, publish_all};

const FOR: Duration = Duration::from_secs(3);

/// A payload of a usual size.
fn payload() -> String {
    format!("{{\"text\":\"{}\"}}", "x".repeat(200))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures"]
async fn figures() {
    let store = Store::new();
    println!("fdatasync of 300 bytes appended: {:.0} a second", syncs(&store));
    for senders in [1, 16, 256] {
        let store = Store::new();
        let broker = Arc::new(store.open());
        let (sent, slowest) = sends(&broker, senders).await;
        let rate = sent as f64 / FOR.as_secs_f64();
        println!("{senders} senders: {rate:.0} durable sends a second, slowest {slowest:?}");
        drop(broker);
        let began = Instant::now();
        let (_, report) = store.try_open().expect("opened");
        println!("  opened again in {:?} ({} streams)", began.elapsed(), report.streams);
    }
    reads().await;
}

/// The disk's own rate, as a journal would use it.
fn syncs(store: &Store) -> f64 {
    let mut file = File::create(store.folder.path().join("syncs")).expect("a file");
    file.set_len(64 << 20).expect("a length");
    file.sync_all().expect("synced");
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < FOR {
        file.write_all(&[7; 300]).expect("written");
        file.sync_data().expect("synced");
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}

async fn sends(broker: &Arc<DurableBroker>, senders: usize) -> (usize, Duration) {
    let until = Instant::now() + FOR;
    let senders = (0..senders).map(|sender| {
        let broker = Arc::clone(broker);
        tokio::spawn(async move {
            let lobby = channel(&format!("c{}", sender % 100));
            let (mut sent, mut slowest) = (0usize, Duration::ZERO);
            while Instant::now() < until {
                let began = Instant::now();
                publish(&broker, draft(&lobby, &payload())).await;
                slowest = slowest.max(began.elapsed());
                sent += 1;
            }
            (sent, slowest)
        })
    });
    let all = futures_util::future::join_all(senders).await;
    let all = all.into_iter().map(|sender| sender.expect("no panic"));
    all.fold((0, Duration::ZERO), |all, one| (all.0 + one.0, all.1.max(one.1)))
}

async fn reads() {
    let store = Store::new();
    let lobby = channel("lobby");
    let broker = store.open();
    publish_all(&broker, &lobby, 1..=1000).await;
    let query = |limit| Query {
        after: None,
        before: None,
        order: Order::Descending,
        limit,
        bytes: u64::MAX,
    };
    for limit in [1, 50, 1000] {
        let (began, mut count) = (Instant::now(), 0u32);
        while began.elapsed() < FOR / 3 {
            broker.read(&lobby, &POLICY, &query(limit)).await.expect("read");
            count += 1;
        }
        println!("a page of {limit}: {:?}", began.elapsed() / count);
    }
}
