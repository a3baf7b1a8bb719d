//! Each reader's log by itself.

use std::collections::HashSet;

use domain::Position;

use super::{
    Finding, MessageSeen, Promise, Records, Seen,
    hidden::{self, Hidden},
};
use crate::cli::verify::record::Log;

pub(super) fn check(records: &Records, findings: &mut Vec<Finding>) {
    let (all_hidden, nothing) = (hidden::of(records), Hidden::default());
    for log in &records.logs {
        let history = records.promise != Promise::None;
        let hidden = all_hidden.get(&(log.reader.as_str(), log.channel.as_str()));
        Walk::new(log, history, hidden.unwrap_or(&nothing), findings).walk();
        if !log.complete {
            let ended = log.seen.iter().rev().find_map(|seen| match seen {
                Seen::Ended(why) => Some(why.clone()),
                Seen::Began { .. } | Seen::Message(_) | Seen::Gap | Seen::Hole => None,
            });
            let (reader, channel) = (log.reader.clone(), log.channel.clone());
            findings.push(Finding::Behind { reader, channel, ended });
        }
    }
}

/// One pass through a log.
struct Walk<'a> {
    log: &'a Log,
    /// Whether there must be positions.
    history: bool,
    /// What this reader must not be told.
    hidden: &'a Hidden<'a>,
    findings: &'a mut Vec<Finding>,
    /// The last place; nothing after a notice.
    place: Option<Position>,
    ids: HashSet<&'a str>,
    /// It was said already that there are no positions.
    placeless: bool,
}

impl<'a> Walk<'a> {
    fn new(
        log: &'a Log,
        history: bool,
        hidden: &'a Hidden<'a>,
        findings: &'a mut Vec<Finding>,
    ) -> Self {
        Self { log, history, hidden, findings, place: None, ids: HashSet::new(), placeless: false }
    }

    fn walk(mut self) {
        for seen in &self.log.seen {
            match seen {
                Seen::Began { after } => self.began(*after),
                Seen::Message(copy) => self.message(copy),
                Seen::Gap => self.place = None,
                // Told again at the message that it stands before.
                Seen::Hole | Seen::Ended(_) => {}
            }
        }
    }

    fn began(&mut self, after: Option<Position>) {
        let Some(after) = after else { return self.no_positions() };
        if let Some(place) = self.place
            && self.hidden.pass(place) != self.hidden.pass(after)
        {
            self.gap(Some(place), Some(after));
        }
        self.place = Some(after);
    }

    fn message(&mut self, copy: &'a MessageSeen) {
        if !self.ids.insert(&copy.id) {
            let place = format!("{} was told it twice", self.log.reader);
            let (channel, body) = (self.log.channel.clone(), copy.body.clone());
            self.findings.push(Finding::Twice { channel, body, place });
            return;
        }
        if self.hidden.has(&copy.body) {
            let (reader, channel) = (self.log.reader.clone(), self.log.channel.clone());
            self.findings.push(Finding::Echo { reader, channel, body: copy.body.clone() });
        }
        let Some(position) = copy.position else { return self.no_positions() };
        if let Some(place) = self.place {
            self.follows(self.hidden.pass(place), position, copy);
        }
        self.place = Some(position);
    }

    fn follows(&mut self, place: Position, position: Position, copy: &MessageSeen) {
        if place.epoch != position.epoch || position.offset.0 > place.offset.0 + 1 {
            self.gap(Some(place), Some(position));
        } else if position.offset <= place.offset {
            let detail = format!("{} was told them in the wrong order", self.log.reader);
            let first = super::super::finding::shown(Some(place));
            let (channel, second) = (self.log.channel.clone(), copy.body.clone());
            self.findings.push(Finding::Disorder { channel, first, second, detail });
        }
    }

    fn gap(&mut self, from: Option<Position>, to: Option<Position>) {
        let (reader, channel) = (self.log.reader.clone(), self.log.channel.clone());
        self.findings.push(Finding::SilentGap { reader, channel, from, to });
    }

    fn no_positions(&mut self) {
        let finding = Finding::NoPositions { channel: self.log.channel.clone() };
        if self.history && !self.placeless && !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
        self.placeless = true;
    }
}
