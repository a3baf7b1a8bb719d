//! Sweeping: what is too old goes, bit by bit.

use domain::{ChannelKey, HistoryPolicy, Timestamp};

use crate::{
    DurableBroker,
    command::{Tended, Tending},
    engine::View,
    reading::{ReadError, Reading},
    stream::Stream,
};

impl DurableBroker {
    /// Streams of one look, and of one group.
    const STREAMS_AT_ONCE: usize = 256;

    /// Lets go what is too old: messages, places of streams, keys. Blocks while it reads and while
    /// the committer writes, so it wants a thread that may wait. Ends early while the store can't be
    /// written.
    pub fn sweep(&self) {
        let now = self.clock.now();
        let channels: Vec<ChannelKey> =
            self.shared.lock().streams.places().keys().cloned().collect();
        for channels in channels.chunks(Self::STREAMS_AT_ONCE) {
            let streams = self.due(channels, now);
            if !streams.is_empty() && !self.tend_all(&streams) {
                return;
            }
        }
        // Keys expire and garbage is erased though no stream is due.
        self.tend_all(&[]);
    }

    fn tend_all(&self, streams: &[Tending]) -> bool {
        loop {
            match self.tend(streams.to_vec()) {
                Tended::More => {}
                Tended::Done => return true,
                Tended::Failed => return false,
            }
        }
    }

    /// What of these streams needs care.
    fn due(&self, channels: &[ChannelKey], now: Timestamp) -> Vec<Tending> {
        let (streams, view) = {
            let state = self.shared.lock();
            let Some(engine) = &state.engine else { return Vec::new() };
            let known = |channel: &ChannelKey| {
                Some((
                    channel.clone(),
                    *state.streams.get(channel)?,
                    state.attached.contains(channel),
                ))
            };
            (channels.iter().filter_map(known).collect::<Vec<_>>(), engine.view())
        };
        streams
            .into_iter()
            .filter_map(|(channel, stream, attached)| {
                let first = first_kept(&view, stream, now)?;
                let idle = stream.is_idle(now) && !attached;
                let due = first > stream.first
                    || stream.erased < stream.first
                    || idle
                    || stream.use_is_news();
                due.then_some(Tending { channel, number: stream.number, first })
            })
            .collect()
    }
}

fn first_kept(view: &View, stream: Stream, now: Timestamp) -> Option<u64> {
    let policy = HistoryPolicy {
        size: u32::try_from(stream.kept.size).unwrap_or(u32::MAX),
        ttl: stream.kept.ttl,
        bytes: stream.kept.bytes,
        durability: domain::Durability::Durable,
    };
    match (Reading { stream, view, now }).first_kept(&policy) {
        Ok(first) => Some(first),
        // Whoever reads the stream says so.
        Err(ReadError::Damaged { offset }) => Some(offset + 1),
        Err(ReadError::Engine(_)) => None,
    }
}
