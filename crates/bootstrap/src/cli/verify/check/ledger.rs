//! The ledger, against what clients and receivers counted.

use std::time::Duration;

use tokio::time::Instant;

use super::super::{
    hooks::record::{HookFinding, HookRecords},
    record::Records,
};

/// What a kill may take is the last second before it, and what a busy disk needed to keep it.
const LAST: Duration = Duration::from_secs(3);

/// So long a server may take to notice that a connection is gone, in milliseconds.
const UNNOTICED: u64 = 60_000;

pub(super) fn check(records: &Records, hooks: &HookRecords, findings: &mut Vec<HookFinding>) {
    let mut judge = |metric: &'static str, is: u64, least: u64, most: u64| {
        let broken = match is {
            _ if is < least => Some(("less", least)),
            _ if is > most => Some(("more", most)),
            _ => None,
        };
        findings.extend(broken.map(|(how, bound)| HookFinding::Ledger { metric, is, how, bound }));
    };
    let histories = records.kept.iter().filter_map(|kept| kept.messages.as_ref().ok());
    let messages = wide(histories.map(|history| history.messages.len()).sum());
    judge("messages", hooks.charged.messages, messages, messages);

    let taken: Vec<Instant> = hooks
        .told
        .iter()
        .flat_map(|told| &told.arrivals)
        .filter_map(|arrival| Some(arrival.taken?.1))
        .collect();
    // Each was taken at least once, or the next would not have come; the last one waits for nobody.
    let numbers = hooks.told.iter().filter_map(|told| told.arrivals.last());
    let numbers: u64 = numbers.map(|last| last.number).sum();
    let lost = lost(&taken, &hooks.kills);
    let least = numbers.saturating_sub(lost);
    judge("webhook_deliveries", hooks.charged.webhook_deliveries, least, wide(taken.len()));

    let books = &hooks.books;
    judge("messages of the books", books.charged.messages, books.messages, books.messages);
    let given = wide(books.given.len()) + books.repeats;
    let lost = self::lost(&books.given, &hooks.kills);
    let least = wide(books.given.len()).saturating_sub(lost);
    // A machine that stands still breaks connections, too. What such a one had taken and not read is
    // counted, each message once; and the server may see its end behind the next one's beginning.
    let starts = books.clients * (wide(hooks.kills.len()) + 1);
    let broken = books.connections.saturating_sub(starts);
    let most = given + broken * books.messages;
    judge("deliveries", books.charged.deliveries, least, most);
    judge("bytes_in", books.charged.bytes_in, 0, books.wire_in);
    judge("bytes_out", books.charged.bytes_out, 0, books.wire_out);
    let most = books.clients * books.lasted_ms + broken * UNNOTICED;
    judge("connection_ms", books.charged.connection_ms, 0, most);
    judge("peak_connections", books.charged.peak_connections, 1, books.clients + broken);
}

/// How much happened so shortly before a kill that it may not be counted.
fn lost(times: &[Instant], kills: &[Instant]) -> u64 {
    // What was on its way at the kill came a moment later.
    let is_lost = |time: &&Instant| {
        let near = |kill: &Instant| **time + LAST >= *kill && **time <= *kill + LAST / 3;
        kills.iter().any(near)
    };
    wide(times.iter().filter(is_lost).count())
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
