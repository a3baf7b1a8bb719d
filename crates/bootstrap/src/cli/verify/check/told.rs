//! What endpoints were told, against the log.

use std::collections::BTreeMap;

use super::super::hooks::record::{Arrival, HookFinding, HookRecords, LogEvent, Told, What};

pub(super) fn check(hooks: &HookRecords, findings: &mut Vec<HookFinding>) {
    for told in &hooks.told {
        let endpoint = || told.endpoint.clone();
        for arrival in &told.arrivals {
            if let Some(why) = arrival.mistrusted {
                let number = arrival.number;
                findings.push(HookFinding::Unsigned { endpoint: endpoint(), number, why });
            }
        }
        for (count, what) in
            [(told.unread, "could not be read"), (told.strayed, "followed a redirect")]
        {
            if count > 0 {
                findings.push(HookFinding::Astray { endpoint: endpoint(), count, what });
            }
        }
        let firsts = requests(told, findings);
        events(told, &firsts, &hooks.log, findings);
    }
}

/// Requests have one number and one id each, the next one comes when the one before was taken, and
/// what is over does not come again. Gives the first arrival of each.
fn requests<'a>(told: &'a Told, findings: &mut Vec<HookFinding>) -> Vec<&'a Arrival> {
    let mut firsts: BTreeMap<u64, &Arrival> = BTreeMap::new();
    let mut order: Vec<&Arrival> = Vec::new();
    // The first time that each one was taken.
    let mut taken: BTreeMap<u64, usize> = BTreeMap::new();
    for arrival in &told.arrivals {
        if let Some((before, _)) = arrival.taken {
            let at = taken.entry(arrival.number).or_insert(before);
            *at = before.min(*at);
        }
    }
    for (index, arrival) in told.arrivals.iter().enumerate() {
        let last = order.last();
        let what = match (firsts.get(&arrival.number), last) {
            (Some(first), _) if first.id != arrival.id => Some("came again with another id"),
            (Some(first), _) if first.digest != arrival.digest => {
                Some("came again with another body")
            }
            // Not one that waited on a connection of before.
            (Some(_), Some(last))
                if last.number != arrival.number && arrival.connection >= last.connection =>
            {
                Some("came again behind a later one")
            }
            (Some(_), _) => None,
            (None, None) if arrival.number != 1 => Some("came first"),
            (None, Some(last)) if arrival.number != last.number + 1 => Some("is not the next one"),
            (None, Some(last)) if taken.get(&last.number).is_none_or(|before| *before > index) => {
                Some("came before the one before was taken")
            }
            (None, Some(last)) if last.epoch != arrival.epoch => Some("is of another log"),
            (None, _) => None,
        };
        if let Some(what) = what {
            let (endpoint, number) = (told.endpoint.clone(), arrival.number);
            findings.push(HookFinding::Request { endpoint, number, what });
        }
        if firsts.insert(arrival.number, arrival).is_none() {
            order.push(arrival);
        }
    }
    order
}

/// From the first event that it was told of, an endpoint is told all that it wants, in order, once.
fn events(told: &Told, firsts: &[&Arrival], log: &[LogEvent], findings: &mut Vec<HookFinding>) {
    let endpoint = || told.endpoint.clone();
    let known: BTreeMap<u64, &LogEvent> = log.iter().map(|event| (event.sequence, event)).collect();
    let is_wanted =
        |event: &LogEvent| !told.messages_only || matches!(event.what, What::Message { .. });
    let mut last = 0;
    let mut begun = None;
    let mut seen = std::collections::BTreeSet::new();
    for event in firsts.iter().flat_map(|arrival| &arrival.events) {
        let sequence = event.sequence;
        begun.get_or_insert(sequence);
        let how = match known.get(&sequence) {
            _ if matches!(event.what, What::Dropped(_)) => Some("as the end of a gap"),
            None => Some("and the log has none"),
            Some(known) if known.digest != event.digest => Some("otherwise than the log has it"),
            Some(_) if !seen.insert(sequence) => Some("by two requests"),
            Some(_) if sequence <= last => Some("behind a later one"),
            Some(known) if !is_wanted(known) => Some("and does not want it"),
            Some(_) => None,
        };
        last = last.max(sequence);
        findings.extend(how.map(|how| HookFinding::Mistold {
            endpoint: endpoint(),
            sequence,
            how,
        }));
    }
    let wanted = log.iter().filter(|event| begun.is_none_or(|begun| event.sequence >= begun));
    for LogEvent { sequence, what, .. } in wanted.filter(|event| is_wanted(event)) {
        if !seen.contains(sequence) {
            let (sequence, what) = (*sequence, what.clone());
            findings.push(HookFinding::Untold { endpoint: endpoint(), sequence, what });
        }
    }
}
