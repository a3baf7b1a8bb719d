//! What every `UsageLedger` guarantees.

use std::sync::Arc;

use application::ports::{Counted, UsageLedger};
use domain::{AppId, Hour, Metric, Usage};

/// The adapter under test.
pub struct LedgerFixture {
    /// Opens it, where the one before was dropped.
    pub open: Box<dyn Fn() -> Arc<dyn UsageLedger>>,
    /// Whether what was recorded is there when it is opened again.
    pub outlives: bool,
}

const FIRST: Hour = Hour::from_number(500_000);

fn app(name: &str) -> AppId {
    AppId::parse(name).expect("an app's name")
}

fn usage(messages: u64, peak: u64) -> Usage {
    let mut usage = Usage::default();
    usage.count(Metric::Messages, messages);
    usage.count(Metric::PeakConnections, peak);
    usage
}

fn counted(name: &str, hour: u32, messages: u64, peak: u64) -> Counted {
    Counted { app: app(name), hour: FIRST.later(hour), usage: usage(messages, peak) }
}

async fn record(ledger: &dyn UsageLedger, counted: &[Counted]) {
    ledger.record(counted.into()).await.expect("recorded");
}

async fn read(ledger: &dyn UsageLedger, name: &str, from: u32, to: u32) -> Vec<(u32, Usage)> {
    let rows = ledger.read(&app(name), FIRST.later(from), FIRST.later(to)).await.expect("read");
    rows.into_iter().map(|(hour, usage)| (hour.number() - FIRST.number(), usage)).collect()
}

/// Guarantee 1: sums grow, peaks become the greater value, each call counts once; a call may bring
/// the same row twice.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_is_recorded_is_added_once(fixture: &LedgerFixture) {
    let ledger = (fixture.open)();
    record(&*ledger, &[counted("shop", 0, 3, 9), counted("shop", 0, 4, 2)]).await;
    assert_eq!(read(&*ledger, "shop", 0, 1).await, [(0, usage(7, 9))]);
    let all = (0..50).map(|_| {
        let ledger = Arc::clone(&ledger);
        async move { record(&*ledger, &[counted("shop", 0, 1, 10), counted("shop", 1, 1, 1)]).await }
    });
    futures_util::future::join_all(all).await;
    let wanted = [(0, usage(57, 10)), (1, usage(50, 1))];
    assert_eq!(read(&*ledger, "shop", 0, 9).await, wanted);
}

/// Guarantee 2: the rows between two hours, in order.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn rows_come_in_order(fixture: &LedgerFixture) {
    let ledger = (fixture.open)();
    assert_eq!(read(&*ledger, "shop", 0, 100).await, []);
    for hour in [300, 5, 255, 256, 9] {
        record(&*ledger, &[counted("shop", hour, hour.into(), 0)]).await;
    }
    let hours =
        |rows: Vec<(u32, Usage)>| rows.into_iter().map(|(hour, _)| hour).collect::<Vec<_>>();
    assert_eq!(hours(read(&*ledger, "shop", 0, 1_000).await), [5, 9, 255, 256, 300]);
    assert_eq!(hours(read(&*ledger, "shop", 9, 300).await), [9, 255, 256]);
    for (from, to) in [(6, 9), (9, 9), (300, 5)] {
        let none = read(&*ledger, "shop", from, to).await;
        assert!(none.is_empty(), "from {from} to {to}: {none:?}");
    }
}

/// Guarantee 3: apps and hours are apart.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn rows_are_apart(fixture: &LedgerFixture) {
    let ledger = (fixture.open)();
    let all: Vec<_> =
        (0..1_000).map(|n| counted(&format!("app-{n}"), n % 3, n.into(), 1)).collect();
    record(&*ledger, &all).await;
    for n in [0, 1, 10, 100, 999] {
        let rows = read(&*ledger, &format!("app-{n}"), 0, 3).await;
        assert_eq!(rows, [(n % 3, usage(n.into(), 1))], "app-{n}");
    }
    assert_eq!(read(&*ledger, "app", 0, 3).await, []);
}

/// Guarantee 4: what was recorded is there at the next start, and goes on from there.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_start_goes_on(fixture: &LedgerFixture) {
    for start in 1..=3 {
        let ledger = (fixture.open)();
        record(&*ledger, &[counted("shop", 0, 2, start)]).await;
        let before = if fixture.outlives { start - 1 } else { 0 };
        assert_eq!(read(&*ledger, "shop", 0, 1).await, [(0, usage(2 * (before + 1), start))]);
    }
}
