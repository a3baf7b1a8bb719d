//! The event log, against the histories.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{
    hooks::record::{HookFinding, HookRecords, LogEvent, What},
    record::{MessageSeen, Records},
};

pub(super) fn check(records: &Records, hooks: &HookRecords, findings: &mut Vec<HookFinding>) {
    numbers(&hooks.log, findings);
    turns(&hooks.log, findings);
    findings.extend(hooks.odd.iter().cloned().map(HookFinding::Turn));
    messages(records, &hooks.log, findings);
}

/// From 1, one by one, and nothing left out.
fn numbers(log: &[LogEvent], findings: &mut Vec<HookFinding>) {
    for (event, wanted) in log.iter().zip(1..) {
        let sequence = event.sequence;
        if sequence != wanted {
            let what = format!("a hole behind {}", wanted - 1);
            findings.push(HookFinding::Log { sequence, what });
            break;
        }
        if let What::Dropped(reason) = &event.what {
            findings.push(HookFinding::Log { sequence, what: format!("dropped ({reason})") });
        }
    }
}

/// What is there does not come, what is not there does not go.
fn turns(log: &[LogEvent], findings: &mut Vec<HookFinding>) {
    let mut live = BTreeSet::new();
    for LogEvent { sequence, what, .. } in log {
        let odd = match what {
            What::Comes(thing) if !live.insert(thing) => format!("{thing} came and was there"),
            What::Goes(thing) if !live.remove(thing) => format!("{thing} went and was not there"),
            What::Comes(_) | What::Goes(_) => continue,
            What::Message { .. } | What::Dropped(_) | What::Other(_) => continue,
        };
        findings.push(HookFinding::Turn(format!("{odd}, event {sequence}")));
    }
}

/// Each message that is kept is one event, in the order of its channel, and nothing else is.
fn messages(records: &Records, log: &[LogEvent], findings: &mut Vec<HookFinding>) {
    let mut kept: BTreeMap<&str, &MessageSeen> = BTreeMap::new();
    let histories = records.kept.iter().filter_map(|kept| kept.messages.as_ref().ok());
    for message in histories.flat_map(|history| &history.messages) {
        kept.insert(&message.id, message);
    }
    let mut logged = BTreeSet::new();
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for event in log {
        let What::Message { channel, id, body, offset } = &event.what else { continue };
        let known = kept.get(id.as_str());
        let is_kept = |known: &&MessageSeen| {
            known.body == *body && known.position.is_some_and(|at| at.offset.0 == *offset)
        };
        let before = last.insert(channel, *offset);
        let why = match known {
            None => "and is not kept",
            Some(known) if !is_kept(known) => "and is kept otherwise",
            Some(_) if !logged.insert(id.as_str()) => "once more",
            Some(_) if before.is_some_and(|before| before >= *offset) => "behind a later one",
            Some(_) => continue,
        };
        let (channel, body, id) = (channel.clone(), body.clone(), id.clone());
        let sequence = event.sequence;
        findings.push(HookFinding::Overtold { channel, body, id, sequence, why });
    }
    for history in &records.kept {
        for message in history.messages.iter().flat_map(|history| &history.messages) {
            if !logged.contains(message.id.as_str()) {
                let (channel, body) = (history.channel.clone(), message.body.clone());
                let id = message.id.clone();
                findings.push(HookFinding::Unlogged { channel, body, id });
            }
        }
    }
}
