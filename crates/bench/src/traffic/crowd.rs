//! Publishers and subscribers as the swarm's ear: what came, and who may send next.

use super::{
    nanos,
    plan::{Pace, Plan},
};
use crate::{
    histogram::Histogram,
    ledger::Ledger,
    stamp::Stamp,
    swarm::{Ear, End},
};

/// All who take part.
pub struct Crowd {
    pub(super) ledger: Ledger,
    pub(super) senders: Vec<Sender>,
    pub(super) slow: Vec<SlowReader>,
    /// Subscribers of each channel.
    sizes: Vec<usize>,
    /// Messages that came, without those of slow readers.
    pub(super) deliveries: u64,
    /// Subscribers whose connections ended, though nobody asked for it.
    pub(super) dropped: u64,
    lost_sender: Option<Option<u16>>,
}

/// One publisher.
pub(super) struct Sender {
    link: usize,
    pace: Pace,
    beside: Option<usize>,
    next_sequence: u64,
    /// When its next message is due. Nothing while one is under way, and in the end.
    due: Option<u64>,
    flight: Flight,
    /// From due to received, for each delivery.
    pub(super) latency: Histogram,
    /// From due to received by the last, for each message of a closed pace.
    pub(super) duration: Histogram,
}

/// The message that a publisher of closed pace sent last.
#[derive(Default)]
struct Flight {
    sequence: u64,
    /// Deliveries that are still to come.
    remaining: usize,
    began: u64,
    /// When the last delivery came, and the end of time before.
    ended: u64,
}

/// A subscriber who stops reading.
pub(super) struct SlowReader {
    link: usize,
    pub(super) end: Option<End>,
}

impl Crowd {
    pub(super) fn new(ledger: Ledger, plan: &Plan, senders: Vec<usize>, slow: Vec<usize>) -> Self {
        let sender = |(link, publisher): (usize, &super::Publisher)| Sender {
            link,
            pace: publisher.pace,
            beside: publisher.beside,
            next_sequence: 0,
            due: None,
            flight: Flight::default(),
            latency: Histogram::default(),
            duration: Histogram::default(),
        };
        Self {
            ledger,
            senders: senders.into_iter().zip(&plan.publishers).map(sender).collect(),
            slow: slow.into_iter().map(|link| SlowReader { link, end: None }).collect(),
            sizes: plan.channels.clone(),
            deliveries: 0,
            dropped: 0,
            lost_sender: None,
        }
    }

    pub(super) fn start(&mut self, now: u64) {
        self.senders.iter_mut().for_each(|sender| sender.due = Some(now));
    }

    pub(super) fn stop(&mut self) {
        self.senders.iter_mut().for_each(|sender| sender.due = None);
    }

    pub(super) fn forget_latencies(&mut self) {
        for sender in &mut self.senders {
            sender.latency = Histogram::default();
            sender.duration = Histogram::default();
        }
    }

    pub(super) fn slow_links(&self) -> Vec<usize> {
        self.slow.iter().map(|reader| reader.link).collect()
    }

    pub(super) const fn lost_sender(&self) -> Option<Option<u16>> {
        self.lost_sender
    }

    pub(super) fn next_due(&self) -> Option<u64> {
        self.senders.iter().filter_map(|sender| sender.due).min()
    }

    /// When the publisher's next message should have gone, where that time has come. The one
    /// after it becomes due.
    pub(super) fn take_due(&mut self, publisher: usize, now: u64) -> Option<u64> {
        let sender = &mut self.senders[publisher];
        let at = sender.due.filter(|due| *due <= now)?;
        match sender.pace {
            Pace::Every(time) => {
                sender.due = Some(at + nanos(time));
                Some(at)
            }
            Pace::Closed(_) => {
                sender.due = None;
                Some(now)
            }
        }
    }

    /// A publisher sends to a channel: by which connection, and which number.
    pub(super) fn sends(&mut self, publisher: usize, channel: usize, at: u64) -> (usize, u64) {
        self.ledger.sent(channel);
        let sender = &mut self.senders[publisher];
        let sequence = sender.next_sequence;
        sender.next_sequence += 1;
        let remaining = self.sizes[channel];
        sender.flight = Flight { sequence, remaining, began: at, ended: u64::MAX };
        (sender.link, sequence)
    }

    /// Whether all is there that has to come.
    pub(super) fn is_settled(&self) -> bool {
        self.ledger.is_settled() && self.slow.iter().all(|reader| reader.end.is_some())
    }

    fn received(&mut self, stamp: Stamp, now: u64) {
        let Some(sender) = self.senders.get(stamp.publisher) else { return };
        let counts = sender.beside.is_none_or(|other| {
            let flight = &self.senders[other].flight;
            (flight.began..=flight.ended).contains(&stamp.at)
        });
        let sender = &mut self.senders[stamp.publisher];
        if counts {
            sender.latency.record(now.saturating_sub(stamp.at));
        }
        let Pace::Closed(pause) = sender.pace else { return };
        if stamp.sequence != sender.flight.sequence || sender.flight.remaining == 0 {
            return;
        }
        sender.flight.remaining -= 1;
        if sender.flight.remaining == 0 {
            sender.flight.ended = now;
            sender.duration.record(now.saturating_sub(stamp.at));
            sender.due = Some(now + nanos(pause));
        }
    }
}

impl Ear for Crowd {
    fn message(&mut self, link: usize, data: &[u8], now: u64) {
        if let Some(stamp) = Stamp::read(data)
            && self.ledger.got(link, stamp.publisher, stamp.sequence)
        {
            self.deliveries += 1;
            self.received(stamp, now);
        }
    }

    fn ended(&mut self, link: usize, end: End) {
        if let Some(reader) = self.slow.iter_mut().find(|reader| reader.link == link) {
            reader.end = Some(end);
        } else if self.senders.iter().any(|sender| sender.link == link) {
            self.lost_sender = Some(end.code);
        } else {
            self.dropped += 1;
        }
    }
}
