//! Counts what apps use.

use std::sync::Arc;

use domain::{AppId, Durability, Hour, Metric, MonthlyQuotas, Timestamp, Usage};

use super::{Judgement, cells::Cells, table::Table};
use crate::ports::{Clock, Counted, DomainEvent, EventSink, Meter, Reading, Tick, WebhookNews};

/// Counts for each app what readings tell, until [`Checkpoints`](super::Checkpoints) takes it.
///
/// A look-up of the app and some relaxed additions for each reading; no lock, and no memory but for
/// an app that is new.
pub struct UsageCounter {
    table: Table,
    clock: Arc<dyn Clock>,
    /// Whether the ledger counts the messages of durable namespaces with its log.
    by_log: bool,
}

impl UsageCounter {
    /// Counts nothing yet. `by_log`: messages that the durable broker takes are counted by the
    /// ledger itself, in the same step that keeps them.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, by_log: bool) -> Self {
        Self { table: Table::new(), clock, by_log }
    }

    /// Members that are there when the process begins, as those of the start before are until they
    /// leave: they will be told as ends.
    pub fn members_of_before<'a>(&self, apps: impl IntoIterator<Item = &'a AppId>) {
        apps.into_iter().for_each(|app| self.note(&Reading::Member { app, present: true }));
    }

    /// Whether the app's quotas let one more message through.
    pub(crate) fn judge(&self, app: &AppId, quotas: &MonthlyQuotas) -> Option<Judgement> {
        Some(self.table.of(app)?.month.judge(quotas))
    }

    /// Another month begins.
    pub(super) fn begin_month(&self) {
        self.table.all().for_each(|(_, cells)| cells.month.begin());
    }

    /// Apps whose quotas were asked for, and of which nobody said what they used before.
    pub(super) fn unknown(&self) -> Vec<AppId> {
        let unknown = self.table.all().filter(|(_, cells)| cells.month.is_wanted());
        unknown.map(|(app, _)| app.clone()).collect()
    }

    /// What the ledger has of an app's present month.
    pub(super) fn went_before(&self, app: &AppId, usage: &Usage) {
        self.of(app, |cells| cells.month.went_before(usage));
    }

    fn of(&self, app: &AppId, count: impl FnOnce(&Cells)) {
        if let Some(cells) = self.table.of(app) {
            count(cells);
        }
    }

    /// What each app used since the last call, where it used anything, as of this hour. One caller
    /// at a time.
    pub(super) fn take(&self, hour: Hour) -> Vec<Counted> {
        let now = self.clock.moment();
        let counted = self.table.all().map(|(app, cells)| (app, cells.take(now)));
        let used = counted.filter(|(_, usage)| !usage.is_nothing());
        used.map(|(app, usage)| Counted { app: app.clone(), hour, usage }).collect()
    }
}

/// Webhooks are told as events, not as readings: they are rare.
impl EventSink for UsageCounter {
    fn record(&self, event: &DomainEvent<'_>) {
        if let DomainEvent::Webhook { app, news: WebhookNews::Sent { .. }, .. } = event {
            self.of(app, |cells| cells.add(Metric::WebhookDeliveries, 1));
        }
    }
}

impl Meter for UsageCounter {
    fn tick(&self) -> Tick {
        Tick::default()
    }

    fn tick_of(&self, _: Timestamp) -> Tick {
        Tick::default()
    }

    fn note(&self, reading: &Reading<'_>) {
        match *reading {
            Reading::Received { app: Some(app), bytes } => {
                self.of(app, |cells| cells.add(Metric::BytesIn, wide(bytes)));
            }
            Reading::Answered { app: Some(app), bytes, messages, .. } => self.of(app, |cells| {
                cells.add(Metric::BytesOut, wide(bytes));
                if messages > 0 {
                    cells.add(Metric::Deliveries, wide(messages));
                }
            }),
            Reading::Published { app, broker: Durability::Durable, .. } if self.by_log => {
                self.of(app, |cells| cells.month.add(Metric::Messages, 1));
            }
            Reading::Published { app, bytes, kept, broker: _ } => self.of(app, |cells| {
                cells.add(Metric::Messages, 1);
                if kept {
                    cells.add(Metric::HistoryBytes, wide(bytes));
                }
            }),
            Reading::Delivered { app, messages, bytes } => self.of(app, |cells| {
                cells.add(Metric::Deliveries, wide(messages));
                cells.add(Metric::BytesOut, wide(bytes));
            }),
            Reading::Recovered { app, whole: true } => {
                self.of(app, |cells| cells.add(Metric::Recoveries, 1));
            }
            Reading::Connection { app, present } => {
                self.of(app, |cells| cells.connections.change(present, self.clock.moment()));
            }
            Reading::Channel { app, present } => {
                self.of(app, |cells| cells.channels.change(present, self.clock.moment()));
            }
            Reading::Member { app, present } => {
                self.of(app, |cells| cells.members.change(present, self.clock.moment()));
            }
            Reading::Received { app: None, .. }
            | Reading::Answered { app: None, .. }
            | Reading::Refused { .. }
            | Reading::Limited { .. }
            | Reading::Flushed { .. }
            | Reading::Recovered { whole: false, .. } => {}
        }
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
