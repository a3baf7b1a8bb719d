//! What readers sent with `echo: false`: the places that they pass without being told a message.

use std::collections::{HashMap, HashSet};

use domain::{Offset, Position};

use super::{Outcome, Records, sights};

/// What is hidden from one reader in one channel.
#[derive(Default)]
pub(super) struct Hidden<'a> {
    bodies: HashSet<&'a str>,
    places: HashSet<Position>,
}

/// By reader and channel.
pub(super) fn of(records: &Records) -> HashMap<(&str, &str), Hidden<'_>> {
    let mut all: HashMap<(&str, &str), Hidden<'_>> = HashMap::new();
    let mut senders: HashMap<(&str, &str), &str> = HashMap::new();
    for sent in &records.sends {
        let Some(reader) = &sent.hidden_from else { continue };
        let hidden = all.entry((reader, &sent.channel)).or_default();
        hidden.bodies.insert(&sent.body);
        senders.insert((&sent.channel, &sent.body), reader);
        if let Outcome::Acknowledged { position, .. } = &sent.outcome {
            hidden.places.extend(*position);
        }
    }
    // Nobody knows what became of some sends: where others read them, they were made.
    for sight in sights(records) {
        let sender = senders.get(&(sight.channel, sight.copy.body.as_str()));
        if let Some(hidden) = sender.and_then(|reader| all.get_mut(&(*reader, sight.channel))) {
            hidden.places.extend(sight.copy.position);
        }
    }
    all
}

impl Hidden<'_> {
    /// Whether this is one of them.
    pub(super) fn has(&self, body: &str) -> bool {
        self.bodies.contains(body)
    }

    /// The place behind the hidden messages that follow this one.
    pub(super) fn pass(&self, mut place: Position) -> Position {
        loop {
            let next = Position { offset: Offset(place.offset.0 + 1), ..place };
            if !self.places.contains(&next) {
                return place;
            }
            place = next;
        }
    }
}
