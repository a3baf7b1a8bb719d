//! What was acknowledged or delivered is there.

use std::collections::{HashMap, HashSet};

use domain::Position;

use super::{Finding, Outcome, Promise, Records, Seen, sights};
use crate::cli::verify::record::{KeptMessages, Log};

pub(super) fn check(records: &Records, findings: &mut Vec<Finding>) {
    let stamped = acknowledged(records);
    for log in &records.logs {
        told(log, &stamped, findings);
    }
    if records.promise == Promise::Durable {
        kept(records, &stamped, findings);
    }
    if records.promise != Promise::None {
        for kept in &records.kept {
            if let Err(why) = &kept.messages {
                let (channel, why) = (kept.channel.clone(), why.clone());
                findings.push(Finding::Unread { channel, why });
            }
        }
    }
}

/// A message that must be there.
struct Stamped<'a> {
    channel: &'a str,
    body: &'a str,
    id: &'a str,
    position: Option<Position>,
    known: &'static str,
    hidden_from: Option<&'a str>,
}

impl Stamped<'_> {
    fn lost(&self, place: String) -> Finding {
        Finding::Lost {
            channel: self.channel.to_owned(),
            body: self.body.to_owned(),
            id: self.id.to_owned(),
            known: self.known,
            place,
        }
    }
}

fn acknowledged(records: &Records) -> Vec<Stamped<'_>> {
    let acknowledged = records.sends.iter().filter_map(|sent| match &sent.outcome {
        Outcome::Acknowledged { id, position, .. } => Some(Stamped {
            channel: &sent.channel,
            body: &sent.body,
            id,
            position: *position,
            known: "acknowledged",
            hidden_from: sent.hidden_from.as_deref(),
        }),
        Outcome::Unknown | Outcome::Refused(_) => None,
    });
    acknowledged.collect()
}

/// A reader was told everything that was acknowledged in the ranges that it read.
fn told(log: &Log, stamped: &[Stamped<'_>], findings: &mut Vec<Finding>) {
    let ranges = ranges(log);
    let ids: HashSet<&str> = log.messages().map(|message| message.id.as_str()).collect();
    for stamp in stamped.iter().filter(|stamp| stamp.channel == log.channel) {
        let Some(position) = stamp.position else { continue };
        if stamp.hidden_from == Some(log.reader.as_str()) {
            continue;
        }
        let inside = |(from, to): &(Position, Position)| {
            from.epoch == position.epoch
                && from.offset < position.offset
                && position.offset <= to.offset
        };
        if ranges.iter().any(inside) && !ids.contains(stamp.id) {
            findings.push(stamp.lost(format!("and {} was not told", log.reader)));
        }
    }
}

/// From where to where a reader read without notice of a gap.
fn ranges(log: &Log) -> Vec<(Position, Position)> {
    let mut ranges: Vec<(Position, Position)> = Vec::new();
    let mut open = false;
    for seen in &log.seen {
        match seen {
            Seen::Began { after: Some(after) } if !open => {
                ranges.push((*after, *after));
                open = true;
            }
            Seen::Message(copy) => {
                if let (true, Some(range), Some(position)) =
                    (open, ranges.last_mut(), copy.position)
                    && position.epoch == range.0.epoch
                {
                    range.1.offset = range.1.offset.max(position.offset);
                }
            }
            Seen::Gap => open = false,
            Seen::Began { .. } | Seen::Hole | Seen::Ended(_) => {}
        }
    }
    ranges
}

/// What was acknowledged, and what was delivered to anybody, is in the history at the end.
fn kept(records: &Records, acknowledged: &[Stamped<'_>], findings: &mut Vec<Finding>) {
    let known = |kept: &'_ super::Kept| kept.messages.is_ok();
    let histories: HashMap<&str, (&KeptMessages, HashSet<&str>)> = records
        .kept
        .iter()
        .filter(|kept| known(kept))
        .filter_map(|kept| {
            let messages = kept.messages.as_ref().ok()?;
            let ids = messages.messages.iter().map(|copy| copy.id.as_str()).collect();
            Some((kept.channel.as_str(), (messages, ids)))
        })
        .collect();
    let delivered: Vec<Stamped<'_>> = sights(records)
        .map(|sight| Stamped {
            channel: sight.channel,
            body: &sight.copy.body,
            id: &sight.copy.id,
            position: sight.copy.position,
            known: "delivered",
            hidden_from: None,
        })
        .collect();
    let mut told = HashSet::new();
    for stamp in acknowledged.iter().chain(&delivered) {
        let Some((messages, ids)) = histories.get(stamp.channel) else { continue };
        let trimmed = |position: Position| {
            position.epoch == messages.after.epoch && position.offset <= messages.after.offset
        };
        let gone = !ids.contains(stamp.id) && !stamp.position.is_some_and(trimmed);
        if gone && told.insert((stamp.channel, stamp.id)) {
            findings.push(stamp.lost("and is not in the history".to_owned()));
        }
    }
}
