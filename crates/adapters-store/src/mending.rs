//! Mending at a start: new epochs after a doubt, and a look at the recent messages.

use std::{collections::HashMap, sync::Arc};

use application::ports::IdSource;
use domain::{ChannelKey, Epoch, Offset};

use crate::{
    engine::{Batch, Bytes, Engine, EngineError, View},
    keys::{KeyScope, Keys, Remembered},
    opening::Contents,
    record,
    report::Doubt,
    space::{AppNumber, Space, message_key, split_app, stream_key},
    stream::Stream,
};

/// Rows of one batch; a mending that is cut short is done again at the next start, as its head is
/// written last.
const ROWS_AT_ONCE: usize = 10_000;

/// Streams whose last messages are looked at, the last used ones.
const RECENT_STREAMS: usize = 1000;

/// Messages of each that are looked at.
const RECENT_MESSAGES: u64 = 8;

/// Gives every stream a new epoch, with the messages that are there: no offset of before is given
/// to another message under the epoch that clients know.
pub(crate) fn renew(
    engine: &Arc<Engine>,
    contents: &mut Contents,
    ids: &dyn IdSource,
    doubt: Doubt,
) -> Result<(), EngineError> {
    let view = engine.view();
    let mut known = HashMap::new();
    let mut batch = engine.batch();
    for (channel, stream) in &mut contents.streams {
        let before = stream.epoch;
        settle(&view, stream)?;
        stream.epoch = ids.epoch();
        known.insert((stream.app, before), stream.top);
        put(&mut batch, channel, stream);
        batch = commit_full(engine, batch)?;
    }
    forget_lost(&mut batch, &mut contents.ledger.keys, &known);
    let counters = &mut contents.ledger.counters;
    counters.store = ids.epoch().bits();
    // Parts of the store may be younger than others.
    counters.next_stream = counters
        .next_stream
        .max(last_stream(&view, contents.ledger.apps.values().map(|app| app.number))? + 1);
    for space in Space::PER_APP {
        let last = view.all(space).next_back().transpose()?;
        let last = last.and_then(|(key, _): (Bytes, Bytes)| Some(split_app(&key)?.0)).unwrap_or(0);
        counters.next_app = counters.next_app.max(last + 1);
    }
    if let Doubt::LostTail { acknowledged, .. } = doubt {
        counters.group = counters.group.max(acknowledged);
    }
    counters.group += 1;
    counters.put(&mut batch);
    batch.commit()
}

/// Where a stream really ends: places and messages are in different files.
fn settle(view: &View, stream: &mut Stream) -> Result<(), EngineError> {
    let from = message_key(stream.app, stream.number, stream.erased);
    let to = message_key(stream.app, stream.number, u64::MAX);
    let last = view.range(Space::Messages, &from, &to).next_back().transpose()?;
    if let Some((key, value)) = last {
        let top =
            key.get(12..).and_then(|offset| Some(u64::from_be_bytes(offset.try_into().ok()?)));
        stream.top = top.unwrap_or(stream.top);
        if let Some(stored) = record::decode(&key, &value, Offset(stream.top)) {
            stream.total = stored.before.saturating_add(stored.record.cost());
            stream.latest = stream.latest.max(stored.latest);
        }
    } else {
        stream.first = stream.top + 1;
    }
    stream.first = stream.first.min(stream.top + 1);
    stream.erased = stream.erased.min(stream.first);
    Ok(())
}

/// Keys whose message was lost are free again: the repeated send shall publish it.
fn forget_lost(batch: &mut Batch, keys: &mut Keys, known: &HashMap<(AppNumber, Epoch), u64>) {
    let there = |(scope, sent): &(&KeyScope, &Remembered)| {
        let top = |position: domain::Position| known.get(&(scope.app, position.epoch));
        sent.receipt
            .position
            .is_none_or(|place| top(place).is_some_and(|top| place.offset.0 <= *top))
    };
    let (kept, lost): (Vec<_>, Vec<_>) = keys.iter().partition(there);
    lost.iter().for_each(|(scope, _)| batch.remove(Space::Keys, &scope.to_bytes()));
    let mut left = Keys::default();
    kept.into_iter().for_each(|(scope, sent)| left.remember(*scope, sent.clone()));
    *keys = left;
}

fn last_stream(view: &View, apps: impl Iterator<Item = AppNumber>) -> Result<u64, EngineError> {
    let mut last = 0;
    for app in apps {
        let (from, to) = (message_key(app, 0, 0), message_key(app, u64::MAX, u64::MAX));
        let row = view.range(Space::Messages, &from, &to).next_back().transpose()?;
        let stream =
            row.and_then(|(key, _)| Some(u64::from_be_bytes(key.get(4..12)?.try_into().ok()?)));
        last = last.max(stream.unwrap_or(0));
    }
    Ok(last)
}

/// Looks at the last messages of the streams that were used last. What is not as it was written is no
/// longer shown, nor is what comes before it.
pub(crate) fn check_recent(
    engine: &Arc<Engine>,
    contents: &mut Contents,
) -> Result<(), EngineError> {
    let view = engine.view();
    let mut batch = engine.batch();
    let mut streams: Vec<_> = contents.streams.iter_mut().collect();
    streams.sort_unstable_by_key(|(_, stream)| std::cmp::Reverse(stream.used));
    for (channel, stream) in streams.into_iter().take(RECENT_STREAMS) {
        let oldest = stream.first.max(stream.top.saturating_sub(RECENT_MESSAGES - 1));
        for offset in (oldest..=stream.top).rev() {
            let key = message_key(stream.app, stream.number, offset);
            let value = view.get(Space::Messages, &key)?;
            if value.and_then(|value| record::decode(&key, &value, Offset(offset))).is_none() {
                contents.damaged += 1;
                stream.forget_before(offset + 1);
                put(&mut batch, channel, stream);
                break;
            }
        }
    }
    if batch.len() == 0 {
        return Ok(());
    }
    contents.ledger.counters.group += 1;
    contents.ledger.counters.put(&mut batch);
    batch.commit()
}

fn put(batch: &mut Batch, channel: &ChannelKey, stream: &Stream) {
    let key = stream_key(stream.app, channel.channel.as_str());
    batch.put(Space::Streams, &key, stream.encode(&key));
}

fn commit_full(engine: &Arc<Engine>, batch: Batch) -> Result<Batch, EngineError> {
    if batch.len() < ROWS_AT_ONCE {
        return Ok(batch);
    }
    batch.commit()?;
    Ok(engine.batch())
}
