//! All figures on one page.

use std::time::Duration;

use domain::AppId;

use crate::{
    apps::Figures,
    family::{self, Family},
    metrics::Metrics,
    page::Page,
    process::Process,
};

/// What is not counted but looked at when a page is made.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    /// The version that runs.
    pub version: &'static str,
    /// Connections that are open or saying goodbye.
    pub connections: usize,
    /// Connections that may be open.
    pub connections_limit: u32,
    /// Channels with subscribers.
    pub channels: usize,
    /// Channels whose members somebody watches.
    pub watched: usize,
    /// Members of channels.
    pub members: usize,
    /// Bytes that wait to be sent.
    pub queue_bytes: usize,
    /// How many may be.
    pub queue_bytes_limit: usize,
    /// Whether the server shuts down.
    pub draining: bool,
    /// Whether the store takes writes.
    pub writable: bool,
    /// Of each app with webhooks: how long the oldest event has waited that one has not taken.
    pub webhook_lags: Vec<(AppId, Duration)>,
}

impl Metrics {
    /// The page, in Prometheus' text format ([`Self::FORMAT`]). Labels are names of apps (the first
    /// 1,000) and words of fixed lists, so that it has at most some 53,000 lines.
    #[must_use]
    pub fn page(&self, levels: &Levels) -> String {
        let mut page = Page::new();
        self.connections(&mut page, levels);
        self.requests(&mut page);
        self.messages(&mut page);
        self.store(&mut page, levels);
        self.webhooks(&mut page, levels);
        process(&mut page, &Process::now());
        page.finish()
    }

    /// The media type of a page.
    pub const FORMAT: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    fn connections(&self, page: &mut Page, levels: &Levels) {
        page.family(&family::BUILD).value(&[levels.version], 1);
        page.value(&family::CONNECTIONS, wide(levels.connections));
        page.value(&family::CONNECTIONS_LIMIT, levels.connections_limit.into());
        self.by_app(page, &family::AUTHENTICATED, |figures| figures.connections.get());
        page.value(&family::OPENED, self.opened.get());
        let mut closes = page.family(&family::CLOSES);
        self.closes().for_each(|(reason, count)| closes.value(&[reason.name()], count));
        self.by_app(page, &family::SUBSCRIPTIONS, |figures| figures.subscriptions.get());
        page.value(&family::CHANNELS, wide(levels.channels));
        page.value(&family::WATCHED, wide(levels.watched));
        page.value(&family::MEMBERS, wide(levels.members));
        page.value(&family::QUEUE, wide(levels.queue_bytes));
        page.value(&family::QUEUE_LIMIT, wide(levels.queue_bytes_limit));
        page.value(&family::DRAINING, levels.draining.into());
    }

    fn requests(&self, page: &mut Page) {
        let mut auth = page.family(&family::AUTH);
        auth.value(&["accepted"], self.accepted.get());
        self.auth_refused().for_each(|(code, count)| auth.value(&[code.reason()], count));
        let mut refusals = page.family(&family::REFUSALS);
        for (app, figures) in self.apps.all() {
            figures.refusals().for_each(|(code, n)| refusals.value(&[app, code.reason()], n));
        }
        for (family, reached) in [(&family::LIMIT_REFUSALS, true), (&family::LIMIT_WARNINGS, false)]
        {
            let mut samples = page.family(family);
            for (app, figures) in self.apps.all() {
                figures.limits(reached).for_each(|(it, n)| samples.value(&[app, it.name()], n));
            }
        }
        page.value(&family::FAULTS, self.faults.get());
        let mut commands = page.family(&family::COMMANDS);
        self.commands().for_each(|(kind, times)| commands.histogram(&[kind.name()], times));
    }

    fn messages(&self, page: &mut Page) {
        self.by_app(page, &family::PUBLISHED, |figures| figures.published.get());
        self.by_app(page, &family::PUBLISHED_BYTES, |figures| figures.published_bytes.get());
        self.by_app(page, &family::DELIVERED, |figures| figures.delivered.get());
        self.by_app(page, &family::DELIVERED_BYTES, |figures| figures.delivered_bytes.get());
        page.family(&family::DELIVERY).histogram(&[], &self.delivery);
        page.value(&family::RECEIVED_BYTES, self.received_bytes.get());
        page.value(&family::REPLY_BYTES, self.reply_bytes.get());
        let mut recoveries = page.family(&family::RECOVERIES);
        for (app, figures) in self.named() {
            recoveries.value(&[app, "recovered"], figures.recovered.get());
            recoveries.value(&[app, "lost"], figures.not_recovered.get());
        }
    }

    fn store(&self, page: &mut Page, levels: &Levels) {
        page.family(&family::COMMITS).histogram(&[], &self.commits);
        page.family(&family::GROUPS).histogram(&[], &self.groups);
        page.value(&family::STORE_FAULTS, self.store_faults.get());
        page.value(&family::WRITABLE, levels.writable.into());
    }

    fn webhooks(&self, page: &mut Page, levels: &Levels) {
        let mut requests = page.family(&family::WEBHOOKS);
        for (app, Figures { webhooks: counts, .. }) in self.named() {
            let results = [
                ("taken", &counts.taken),
                ("failed", &counts.failed),
                ("dead", &counts.dead),
                ("lost", &counts.lost),
            ];
            for (result, count) in results.into_iter().filter(|(_, count)| count.get() > 0) {
                requests.value(&[app, result], count.get());
            }
        }
        let some = |page: &mut Page, family, figure: fn(&Figures) -> u64| {
            let mut samples = page.family(family);
            let counts = self.named().map(|(app, figures)| (app, figure(figures)));
            counts.filter(|(_, n)| *n > 0).for_each(|(app, n)| samples.value(&[app], n));
        };
        some(page, &family::WEBHOOK_EVENTS, |figures| figures.webhooks.events.get());
        some(page, &family::WEBHOOK_GAPS, |figures| figures.webhooks.gaps.get());
        let mut lags = page.family(&family::WEBHOOK_LAG);
        for (app, lag) in levels.webhook_lags.iter().take(1_000) {
            lags.millis(&[app.as_str()], u64::try_from(lag.as_millis()).unwrap_or(u64::MAX));
        }
        page.family(&family::WEBHOOK_SECONDS).histogram(&[], &self.webhooks);
    }

    fn by_app(&self, page: &mut Page, family: &'static Family, figure: fn(&Figures) -> u64) {
        let mut samples = page.family(family);
        self.named().for_each(|(app, figures)| samples.value(&[app], figure(figures)));
    }

    /// All but nobody's.
    fn named(&self) -> impl Iterator<Item = (&str, &Figures)> {
        self.apps.all().into_iter().skip(1)
    }
}

fn process(page: &mut Page, process: &Process) {
    let Process { resident_bytes, cpu_ms, open_files_limit } = process;
    let mut resident = page.family(&family::RESIDENT);
    resident_bytes.iter().for_each(|bytes| resident.value(&[], *bytes));
    let mut cpu = page.family(&family::CPU);
    cpu_ms.iter().for_each(|ms| cpu.millis(&[], *ms));
    let mut files = page.family(&family::OPEN_FILES);
    open_files_limit.iter().for_each(|limit| files.value(&[], *limit));
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::FAMILIES;
    use domain::Timestamp;

    #[test]
    fn a_page_has_every_family_once_and_in_order() {
        let metrics = Metrics::new(|| Timestamp::from_secs(0));
        let text = metrics.page(&Levels::default());
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let wanted: Vec<String> =
            FAMILIES.iter().map(|known| format!("{} {}", known.name, known.kind.name())).collect();
        assert_eq!(types.collect::<Vec<_>>(), wanted);
    }
}
