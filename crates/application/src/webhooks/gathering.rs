//! Events on their way into one request.

use domain::{Event, Moment, Sequence, Timestamp, Webhook};

/// Bytes of events after which a request is full; the event that passes it is the last one.
pub(super) const FULL_BYTES: usize = 256 << 10;

/// Events that go into the next request. What is in it depends on the log, the endpoint's options
/// and the seal alone, unless time runs out; where that happens it is sealed before it is sent.
pub(super) struct Gathering {
    /// The last event that was looked at.
    scanned: Sequence,
    events: Vec<Event>,
    bytes: usize,
    /// When the first was found.
    since: Option<Moment>,
    closed: bool,
}

impl Gathering {
    /// Begins behind this place.
    pub(super) const fn behind(cursor: Sequence) -> Self {
        Self { scanned: cursor, events: Vec::new(), bytes: 0, since: None, closed: false }
    }

    /// Takes what the endpoint wants of these, which follow what was looked at up to a place. No
    /// further than the seal, where there is one ahead.
    pub(super) fn take(
        &mut self,
        (events, through): (Vec<Event>, Sequence),
        webhook: &Webhook,
        sealed: Sequence,
        now: Moment,
    ) {
        for event in events {
            if self.is_full(webhook) {
                return;
            }
            if event.sequence > sealed && self.first().is_some_and(|first| first.sequence <= sealed)
            {
                self.closed = true;
                return;
            }
            self.scanned = event.sequence;
            if webhook.wants(&event) {
                self.bytes += event.fact.cost();
                self.since.get_or_insert(now);
                self.events.push(event);
            }
        }
        // Behind the last event there may be some that can't be read.
        self.scanned = self.scanned.max(through);
        let reached = self.scanned >= sealed;
        self.closed |= reached && self.first().is_some_and(|first| first.sequence <= sealed);
    }

    /// Whether nothing more goes into it, whatever comes.
    pub(super) fn is_full(&self, webhook: &Webhook) -> bool {
        let size = usize::try_from(webhook.batch.size).unwrap_or(usize::MAX);
        self.closed || self.events.len() >= size || self.bytes >= FULL_BYTES
    }

    /// How long its first event waits for others yet, where there is one. An event of before that
    /// was only found now has waited.
    pub(super) fn patience(
        &self,
        webhook: &Webhook,
        now: Timestamp,
        moment: Moment,
    ) -> Option<std::time::Duration> {
        let waited = moment.since(self.since?).max(now.since(self.first()?.ts));
        Some(webhook.batch.delay.saturating_sub(waited))
    }

    pub(super) const fn scanned(&self) -> Sequence {
        self.scanned
    }

    pub(super) fn first(&self) -> Option<&Event> {
        self.events.first()
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        ChannelName, Fact, FactKind, FactKinds, WebhookBatch, WebhookFormat, WebhookName,
    };

    use super::*;

    fn webhook(size: u32) -> Webhook {
        Webhook {
            name: WebhookName::parse("crm").unwrap(),
            url: "https://a.example".into(),
            events: [FactKind::ChannelOccupied].into_iter().collect::<FactKinds>(),
            channels: Vec::new(),
            headers: Vec::new(),
            format: WebhookFormat::Rtmate,
            secrets: Vec::new(),
            batch: WebhookBatch { size, ..WebhookBatch::default() },
            allow_private_addresses: false,
        }
    }

    fn event(sequence: u64) -> Event {
        let channel = ChannelName::parse("chat").unwrap();
        // Every third one is not wanted.
        let fact = if sequence.is_multiple_of(3) {
            Fact::ChannelVacated(channel)
        } else {
            Fact::ChannelOccupied(channel)
        };
        Event { sequence: Sequence(sequence), ts: Timestamp::from_millis(1000), fact }
    }

    fn gathered(
        pages: &[std::ops::RangeInclusive<u64>],
        size: u32,
        sealed: u64,
    ) -> (Vec<u64>, bool) {
        let mut gathering = Gathering::behind(Sequence(0));
        for page in pages {
            let through = Sequence(*page.end());
            let page = (page.clone().map(event).collect(), through);
            gathering.take(page, &webhook(size), Sequence(sealed), Moment::from_millis(0));
        }
        let numbers = gathering.events().iter().map(|event| event.sequence.0).collect();
        (numbers, gathering.is_full(&webhook(size)))
    }

    #[test]
    fn a_request_has_what_is_wanted_up_to_its_size_or_its_seal() {
        assert_eq!(gathered(&[1..=20], 4, 0), (vec![1, 2, 4, 5], true));
        assert_eq!(gathered(&[1..=2, 3..=4], 4, 0), (vec![1, 2, 4], false));
        assert_eq!(gathered(&[1..=20], 100, 4), (vec![1, 2, 4], true));
        assert_eq!(gathered(&[1..=4], 100, 4), (vec![1, 2, 4], true));
        assert_eq!(gathered(&[1..=2], 100, 4), (vec![1, 2], false), "its end may yet be read");
    }

    #[test]
    fn a_seal_before_which_nothing_is_wanted_any_more_closes_nothing() {
        let mut gathering = Gathering::behind(Sequence(2));
        let page = ((3..=7).map(event).collect(), Sequence(7));
        gathering.take(page, &webhook(100), Sequence(3), Moment::from_millis(0));
        assert_eq!(gathering.events().len(), 3);
        assert!(!gathering.is_full(&webhook(100)));
    }

    #[test]
    fn what_can_t_be_read_is_looked_at_once() {
        let mut gathering = Gathering::behind(Sequence(0));
        let page = ((1..=2).map(event).collect(), Sequence(4));
        gathering.take(page, &webhook(100), Sequence(0), Moment::from_millis(0));
        assert_eq!((gathering.scanned(), gathering.events().len()), (Sequence(4), 2));
    }
}
