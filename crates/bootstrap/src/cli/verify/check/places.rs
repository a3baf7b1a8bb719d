//! One message at one place, and one message of one send.

use std::collections::{HashMap, HashSet};

use domain::{Epoch, Position};

use super::{Finding, Outcome, Promise, Records, sights};

pub(super) fn check(records: &Records, findings: &mut Vec<Finding>) {
    one_at_one_place(records, findings);
    if records.promise != Promise::None {
        one_of_one_send(records, findings);
    }
}

/// Ids and places of everything that was acknowledged or read: channel, body, id, place.
fn stamps(records: &Records) -> impl Iterator<Item = (&str, &str, &str, Option<Position>)> {
    let acknowledged = records.sends.iter().filter_map(|sent| match &sent.outcome {
        Outcome::Acknowledged { id, position, .. } => {
            Some((sent.channel.as_str(), sent.body.as_str(), id.as_str(), *position))
        }
        Outcome::Unknown | Outcome::Refused(_) => None,
    });
    let read = sights(records).map(|sight| {
        let copy = sight.copy;
        (sight.channel, copy.body.as_str(), copy.id.as_str(), copy.position)
    });
    acknowledged.chain(read)
}

fn one_at_one_place(records: &Records, findings: &mut Vec<Finding>) {
    let mut there: HashMap<(&str, Position), (&str, &str)> = HashMap::new();
    let mut told = HashSet::new();
    for (channel, body, id, position) in stamps(records) {
        let Some(position) = position else { continue };
        let known = there.entry((channel, position)).or_insert((id, body));
        if *known != (id, body) && told.insert((channel, position)) {
            let (one, other) = (format!("{} ({})", known.1, known.0), format!("{body} ({id})"));
            let channel = channel.to_owned();
            findings.push(Finding::TwoAtOnePlace { channel, position, one, other });
        }
    }
}

/// A send that was repeated with its key is still one message: of the whole run in durable
/// channels, of one epoch in others, whose keys end with the server too.
fn one_of_one_send(records: &Records, findings: &mut Vec<Finding>) {
    let mut made: HashMap<(&str, &str, Option<Epoch>), &str> = HashMap::new();
    let mut told = HashSet::new();
    for (channel, body, id, position) in stamps(records) {
        let life = match records.promise {
            Promise::Durable => None,
            Promise::Memory | Promise::None => position.map(|position| position.epoch),
        };
        let known = made.entry((channel, body, life)).or_insert(id);
        if *known != id && told.insert((channel, body)) {
            let place = format!("as {known} and as {id}");
            let (channel, body) = (channel.to_owned(), body.to_owned());
            findings.push(Finding::Twice { channel, body, place });
        }
    }
}
