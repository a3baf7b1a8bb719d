//! What a subscriber is given of a stream, and whether that makes up for what it missed.

use domain::{Offset, Position, Record};

use crate::{
    Replay,
    ports::{Order, Page, Query},
};

/// What a subscriber wants of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Only to know where the stream is.
    Place,
    /// Everything since then.
    Since(Position),
    /// The last messages.
    Last(u32),
    /// What a cache holds, unless the client has it.
    Cached(Option<Position>),
}

/// How much one request may still be answered with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) messages: usize,
    pub(crate) bytes: u64,
}

impl Budget {
    fn spend(&mut self, messages: &[std::sync::Arc<Record>]) {
        self.messages = self.messages.saturating_sub(messages.len());
        let bytes = messages.iter().map(|record| record.cost()).sum();
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

impl Wish {
    /// What to ask of the history. Where nothing may be answered any more it asks for a message
    /// all the same: that is how it learns whether there is one.
    pub(crate) fn query(&self, budget: Budget) -> Query {
        let (after, order, most) = match self {
            Self::Place => (Some(Offset(u64::MAX)), Order::Ascending, 1),
            Self::Since(position) => (Some(position.offset), Order::Ascending, usize::MAX),
            Self::Last(count) => (None, Order::Descending, usize::try_from(*count).unwrap_or(1)),
            Self::Cached(_) => (None, Order::Descending, 1),
        };
        let limit = most.min(budget.messages).max(1);
        Query { after, before: None, order, limit, bytes: budget.bytes }
    }

    /// What the subscriber is told: whether it is made up for what it missed (nothing where it did
    /// not say where it was), and what it is given.
    ///
    /// All or nothing (P4): `true` only where the epoch is the one it knew and every message behind
    /// its position is here; else no message is given. Hidden ones are left out (P8).
    pub(crate) fn grant(
        &self,
        page: Page,
        budget: &mut Budget,
        hidden: impl Fn(&Record) -> bool,
    ) -> (Option<bool>, Replay) {
        let Page { position, first, mut messages, more } = page;
        let (recovered, given) = match self {
            Self::Place => (None, false),
            Self::Since(known) => {
                let whole = known.epoch == position.epoch
                    && known.offset <= position.offset
                    && first.0 <= known.offset.0.saturating_add(1)
                    && !more
                    && messages.len() <= budget.messages;
                (Some(whole), whole)
            }
            Self::Last(_) => (None, budget.messages > 0),
            Self::Cached(known) => {
                let has_it = *known == Some(position);
                (known.map(|_| has_it), !has_it)
            }
        };
        if !given {
            messages = Vec::new();
        }
        budget.spend(&messages);
        if matches!(self, Self::Last(_) | Self::Cached(_)) {
            messages.reverse();
        }
        messages.retain(|record| !hidden(record));
        (recovered, Replay { position, messages })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{Epoch, Message, MessageId, Payload, Timestamp};
    use proptest::prelude::*;

    use super::*;

    fn record(offset: u64) -> Arc<Record> {
        let message = Message {
            id: MessageId::new(&offset.to_string()),
            ts: Timestamp::from_secs(0),
            offset: Some(Offset(offset)),
            name: None,
            data: Payload::parse("1", 10).unwrap(),
            from: None,
        };
        Arc::new(Record { message, hidden_from: None })
    }

    /// A store as simple as can be: the messages of `first..=top`.
    fn read(first: u64, top: u64, query: &Query) -> Page {
        let kept = (first..=top).filter(|offset| query.after.is_none_or(|after| *offset > after.0));
        let mut wanted: Vec<_> = kept.map(record).collect();
        if query.order == Order::Descending {
            wanted.reverse();
        }
        let fits = usize::try_from(query.bytes / wanted.first().map_or(1, |record| record.cost()));
        let count = wanted.len().min(query.limit).min(fits.unwrap_or(usize::MAX).max(1));
        let more = wanted.len() > count;
        wanted.truncate(count);
        let position = Position { epoch: Epoch::from_random(7), offset: Offset(top) };
        Page { position, first: Offset(first), messages: wanted, more }
    }

    fn offsets(replay: &Replay) -> Vec<u64> {
        let offset = |record: &Arc<Record>| record.message.offset.unwrap().0;
        replay.messages.iter().map(offset).collect()
    }

    proptest! {
        /// Every place around what is kept, what may be given and another epoch, against the
        /// sentence itself: all that came since, or nothing.
        #[test]
        fn recovery_is_all_or_nothing(
            top in 0u64..12, kept in 0u64..12, known in 0u64..14, same_epoch: bool,
            messages in 0usize..6, bytes in 0u64..800, hidden in 0u64..12,
        ) {
            let first = (top + 1).saturating_sub(kept).max(1);
            let mut budget = Budget { messages, bytes };
            let epoch = Epoch::from_random(if same_epoch { 7 } else { 8 });
            let wish = Wish::Since(Position { epoch, offset: Offset(known) });
            let page = read(first, top, &wish.query(budget));
            let is_hidden = |record: &Record| record.message.offset == Some(Offset(hidden));
            let (recovered, replay) = wish.grant(page, &mut budget, is_hidden);
            let missed: Vec<u64> = (known + 1..=top).collect();
            let cost = missed.len() as u64 * record(1).cost();
            // One message alone may be larger than what is left of the bytes.
            let affordable = missed.len() <= messages && (cost <= bytes || missed.len() == 1);
            let all_kept = missed.iter().all(|offset| *offset >= first);
            let expected = same_epoch && known <= top && all_kept && affordable;
            prop_assert_eq!(recovered, Some(expected));
            let visible = missed.iter().copied().filter(|offset| *offset != hidden);
            let given: Vec<u64> = if expected { visible.collect() } else { Vec::new() };
            prop_assert_eq!(offsets(&replay), given);
            prop_assert_eq!(replay.position.offset, Offset(top));
            if expected {
                prop_assert_eq!(budget.messages, messages - missed.len());
            } else {
                prop_assert_eq!(budget.messages, messages);
            }
        }

        #[test]
        fn a_rewind_gives_the_last_ones_in_order(top in 0u64..12, count in 1u32..8, messages in 1usize..9) {
            let mut budget = Budget { messages, bytes: u64::MAX };
            let wish = Wish::Last(count);
            let page = read(1, top, &wish.query(budget));
            let (recovered, replay) = wish.grant(page, &mut budget, |_| false);
            let most = u64::from(count).min(messages as u64).min(top);
            prop_assert_eq!(recovered, None);
            prop_assert_eq!(offsets(&replay), (top + 1 - most..=top).collect::<Vec<_>>());
        }
    }
}
