//! What an app's backend reads of its streams, and how it empties them.

use std::sync::Arc;

use domain::{App, ChannelKey, ChannelName, ErrorCode, HistoryPolicy, Namespace, Offset, Position};

use super::Backend;
use crate::{
    History, HistoryPage, Keeper, Refusal,
    keepers::durability,
    ports::{HistoryError, Order, Page, Query},
};

impl Backend {
    /// One page of what a channel has kept, also what is hidden from a client: no larger than the
    /// app's `replay_messages` and `replay_bytes`.
    ///
    /// # Errors
    /// `not_enabled`, `epoch_changed`, `unavailable`.
    pub async fn history(&self, app: &Arc<App>, wish: History) -> Result<HistoryPage, Refusal> {
        let History { channel, epoch, after, before, limit, order } = wish;
        let most = app.limits.replay_messages.min(limit).max(1);
        let limit = usize::try_from(most).unwrap_or(usize::MAX);
        let bytes = u64::try_from(app.limits.replay_bytes).unwrap_or(u64::MAX);
        let page = self.page(app, &channel, &Query { after, before, order, limit, bytes }).await?;
        if epoch.is_some_and(|epoch| epoch != page.position.epoch) {
            return Err(Refusal::plain(ErrorCode::EpochChanged));
        }
        Ok(HistoryPage { channel, page })
    }

    /// Forgets what a channel has kept; its place stays, so that nobody misses what comes next.
    ///
    /// # Errors
    /// `not_enabled`, `unavailable`.
    pub async fn purge(&self, app: &Arc<App>, channel: &ChannelName) -> Result<Position, Refusal> {
        let (keeper, policy) = self.keeper(app.namespace(channel))?;
        let purged = keeper.history.purge(&key(app, channel), &policy).await;
        purged.map_err(|error| self.history_failed(app, &error))
    }

    /// The place of a channel's stream, where it has one. To ask begins none.
    pub(super) async fn position(
        &self,
        app: &Arc<App>,
        channel: &ChannelName,
    ) -> Result<Option<Position>, Refusal> {
        let namespace = app.namespace(channel);
        if namespace.kept().is_none() {
            return Ok(None);
        }
        let (keeper, policy) = self.keeper(namespace)?;
        let exists = keeper.history.exists(&key(app, channel)).await;
        if !exists.map_err(|error| self.history_failed(app, &error))? {
            return Ok(None);
        }
        // Behind the last one there is nothing: only the place is read.
        let after = Some(Offset(u64::MAX));
        let query = Query { after, before: None, order: Order::Ascending, limit: 1, bytes: 1 };
        let page = keeper.history.read(&key(app, channel), &policy, &query).await;
        Ok(Some(page.map_err(|error| self.history_failed(app, &error))?.position))
    }

    /// To ask begins no stream: whoever may only read could use up those of the app.
    async fn page(
        &self,
        app: &Arc<App>,
        channel: &ChannelName,
        query: &Query,
    ) -> Result<Page, Refusal> {
        let (keeper, policy) = self.keeper(app.namespace(channel))?;
        let (key, failed) = (key(app, channel), |error| self.history_failed(app, &error));
        if !keeper.history.exists(&key).await.map_err(failed)? {
            return Ok(Page::of_no_stream(self.hub.ids.epoch()));
        }
        let page = keeper.history.read(&key, &policy, query).await;
        page.map_err(|error| self.history_failed(app, &error))
    }

    fn keeper(&self, namespace: &Namespace) -> Result<(Keeper, HistoryPolicy), Refusal> {
        let policy = namespace.kept();
        let policy = policy.ok_or_else(|| {
            Refusal::because(ErrorCode::NotEnabled, "this channel has no history")
        })?;
        Ok((self.hub.keepers.of(durability(namespace)).clone(), policy))
    }

    fn history_failed(&self, app: &App, error: &HistoryError) -> Refusal {
        match error {
            HistoryError::Unavailable(_) => self.failed(&app.id, "history", error),
        }
    }
}

fn key(app: &App, channel: &ChannelName) -> ChannelKey {
    ChannelKey { app: app.id.clone(), channel: channel.clone() }
}
