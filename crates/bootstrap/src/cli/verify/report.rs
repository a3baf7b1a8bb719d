//! What a trial did and saw.

use std::fmt::Write;

use client::Counters;
use tokio::time::Instant;

use super::{
    finding::Finding,
    hooks::record::HookRecords,
    plan::Plan,
    record::{Outcome, Promise, Records, Seen},
    trial::add,
};

/// So many findings are printed.
const PRINTED: usize = 50;

/// What a trial did and saw.
pub(super) struct Report {
    heading: String,
    pub(super) records: Records,
    pub(super) kills: Vec<Instant>,
    pub(super) breaks: u64,
    /// Clients that came and went.
    pub(super) visits: u64,
    counters: Counters,
}

impl Report {
    pub(super) fn new(plan: &Plan, url: &str) -> Self {
        let history = match plan.promise {
            Promise::None => "no history",
            Promise::Memory => "history in memory",
            Promise::Durable => "durable history",
        };
        let heading = format!(
            "{url}, {history}: {} publishers, {} readers, {} channels, {} s",
            plan.publishers,
            plan.subscribers,
            plan.channels.len(),
            plan.time.as_secs(),
        );
        let records = Records {
            promise: plan.promise,
            sends: Vec::new(),
            logs: Vec::new(),
            kept: Vec::new(),
            rewinds: Vec::new(),
            attended: Vec::new(),
            hooks: None,
        };
        Self {
            heading,
            records,
            kills: Vec::new(),
            breaks: 0,
            visits: 0,
            counters: Counters::default(),
        }
    }

    pub(super) fn count(&mut self, counters: Counters) {
        add(&mut self.counters, counters);
    }

    /// For people.
    pub(super) fn text(&self, findings: &[Finding]) -> String {
        let mut text = String::new();
        // Writing to a string can't fail.
        let mut line = |words: String| {
            let _ = writeln!(text, "{words}");
        };
        line(self.heading.clone());
        line(format!(
            "disorder: {} kills of the server, {} broken connections",
            self.kills.len(),
            self.breaks
        ));
        let Counters { connections, refreshes, resends, repeats, recovered, not_recovered } =
            self.counters;
        line(format!(
            "clients: {connections} connections, {refreshes} tokens refreshed, {resends} sends repeated"
        ));
        line(format!(
            "returns: {recovered} recovered, {not_recovered} not; {repeats} repeats dropped"
        ));
        line(self.sends());
        line(self.reads());
        if !self.records.attended.is_empty() {
            let (visits, lists) = (self.visits, self.records.attended.len());
            line(format!("members: {visits} came and went; {lists} lists at the end"));
        }
        self.records.hooks.iter().for_each(|hooks| line(webhooks(hooks)));
        for finding in findings.iter().take(PRINTED) {
            line(format!("FOUND {finding}"));
        }
        match findings.len() {
            0 => line("every promise was kept".to_owned()),
            count => line(format!("{count} findings")),
        }
        text
    }

    fn sends(&self) -> String {
        let count = |what: fn(&Outcome) -> bool| {
            self.records.sends.iter().filter(|sent| what(&sent.outcome)).count()
        };
        format!(
            "sends: {} acknowledged ({} of an earlier attempt), {} unknown, {} refused; {} hidden from \
             their senders",
            count(|outcome| matches!(outcome, Outcome::Acknowledged { .. })),
            count(|outcome| matches!(outcome, Outcome::Acknowledged { repeated: true, .. })),
            count(|outcome| matches!(outcome, Outcome::Unknown)),
            count(|outcome| matches!(outcome, Outcome::Refused(_))),
            self.records.sends.iter().filter(|sent| sent.hidden_from.is_some()).count(),
        )
    }

    fn reads(&self) -> String {
        let count = |what: fn(&Seen) -> bool| {
            let logs = self.records.logs.iter();
            logs.map(|log| log.seen.iter().filter(|seen| what(seen)).count()).sum::<usize>()
        };
        let kept = self.records.kept.iter().filter_map(|kept| kept.messages.as_ref().ok());
        format!(
            "reads: {} messages, {} gaps told, {} rewinds; {} messages in the histories at the end",
            count(|seen| matches!(seen, Seen::Message(_))),
            count(|seen| matches!(seen, Seen::Gap)),
            self.records.rewinds.len(),
            kept.map(|kept| kept.messages.len()).sum::<usize>(),
        )
    }
}

fn webhooks(hooks: &HookRecords) -> String {
    let mut text = String::new();
    for told in &hooks.told {
        let taken = told.arrivals.iter().filter(|arrival| arrival.taken.is_some()).count();
        let requests = told.arrivals.last().map_or(0, |last| last.number);
        text.push_str(&format!(
            "webhook {}: {requests} requests came {} times, {taken} times taken, {} times refused or \
             cut; {} outages\n",
            told.endpoint,
            told.arrivals.len(),
            told.refused,
            told.outages
        ));
    }
    text.push_str(&format!(
        "events: {} in the log; {} snapshots compared\n",
        hooks.log.len(),
        hooks.snapshots.len() + hooks.last.len()
    ));
    let books = &hooks.books;
    text.push_str(&format!(
        "ledger: {} of {} messages, {} of {} deliveries, {} of {} bytes in, {} of {} bytes out, {} of \
         {} connection seconds",
        books.charged.messages,
        books.messages,
        books.charged.deliveries,
        u64::try_from(books.given.len()).unwrap_or(u64::MAX) + books.repeats,
        books.charged.bytes_in,
        books.wire_in,
        books.charged.bytes_out,
        books.wire_out,
        books.charged.connection_ms / 1000,
        books.clients * books.lasted_ms / 1000,
    ));
    text
}
