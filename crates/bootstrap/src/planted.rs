//! Bugs that `rtmate verify` has to find, in the server as it is wired. Never in the product: the
//! feature `planted` is for the crate of that name, and without [`plant`] nothing is changed.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use adapters_store::{Early, Planted};
use application::{
    Fanout, Keeper,
    ports::{HistoryError, HistoryStore, Page, Query},
};
use async_trait::async_trait;
use domain::{AppId, ChannelKey, HistoryPolicy, Position};

/// What the server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Nothing. The disk is as slow as with the others.
    None,
    /// Acknowledges a send before its group reaches the store.
    AcknowledgesEarly,
    /// Lets messages pass those who are just subscribing.
    SkipsTheGate,
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
