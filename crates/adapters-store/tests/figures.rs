//! What the store costs on this disk. Proves nothing and is not part of the test command:
//! `cargo test --release -p adapters-store --test figures -- --ignored --nocapture`.

mod common;

use std::{
    fs::{self, File},
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use adapters_store::DurableBroker;
use application::ports::{HistoryStore, Order, Query};
use common::{POLICY, Store, channel, draft, publish, publish_all};
use domain::{ChannelKey, Draft, HistoryPolicy, Namespace};

const FOR: Duration = Duration::from_secs(3);

fn payload(bytes: usize) -> String {
    format!("{{\"text\":\"{}\"}}", "x".repeat(bytes))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures"]
async fn figures() {
    let store = Store::new();
    println!("fdatasync of 300 bytes appended: {:.0} a second", syncs(&store));
    for senders in [1, 16, 256] {
        let store = Store::new();
        let broker = Arc::new(store.open());
        let (sent, slowest) = sends(&broker, senders, |lobby| draft(lobby, &payload(200))).await;
        let rate = sent as f64 / FOR.as_secs_f64();
        println!("{senders} senders: {rate:.0} durable sends a second, slowest {slowest:?}");
        drop(broker);
        let began = Instant::now();
        let (_, report) = store.try_open().expect("opened");
        println!("  opened again in {:?} ({} streams)", began.elapsed(), report.streams);
    }
    reads().await;
    volume().await;
}

/// More than the engine holds in memory: tables are written and compacted, old messages erased.
async fn volume() {
    let store = Store::new();
    let broker = Arc::new(store.open());
    let few = |lobby: &ChannelKey| {
        let history = Some(HistoryPolicy { size: 100, ..POLICY });
        let namespace = Arc::new(Namespace { history, ..Namespace::default() });
        Draft { namespace, ..draft(lobby, &payload(8000)) }
    };
    let (sent, slowest) = sends(&broker, 256, few).await;
    let (more, later) = sends(&broker, 256, few).await;
    let rate = (sent + more) as f64 / FOR.as_secs_f64() / 2.0;
    println!("256 senders of 8 KB: {rate:.0} a second, slowest {:?}", slowest.max(later));
    let contents = broker.check().expect("checked");
    let written = (sent + more) * 8000 / 1_000_000;
    println!("  {written} MB written, {} MB on disk", contents.disk_bytes / 1_000_000);
    println!("  {} messages on disk, {} damaged", contents.messages, contents.damaged);
    drop(broker);
    let journals = fs::read_dir(store.path().join("db")).expect("the database");
    let journals = journals
        .map(|file| file.expect("a file"))
        .filter(|file| file.path().extension().is_some_and(|ending| ending == "jnl"));
    let bytes: u64 = journals.map(|file| file.metadata().expect("a file").len()).sum();
    let began = Instant::now();
    store.open();
    println!("  opened again in {:?}, {} MB of journals", began.elapsed(), bytes / 1_000_000);
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

async fn sends(
    broker: &Arc<DurableBroker>,
    senders: usize,
    make: fn(&ChannelKey) -> Draft,
) -> (usize, Duration) {
    let until = Instant::now() + FOR;
    let senders = (0..senders).map(|sender| {
        let broker = Arc::clone(broker);
        tokio::spawn(async move {
            let lobby = channel(&format!("c{}", sender % 100));
            let (mut sent, mut slowest) = (0usize, Duration::ZERO);
            while Instant::now() < until {
                let began = Instant::now();
                publish(&broker, make(&lobby)).await;
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
