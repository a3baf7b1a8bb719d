//! Bugs that `rtmate verify` has to find, in the server as it is wired. Never in the product: the
//! feature `planted` is for the crate of that name, and without [`plant`] nothing is changed.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use adapters_store::{Early, Planted};
use application::{
    Fanout, Keeper,
    ports::{
        Counted, HistoryError, HistoryStore, LedgerError, Outgoing, Page, Parcel, PostError, Query,
        RecordError, UsageLedger, WebhookPost,
    },
};
use async_trait::async_trait;
use domain::{
    App, AppId, ChannelKey, HistoryPolicy, Hour, Position, Usage, Webhook, WebhookFormat,
};

/// What the server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Nothing. The disk is as slow as with the others.
    None,
    /// Acknowledges a send before its group reaches the store.
    AcknowledgesEarly,
    /// Lets messages pass those who are just subscribing.
    SkipsTheGate,
    /// Says that a receiver took a request as soon as it is sent.
    TellsEarly,
    /// Charges what was used twice.
    ChargesTwice,
}

/// How long a group or a page takes longer than it would: the moments between two steps come often
/// enough to be hit in seconds.
const PAUSE: Duration = Duration::from_millis(20);

static BUG: OnceLock<Bug> = OnceLock::new();

/// From now on the servers of this process have the bug, and slow disks. The first call counts.
pub fn plant(bug: Bug) {
    BUG.get_or_init(|| bug);
}

pub(crate) fn fanout(fanout: Fanout) -> Fanout {
    if BUG.get() == Some(&Bug::SkipsTheGate) { fanout.without_gates() } else { fanout }
}

pub(crate) fn committer() -> Planted {
    let early = (BUG.get() == Some(&Bug::AcknowledgesEarly)).then_some(Early::BeforeWrite);
    Planted { early, pause: BUG.get().map_or(Duration::ZERO, |_| PAUSE), failing: false }
}

pub(crate) fn keeper(keeper: Keeper) -> Keeper {
    if BUG.get().is_none() {
        return keeper;
    }
    Keeper { history: Arc::new(Slow(keeper.history)), ..keeper }
}

pub(crate) fn post(post: Arc<dyn WebhookPost>) -> Arc<dyn WebhookPost> {
    if BUG.get() == Some(&Bug::TellsEarly) { Arc::new(Hasty(post)) } else { post }
}

pub(crate) fn ledger(ledger: Arc<dyn UsageLedger>) -> Arc<dyn UsageLedger> {
    if BUG.get() == Some(&Bug::ChargesTwice) { Arc::new(Greedy(ledger)) } else { ledger }
}

/// Does not wait for an answer.
struct Hasty(Arc<dyn WebhookPost>);

#[async_trait]
impl WebhookPost for Hasty {
    fn body(&self, format: WebhookFormat, parcel: &Parcel<'_>) -> Arc<str> {
        self.0.body(format, parcel)
    }

    async fn post(
        &self,
        app: &App,
        webhook: &Webhook,
        request: &Outgoing,
    ) -> Result<(), PostError> {
        let post = Arc::clone(&self.0);
        let (app, webhook, request) = (app.clone(), webhook.clone(), request.clone());
        tokio::spawn(async move { post.post(&app, &webhook, &request).await });
        Ok(())
    }
}

/// Writes everything down twice.
struct Greedy(Arc<dyn UsageLedger>);

#[async_trait]
impl UsageLedger for Greedy {
    async fn record(&self, counted: Arc<[Counted]>) -> Result<(), RecordError> {
        self.0.record(Arc::clone(&counted)).await?;
        self.0.record(counted).await
    }

    async fn read(
        &self,
        app: &AppId,
        from: Hour,
        to: Hour,
    ) -> Result<Vec<(Hour, Usage)>, LedgerError> {
        self.0.read(app, from, to).await
    }
}

/// Pages that take their time.
struct Slow(Arc<dyn HistoryStore>);

#[async_trait]
impl HistoryStore for Slow {
    async fn read(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
        query: &Query,
    ) -> Result<Page, HistoryError> {
        let page = self.0.read(channel, policy, query).await;
        tokio::time::sleep(PAUSE).await;
        page
    }

    async fn exists(&self, channel: &ChannelKey) -> Result<bool, HistoryError> {
        self.0.exists(channel).await
    }

    async fn purge(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
    ) -> Result<Position, HistoryError> {
        self.0.purge(channel, policy).await
    }

    fn kept_bytes(&self, app: &AppId) -> u64 {
        self.0.kept_bytes(app)
    }
}
