//! The checker: records in, findings out.
//!
//! * `reading` goes through each reader's log: no gap without notice, nothing twice.
//! * `places` compares messages across logs: one message at one place, one message of one send.
//! * `keeping` compares what was acknowledged or delivered with what is there.
//! * `hidden` knows what was sent with `echo: false`, `rewinds` looks at what subscriptions began with.
//! * `members` compares who is there with what readers were told of it.
//! * `order` looks for one order that everybody saw.
//! * `log`, `told`, `live` and `ledger` look at webhooks and at what was charged.

mod hidden;
mod keeping;
mod ledger;
mod live;
mod log;
mod members;
mod order;
mod places;
mod reading;
mod rewinds;
mod told;

#[cfg(test)]
mod hook_tests;
#[cfg(test)]
mod tests;

use super::{
    finding::Finding,
    record::{Kept, MessageSeen, Outcome, Promise, Records, Seen},
};

/// Every promise that these records show broken.
#[must_use]
pub(super) fn check(records: &Records) -> Vec<Finding> {
    let mut findings = Vec::new();
    refused(records, &mut findings);
    reading::check(records, &mut findings);
    places::check(records, &mut findings);
    keeping::check(records, &mut findings);
    rewinds::check(records, &mut findings);
    members::check(records, &mut findings);
    order::check(records, &mut findings);
    if let Some(hooks) = &records.hooks {
        let mut found = Vec::new();
        log::check(records, hooks, &mut found);
        told::check(hooks, &mut found);
        live::check(hooks, &mut found);
        ledger::check(records, hooks, &mut found);
        findings.extend(found.into_iter().map(Finding::Hook));
    }
    findings
}

fn refused(records: &Records, findings: &mut Vec<Finding>) {
    for sent in &records.sends {
        if let Outcome::Refused(reason) = &sent.outcome {
            let (channel, body) = (sent.channel.clone(), sent.body.clone());
            findings.push(Finding::Refused { channel, body, reason: reason.clone() });
        }
    }
}

/// A message, where it was seen, and by whom.
struct Sight<'a> {
    channel: &'a str,
    copy: &'a MessageSeen,
}

/// Every message that anybody read, in logs, histories and rewinds.
fn sights(records: &Records) -> impl Iterator<Item = Sight<'_>> {
    let read = records
        .logs
        .iter()
        .flat_map(|log| log.messages().map(|copy| Sight { channel: &log.channel, copy }));
    let kept = records.kept.iter().flat_map(|kept: &Kept| {
        let messages = kept.messages.iter().flat_map(|messages| &messages.messages);
        messages.map(|copy| Sight { channel: &kept.channel, copy })
    });
    let rewound = records.rewinds.iter().flat_map(|rewind| {
        let channel = rewind.channel.as_str();
        rewind.messages.iter().map(move |copy| Sight { channel, copy })
    });
    read.chain(kept).chain(rewound)
}
