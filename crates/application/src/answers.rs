//! Replies in the order that the protocol promises, while sends wait for their commit.

use std::collections::VecDeque;

use bytes::Bytes;
use domain::ChannelName;

/// What a reply has to come after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// A request without `id`: its reply comes after those of all earlier ones without.
    pub(crate) in_sequence: bool,
    /// A request about a channel: its reply comes after those of all earlier ones about it.
    pub(crate) channel: Option<ChannelName>,
}

impl Order {
    fn conflicts(&self, other: &Self) -> bool {
        (self.in_sequence && other.in_sequence)
            || (self.channel.is_some() && self.channel == other.channel)
    }
}

/// A place in the order, given out by [`Answers::expect`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(u64);

/// Replies that wait for earlier ones. Bounded by the sends that may be under way and the rate of
/// requests that overtake them.
#[derive(Default)]
pub(crate) struct Answers {
    waiting: VecDeque<Waiting>,
    next: u64,
}

struct Waiting {
    place: u64,
    order: Order,
    reply: Option<Bytes>,
}

impl Answers {
    /// Whether a request of this order would have to wait.
    pub(crate) fn blocks(&self, order: &Order) -> bool {
        self.waiting.iter().any(|waiting| waiting.order.conflicts(order))
    }

    /// Replies that are expected or wait for earlier ones.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Reserves the next place; its reply comes later by [`Self::fill`].
    pub(crate) fn expect(&mut self, order: Order) -> Place {
        let place = self.next;
        self.next += 1;
        self.waiting.push_back(Waiting { place, order, reply: None });
        Place(place)
    }

    /// The reply of a reserved place; gives `send` every reply that now may go, in order.
    pub(crate) fn fill(&mut self, place: Place, reply: Bytes, send: impl FnMut(Bytes)) {
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.place == place.0) {
            waiting.reply = Some(reply);
        }
        self.release(send);
    }

    fn release(&mut self, mut send: impl FnMut(Bytes)) {
        let mut index = 0;
        while index < self.waiting.len() {
            let blocked = self.waiting[index].reply.is_none()
                || self
                    .waiting
                    .range(..index)
                    .any(|earlier| earlier.order.conflicts(&self.waiting[index].order));
            if blocked {
                index += 1;
            } else if let Some(reply) = self.waiting.remove(index).and_then(|gone| gone.reply) {
                send(reply);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(in_sequence: bool, channel: &str) -> Order {
        Order { in_sequence, channel: ChannelName::parse(channel).ok() }
    }

    fn filled(answers: &mut Answers, place: Place, reply: &'static str) -> Vec<Bytes> {
        let mut sent = Vec::new();
        answers.fill(place, Bytes::from_static(reply.as_bytes()), |reply| sent.push(reply));
        sent
    }

    #[test]
    fn replies_without_id_wait_for_each_other() {
        let mut answers = Answers::default();
        let first = answers.expect(order(true, "a"));
        let second = answers.expect(order(true, "b"));
        let third = answers.expect(order(false, "c"));
        assert!(filled(&mut answers, second, "2").is_empty());
        assert_eq!(filled(&mut answers, third, "3"), ["3"], "one with an id overtakes");
        assert_eq!(filled(&mut answers, first, "1"), ["1", "2"]);
    }

    #[test]
    fn replies_about_one_channel_keep_their_order() {
        let mut answers = Answers::default();
        let first = answers.expect(order(false, "a"));
        let second = answers.expect(order(false, "a"));
        assert!(answers.blocks(&order(false, "a")) && !answers.blocks(&order(true, "b")));
        assert!(filled(&mut answers, second, "2").is_empty());
        assert_eq!(filled(&mut answers, first, "1"), ["1", "2"]);
        assert!(!answers.blocks(&order(false, "a")));
    }
}
