//! What apps use: the ledger has what clients count themselves.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use application::{
    Checkpoints, UsageCounter,
    ports::{Counted, EventLog, LedgerError, Meter, Reading, RecordError, UsageLedger},
};
use async_trait::async_trait;
use domain::{AppId, Durability, Fact, Hour, Metric, MonthlyQuotas, Sequence, Usage};
use serde_json::{Value, json};
use testkit::{Actor, ManualClock, RecordingEvents, Scenery, Stage};

/// A ledger in memory that can be told to refuse.
#[derive(Default)]
struct Ledger {
    kept: Mutex<BTreeMap<(AppId, Hour), Usage>>,
    refusal: Mutex<Option<fn() -> RecordError>>,
}

impl Ledger {
    fn refuses(&self, refusal: Option<fn() -> RecordError>) {
        *self.refusal.lock().unwrap() = refusal;
    }

    async fn rows(&self, app: &str) -> Vec<(String, Usage)> {
        let (first, last) = (Hour::from_number(0), Hour::from_number(u32::MAX));
        let rows = self.read(&app_id(app), first, last).await.unwrap();
        rows.into_iter().map(|(hour, usage)| (hour.to_string(), usage)).collect()
    }

    async fn total(&self, app: &str) -> Usage {
        let mut total = Usage::default();
        self.rows(app).await.iter().for_each(|(_, usage)| total.add(usage));
        total
    }
}

#[async_trait]
impl UsageLedger for Ledger {
    async fn record(&self, counted: Arc<[Counted]>) -> Result<(), RecordError> {
        let refusal = *self.refusal.lock().unwrap();
        if let Some(refusal) = refusal {
            return Err(refusal());
        }
        let mut kept = self.kept.lock().unwrap();
        for Counted { app, hour, usage } in counted.iter() {
            kept.entry((app.clone(), *hour)).or_default().add(usage);
        }
        Ok(())
    }

    async fn read(
        &self,
        app: &AppId,
        from: Hour,
        to: Hour,
    ) -> Result<Vec<(Hour, Usage)>, LedgerError> {
        let kept = self.kept.lock().unwrap();
        let rows = kept.range((app.clone(), from)..(app.clone(), to));
        Ok(rows.map(|((_, hour), usage)| (*hour, *usage)).collect())
    }
}

fn app_id(name: &str) -> AppId {
    AppId::parse(name).unwrap()
}

/// A counter by itself, at this time.
struct Desk {
    counter: Arc<UsageCounter>,
    ledger: Arc<Ledger>,
    checkpoints: Checkpoints,
    events: Arc<RecordingEvents>,
    clock: Arc<ManualClock>,
}

impl Desk {
    fn at(time: &str) -> Self {
        let clock = Arc::new(ManualClock::new(Hour::parse(time).unwrap().begins()));
        Self::of(Arc::new(UsageCounter::new(Arc::clone(&clock) as _, false)), clock)
    }

    fn of(counter: Arc<UsageCounter>, clock: Arc<ManualClock>) -> Self {
        let (ledger, events) = (Arc::new(Ledger::default()), Arc::new(RecordingEvents::default()));
        let checkpoints = Checkpoints::new(
            Arc::clone(&counter),
            Arc::clone(&ledger) as _,
            Arc::clone(&events) as _,
            Arc::clone(&clock) as _,
        );
        Self { counter, ledger, checkpoints, events, clock }
    }

    /// A stage whose meter this is.
    fn with_stage(scenery: Scenery<'_>) -> (Self, Stage) {
        let stage = Stage::with(scenery);
        let desk = Self::of(Arc::clone(&stage.usage), Arc::clone(&stage.clock));
        (desk, stage)
    }

    fn publishes(&self, app: &str, messages: u64) {
        let (app, broker) = (&app_id(app), Durability::Memory);
        for _ in 0..messages {
            self.counter.note(&Reading::Published { app, bytes: 10, broker, kept: false });
        }
    }

    fn connects(&self, app: &str, present: bool) {
        self.counter.note(&Reading::Connection { app: &app_id(app), present });
    }

    async fn passes(&self, secs: u64) {
        for _ in 0..secs {
            self.clock.advance(Duration::from_secs(1));
            self.checkpoints.checkpoint().await;
        }
    }
}

/// What a client of a stage has counted of its frames.
#[derive(Default)]
struct Seen {
    messages: u64,
    bytes: u64,
}

impl Seen {
    /// Messages, pushed or in a reply; bytes of messages and replies.
    fn look(&mut self, actor: &mut Actor) {
        for frame in actor.reads() {
            let given = frame["data"]["messages"].as_array().map_or(0, Vec::len);
            let pushed = frame["event"] == "message";
            if pushed || frame.get("code").is_some() {
                self.messages += given as u64 + u64::from(pushed);
                // As it came: keys in their order, and the line's end.
                self.bytes += frame.to_string().len() as u64 + 1;
            }
        }
    }
}

#[tokio::test]
async fn the_ledger_has_what_clients_count() {
    let (desk, stage) = Desk::with_stage(Scenery::default().with_presence());
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    desk.checkpoints.checkpoint().await;
    let before = desk.ledger.total("shop").await;
    let (mut sent, mut seen) = (0, Seen::default());
    alice.subscribes("chat:a").await;
    bob.subscribes("chat:a").await;
    for n in 0..5 {
        let frame = json!({ "event": "messageSend", "payload": { "channel": "chat:a", "data": n, "echo": n % 2 == 0 } });
        let text = frame.to_string();
        sent += text.len() as u64;
        alice.sends_text(&text).await;
    }
    seen.look(&mut alice);
    seen.look(&mut bob);
    alice.unsubscribes("chat:a").await;
    seen.look(&mut alice);
    desk.checkpoints.checkpoint().await;
    let usage = desk.ledger.total("shop").await;
    let used = |metric| usage.get(metric) - before.get(metric);
    assert_eq!(used(Metric::Messages), 5);
    assert_eq!(seen.messages, 5 + 3, "alice does not see what she sent without echo");
    assert_eq!(used(Metric::Deliveries), seen.messages);
    assert_eq!(used(Metric::BytesOut), seen.bytes);
    let frames = [
        json!({ "event": "subscribe", "payload": { "channel": "chat:a" }, "id": "chat:a" }),
        json!({ "event": "subscribe", "payload": { "channel": "chat:a" }, "id": "chat:a" }),
        json!({ "event": "unsubscribe", "payload": { "channel": "chat:a" }, "id": "chat:a" }),
    ];
    let asked: usize = frames.iter().map(|frame| frame.to_string().len()).sum();
    assert_eq!(used(Metric::BytesIn), sent + asked as u64);
    assert_eq!((usage.get(Metric::PeakConnections), usage.get(Metric::PeakChannels)), (2, 1));
    assert!(desk.ledger.rows("bazaar").await.is_empty());
}

#[tokio::test]
async fn what_a_closed_connection_is_not_given_does_not_count() {
    let (desk, stage) = Desk::with_stage(Scenery::default());
    let (mut alice, mut bob) = (stage.enter("alice").await, stage.enter("bob").await);
    alice.subscribes("chat:a").await;
    bob.subscribes("chat:a").await;
    bob.session().violate(domain::CloseReason::TokenRevoked);
    alice.says("chat:a", json!(1)).await;
    desk.checkpoints.checkpoint().await;
    assert_eq!(desk.ledger.total("shop").await.get(Metric::Deliveries), 1);
}

#[tokio::test]
async fn connections_and_members_are_counted_for_as_long_as_they_are_there() {
    let (desk, stage) = Desk::with_stage(Scenery::default().with_presence());
    let (mut alice, bob) = (stage.enter("alice").await, stage.enter("bob").await);
    let entered = json!({ "channel": "chat:a", "presence": true });
    alice.asks("subscribe", entered).await;
    stage.passes(Duration::from_secs(20));
    bob.leaves().await;
    stage.passes(Duration::from_secs(10));
    desk.checkpoints.checkpoint().await;
    let usage = desk.ledger.total("shop").await;
    assert_eq!(usage.get(Metric::ConnectionMs), 30_000 + 20_000);
    assert_eq!(usage.get(Metric::PresenceMs), 30_000);
    // A second token of the same client is no second connection.
    let token = stage.token("alice");
    alice.auth("shop", &token).await;
    stage.passes(Duration::from_secs(1));
    desk.checkpoints.checkpoint().await;
    assert_eq!(desk.ledger.total("shop").await.get(Metric::ConnectionMs), 51_000);
    alice.leaves().await;
    stage.passes(Duration::from_secs(60));
    desk.checkpoints.checkpoint().await;
    let end = desk.ledger.total("shop").await;
    assert_eq!(end.get(Metric::ConnectionMs), 51_000, "nobody is there");
    let rows = desk.ledger.rows("shop").await;
    stage.passes(Duration::from_secs(60));
    desk.checkpoints.checkpoint().await;
    assert_eq!(desk.ledger.rows("shop").await, rows, "where nothing changes nothing is written");
}

#[tokio::test]
async fn an_hour_and_a_month_have_what_happened_in_them() {
    let desk = Desk::at("2026-11-30T23:00:00Z");
    desk.connects("shop", true);
    desk.passes(3_599).await;
    desk.publishes("shop", 3);
    desk.passes(1).await;
    desk.publishes("shop", 4);
    desk.passes(1).await;
    let rows = desk.ledger.rows("shop").await;
    let [(first, before), (second, after)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((&**first, &**second), ("2026-11-30T23:00:00Z", "2026-12-01T00:00:00Z"));
    let numbers = |usage: &Usage| (usage.get(Metric::Messages), usage.get(Metric::ConnectionMs));
    assert_eq!((numbers(before), numbers(after)), ((3, 3_600_000), (4, 1_000)));
}

#[tokio::test]
async fn a_clock_that_goes_back_counts_nothing_twice() {
    let desk = Desk::at("2026-11-23T10:00:00Z");
    desk.connects("shop", true);
    desk.publishes("shop", 2);
    desk.passes(1).await;
    let back = Hour::parse("2026-11-23T07:00:00Z").unwrap().begins();
    for (to, messages) in [(back, 5), (back.after(Duration::from_secs(86_400)), 7)] {
        desk.publishes("shop", messages);
        desk.clock.set_now(to);
        desk.passes(1).await;
    }
    desk.passes(1).await;
    let total = desk.ledger.total("shop").await;
    assert_eq!((total.get(Metric::Messages), total.get(Metric::ConnectionMs)), (14, 4_000));
}

#[tokio::test]
async fn what_is_refused_is_handed_in_again_and_what_is_in_doubt_is_not() {
    let desk = Desk::at("2026-11-23T10:00:00Z");
    desk.ledger.refuses(Some(|| RecordError::NotRecorded("full".into())));
    for _ in 0..3 {
        desk.publishes("shop", 2);
        desk.passes(1).await;
    }
    assert_eq!(desk.events.take(), ["usage not recorded: usage is not recorded: full"], "once");
    desk.ledger.refuses(None);
    desk.passes(1).await;
    assert_eq!(desk.ledger.total("shop").await.get(Metric::Messages), 6);
    desk.publishes("shop", 100);
    desk.ledger.refuses(Some(|| RecordError::Unknown("gone".into())));
    desk.passes(1).await;
    desk.ledger.refuses(None);
    desk.passes(1).await;
    let messages = desk.ledger.total("shop").await.get(Metric::Messages);
    assert_eq!(messages, 6, "rather too few than twice");
}

#[tokio::test]
async fn an_hour_that_is_closed_stays_as_it_is() {
    let desk = Desk::at("2026-11-23T10:00:00Z");
    desk.ledger.refuses(Some(|| RecordError::NotRecorded("full".into())));
    desk.publishes("shop", 2);
    desk.passes(3_600 + 59).await;
    desk.publishes("bazaar", 1);
    desk.passes(1).await;
    desk.ledger.refuses(None);
    desk.passes(1).await;
    let rows = desk.ledger.rows("shop").await;
    assert_eq!((&*rows[0].0, rows[0].1.get(Metric::Messages)), ("2026-11-23T11:00:00Z", 2));
}

#[tokio::test]
async fn each_of_two_thousand_apps_has_its_own_numbers() {
    let desk = Desk::at("2026-11-23T10:00:00Z");
    for n in 0..2_000 {
        desk.publishes(&format!("app-{n}"), n % 7 + 1);
    }
    desk.passes(1).await;
    for n in 0..2_000 {
        let total = desk.ledger.total(&format!("app-{n}")).await;
        assert_eq!(total.get(Metric::Messages), n % 7 + 1, "app-{n}");
    }
}

#[tokio::test]
async fn a_ledger_that_stays_closed_costs_a_bounded_number_of_rows() {
    let desk = Desk::at("2026-11-23T10:00:00Z");
    desk.ledger.refuses(Some(|| RecordError::NotRecorded("full".into())));
    let apps = u64::try_from(Checkpoints::MOST_WAITING).unwrap() + 10;
    (0..apps).for_each(|n| desk.publishes(&format!("app-{n}"), 1));
    desk.passes(1).await;
    // It waits in the counters.
    (0..apps).for_each(|n| desk.publishes(&format!("app-{n}"), 1));
    desk.passes(1).await;
    desk.ledger.refuses(None);
    desk.passes(2).await;
    for n in [0, 1_000, apps - 1] {
        let total = desk.ledger.total(&format!("app-{n}")).await;
        assert_eq!(total.get(Metric::Messages), 2, "app-{n}");
    }
}

/// The reply to one more message.
async fn refused(actor: &mut Actor) -> Value {
    actor.asks_as("m", "messageSend", json!({ "channel": "chat:a", "data": 1 })).await;
    actor.reads().remove(0)
}

/// A month in which `shop` may send ten messages; it keeps its events.
fn ten_messages() -> Scenery<'static> {
    Scenery::default().with_shop(|app| {
        app.limits.monthly = MonthlyQuotas { messages: Some(10), ..MonthlyQuotas::default() };
        app.events.keep = true;
    })
}

#[tokio::test]
async fn a_month_that_is_used_up_refuses_until_the_next_one() {
    let (desk, stage) = Desk::with_stage(ten_messages());
    let last = Hour::parse("2026-11-30T22:00:00Z").unwrap().begins();
    stage.clock.set_now(last);
    desk.checkpoints.checkpoint().await;
    let mut alice = stage.enter("alice").await;
    stage.events.take();
    for n in 0..10 {
        alice.says("chat:a", json!(n)).await;
        assert_eq!(alice.hears(), ["200"], "message {n}");
    }
    let told = stage.events.take();
    assert_eq!(told, ["limit near shop monthly_messages +0"], "once");
    for _ in 0..3 {
        let refused = refused(&mut alice).await;
        assert_eq!((&refused["code"], &refused["reason"]), (&json!(429), &json!("quota_exceeded")));
        assert_eq!(refused["retry_after_ms"], 3_600_000, "an hour at most");
    }
    let told = stage.events.take();
    let reached = |told: &[String]| told.iter().filter(|it| it.contains("monthly")).count();
    assert_eq!(reached(&told), 1, "once a month: {told:?}");
    let shop = AppId::parse("shop").unwrap();
    let kept = stage.chronicle.read(&shop, Sequence(0), 1000, usize::MAX).await.unwrap();
    let quota = Fact::QuotaReached { quota: "monthly_messages".into(), limit: 10 };
    let told = kept.events.iter().filter(|event| event.fact == quota).count();
    assert_eq!(told, 1, "the app's backend is told, once");
    // Others have months of their own.
    let mut other = stage.connect();
    other.auth("bazaar", &stage.token("carol")).await;
    other.hears();
    other.says("chat:a", json!(1)).await;
    assert_eq!(other.hears(), ["200"]);
    stage.passes(Duration::from_secs(3600 + 1800));
    desk.checkpoints.checkpoint().await;
    alice = stage.enter("alice").await;
    let refused = refused(&mut alice).await;
    assert_eq!(refused["retry_after_ms"], 1_800_000, "until the month is over");
    stage.passes(Duration::from_secs(1800));
    desk.checkpoints.checkpoint().await;
    alice = stage.enter("alice").await;
    alice.says("chat:a", json!(1)).await;
    assert_eq!(alice.hears(), ["200"], "another month");
}

#[tokio::test]
async fn a_month_goes_on_where_an_earlier_process_left_it() {
    let (desk, stage) = Desk::with_stage(ten_messages());
    let mut usage = Usage::default();
    usage.count(Metric::Messages, 9);
    let hour = Hour::of(Stage::BEGIN);
    desk.ledger.record([Counted { app: app_id("shop"), hour, usage }].into()).await.unwrap();
    desk.checkpoints.know(&app_id("shop")).await;
    let mut alice = stage.enter("alice").await;
    alice.says("chat:a", json!(1)).await;
    alice.says("chat:a", json!(2)).await;
    assert_eq!(alice.hears(), ["200", "429 超出配额（monthly_messages）"]);
}
