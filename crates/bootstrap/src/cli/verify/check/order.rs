//! One order that everybody saw.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Finding, Outcome, Records};

/// A row of ids in the order in which somebody knows them.
type Row<'a> = (String, Vec<&'a str>);

pub(super) fn check(records: &Records, findings: &mut Vec<Finding>) {
    let channels: BTreeSet<&str> = records.logs.iter().map(|log| log.channel.as_str()).collect();
    for channel in channels {
        let rows = rows(records, channel);
        let stuck = stuck(&rows);
        if !stuck.is_empty() {
            findings.push(disorder(channel, &rows, &stuck));
        }
    }
}

/// What readers were told, what the history has, and what each publisher had acknowledged before it
/// sent the next.
fn rows<'a>(records: &'a Records, channel: &str) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for log in records.logs.iter().filter(|log| log.channel == channel) {
        let ids = log.messages().map(|message| message.id.as_str());
        rows.push((log.reader.clone(), ids.collect()));
    }
    for kept in records.kept.iter().filter(|kept| kept.channel == channel) {
        let messages = kept.messages.iter().flat_map(|messages| &messages.messages);
        rows.push(("the history".to_owned(), messages.map(|copy| copy.id.as_str()).collect()));
    }
    let publishers: BTreeSet<usize> = records.sends.iter().map(|sent| sent.publisher).collect();
    for publisher in publishers {
        let id = |sent: &'a super::super::record::Sent| match &sent.outcome {
            Outcome::Acknowledged { id, .. } => Some(id.as_str()),
            Outcome::Unknown | Outcome::Refused(_) => None,
        };
        let sends = records.sends.iter();
        let ours = sends.filter(|sent| sent.publisher == publisher && sent.channel == channel);
        rows.push((format!("publisher {publisher}"), ours.filter_map(id).collect()));
    }
    for (_, row) in &mut rows {
        // Twice is another finding.
        let mut known = HashSet::new();
        row.retain(|id| known.insert(*id));
    }
    rows
}

/// The ids that no common order can hold: those that are left when everything that nothing stands
/// before has been taken away, again and again.
fn stuck<'a>(rows: &[Row<'a>]) -> HashSet<&'a str> {
    let mut before: HashMap<&str, usize> = HashMap::new();
    let mut after: HashMap<&str, Vec<&'a str>> = HashMap::new();
    for (_, row) in rows {
        for id in row {
            before.entry(id).or_insert(0);
        }
        for pair in row.windows(2) {
            *before.entry(pair[1]).or_insert(0) += 1;
            after.entry(pair[0]).or_default().push(pair[1]);
        }
    }
    let mut free: Vec<&str> =
        before.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut left: HashSet<&'a str> = rows.iter().flat_map(|(_, row)| row.iter().copied()).collect();
    while let Some(id) = free.pop() {
        left.remove(id);
        for next in after.remove(id).unwrap_or_default() {
            let count = before.entry(next).or_insert(1);
            *count -= 1;
            if *count == 0 {
                free.push(next);
            }
        }
    }
    left
}

/// An example: two messages that two rows have in different orders, if there are such.
fn disorder(channel: &str, rows: &[Row<'_>], stuck: &HashSet<&str>) -> Finding {
    let places: Vec<HashMap<&str, usize>> = rows
        .iter()
        .map(|(_, row)| {
            let stuck = row.iter().filter(|id| stuck.contains(*id));
            stuck.enumerate().map(|(index, id)| (*id, index)).collect()
        })
        .collect();
    for (index, (one, row)) in rows.iter().enumerate() {
        let row: Vec<&str> = row.iter().copied().filter(|id| stuck.contains(id)).collect();
        for pair in row.windows(2) {
            for (other, places) in rows.iter().zip(&places).skip(index + 1) {
                if places.get(pair[0]).zip(places.get(pair[1])).is_some_and(|(a, b)| a > b) {
                    return Finding::Disorder {
                        channel: channel.to_owned(),
                        first: pair[0].to_owned(),
                        second: pair[1].to_owned(),
                        detail: format!("{one} has them in this order, {} in the other", other.0),
                    };
                }
            }
        }
    }
    let mut some = stuck.iter().map(|id| (*id).to_owned());
    Finding::Disorder {
        channel: channel.to_owned(),
        first: some.next().unwrap_or_default(),
        second: some.next().unwrap_or_default(),
        detail: format!("no order holds for all of {} messages", stuck.len()),
    }
}
