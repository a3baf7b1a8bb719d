//! Whether every subscriber got every message, once, in the common order.

/// What each subscriber of each channel got. Memory is one entry per connection, whatever the
/// number of messages: an order is compared by its digest.
#[derive(Debug, Default)]
pub struct Ledger {
    channels: Vec<Channel>,
    /// By number of the connection; connections without a subscription have none.
    subscribers: Vec<Option<Subscriber>>,
    publishers: usize,
}

#[derive(Debug, Default)]
struct Channel {
    sent: u64,
    /// The subscriber whose order the others are held against.
    reference: Option<usize>,
    /// Per publisher the number that its next message has at least, at the reference.
    next: Vec<u64>,
    /// Messages that came to the reference after a later one of the same publisher.
    backwards: u64,
}

#[derive(Debug, Clone, Copy)]
struct Subscriber {
    channel: usize,
    got: u64,
    digest: u64,
}

/// What a ledger shows in the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Deliveries that there had to be.
    pub expected: u64,
    /// Deliveries that did not come.
    pub lost: u64,
    /// Deliveries beyond those sent.
    pub surplus: u64,
    /// Subscribers that saw another order than the first one of their channel, plus messages that
    /// overtook an earlier one of their sender.
    pub disordered: u64,
}

impl Ledger {
    /// Nothing sent yet in so many channels by so many publishers.
    #[must_use]
    pub fn new(channels: usize, publishers: usize) -> Self {
        let mut ledger = Self { publishers, ..Self::default() };
        ledger.channels.resize_with(channels, Channel::default);
        ledger
    }

    /// The connection `link` must get all that is sent to a channel from now on.
    pub fn subscribe(&mut self, link: usize, channel: usize) {
        if self.subscribers.len() <= link {
            self.subscribers.resize(link + 1, None);
        }
        self.subscribers[link] = Some(Subscriber { channel, got: 0, digest: 0 });
        let channel = &mut self.channels[channel];
        channel.next.resize(self.publishers, 0);
        channel.reference.get_or_insert(link);
    }

    /// A message goes to a channel.
    pub fn sent(&mut self, channel: usize) {
        self.channels[channel].sent += 1;
    }

    /// A message came. Says whether anybody waited for it.
    pub fn got(&mut self, link: usize, publisher: usize, sequence: u64) -> bool {
        let Some(Some(subscriber)) = self.subscribers.get_mut(link) else { return false };
        subscriber.got += 1;
        subscriber.digest = digest(subscriber.digest, publisher, sequence);
        let channel = &mut self.channels[subscriber.channel];
        if channel.reference == Some(link)
            && let Some(next) = channel.next.get_mut(publisher)
        {
            channel.backwards += u64::from(sequence < *next);
            *next = sequence + 1;
        }
        true
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let Verdict { lost, .. } = self.verdict();
        lost == 0
    }

    /// What was seen so far.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mut verdict = Verdict::default();
        for subscriber in self.subscribers.iter().flatten() {
            let channel = &self.channels[subscriber.channel];
            verdict.expected += channel.sent;
            verdict.lost += channel.sent.saturating_sub(subscriber.got);
            verdict.surplus += subscriber.got.saturating_sub(channel.sent);
            let reference = channel.reference.and_then(|link| self.subscribers[link]);
            let differs = |reference: Subscriber| {
                reference.got == subscriber.got && reference.digest != subscriber.digest
            };
            verdict.disordered += u64::from(reference.is_some_and(differs));
        }
        verdict.disordered += self.channels.iter().map(|channel| channel.backwards).sum::<u64>();
        verdict
    }
}

/// Folds a message into the digest of all before it. It tells orders apart, no more is needed.
fn digest(before: u64, publisher: usize, sequence: u64) -> u64 {
    let message = (publisher as u64) << 48 ^ sequence;
    (before.rotate_left(7) ^ message.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two publishers, one channel, two subscribers, who get these messages.
    fn run(sent: u64, got: [&[(usize, u64)]; 2]) -> Verdict {
        let mut ledger = Ledger::new(1, 2);
        ledger.subscribe(3, 0);
        ledger.subscribe(5, 0);
        (0..sent).for_each(|_| ledger.sent(0));
        for (link, messages) in [3, 5].into_iter().zip(got) {
            for (publisher, sequence) in messages {
                assert!(ledger.got(link, *publisher, *sequence));
            }
        }
        assert!(!ledger.got(4, 0, 0));
        assert_eq!(ledger.is_settled(), ledger.verdict().lost == 0);
        ledger.verdict()
    }

    #[test]
    fn the_same_messages_in_the_same_order_are_in_order() {
        let messages = [(1, 0), (0, 0), (0, 1)];
        let verdict = run(3, [&messages, &messages]);
        assert_eq!(verdict, Verdict { expected: 6, ..Verdict::default() });
    }

    #[test]
    fn what_is_wrong_is_counted() {
        let (all, swapped) = ([(1, 0), (0, 0)], [(0, 0), (1, 0)]);
        assert_eq!(run(2, [&all, &swapped]).disordered, 1);
        assert_eq!(run(2, [&all, &all[..1]]).lost, 1);
        assert_eq!(run(2, [&all, &[(1, 0), (0, 0), (0, 0)]]).surplus, 1);
        let backwards = [(0, 1), (0, 0)];
        assert_eq!(run(2, [&backwards, &backwards]).disordered, 1);
    }
}
