//! Looks at everything that is in a store.

use std::collections::HashMap;

use domain::{ChannelKey, Offset};

use crate::{
    DurableBroker,
    engine::{EngineError, View},
    error::CheckError,
    leases, logbook, record,
    space::{AppNumber, Space, StreamNumber, message_key, split_app},
    stream::Stream,
};

/// What is in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreContents {
    /// Apps that ever had something in it.
    pub apps: usize,
    /// Streams whose place is known.
    pub streams: usize,
    /// Messages on disk, with those that wait to be erased.
    pub messages: u64,
    /// Keys that are remembered.
    pub keys: u64,
    /// Bytes that the database takes on disk.
    pub disk_bytes: u64,
    /// Messages that should be there and are missing or not what was written.
    pub damaged: u64,
    /// Messages of streams that nobody knows: what a lost end left behind. They harm nobody.
    pub orphans: u64,
    /// Members that are listed after the next start.
    pub leases: u64,
    /// Rows of leases that are not what was written.
    pub damaged_leases: u64,
    /// Events that the logs show.
    pub events: u64,
    /// Events that should be there and are missing or not what was written.
    pub damaged_events: u64,
    /// Connections, channels and members that are there as the logs tell.
    pub live: u64,
    /// Dead letters of webhooks.
    pub dead_letters: u64,
}

/// What can be told of a store without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreStats {
    /// Streams whose place is known.
    pub streams: usize,
    /// Channels with subscribers.
    pub attached: usize,
    /// Bytes that the database takes on disk.
    pub disk_bytes: u64,
    /// Members that are listed after the next start. They are counted by reading their rows.
    pub leases: u64,
    /// Events that the logs show.
    pub events: u64,
}

impl DurableBroker {
    /// What can be told at once.
    ///
    /// # Errors
    /// The store is not open right now, or its files can't be looked at.
    pub fn stats(&self) -> Result<StoreStats, CheckError> {
        let (streams, attached, engine) = {
            let state = self.shared.lock();
            (state.streams.len(), state.attached.len(), state.engine.clone())
        };
        let engine = engine.ok_or(CheckError::NotOpen)?;
        let (leases, _) = leases::count(&engine.view()).map_err(read)?;
        let disk_bytes = engine.disk_bytes().map_err(read)?;
        let events = logbook::shown(&engine.view()).map_err(read)?;
        Ok(StoreStats { streams, attached, disk_bytes, leases, events })
    }

    /// Lets go what is too old and writes everything anew without what was erased; gives the bytes that
    /// the database took before and takes now. Blocks, as long as reading and writing the whole store
    /// takes, and needs room for its largest part twice; sends and reads go on meanwhile.
    ///
    /// # Errors
    /// The store is not open right now, or can't be read or written. Nothing is lost by that.
    pub fn compact(&self) -> Result<(u64, u64), CheckError> {
        let engine = self.shared.lock().engine.clone().ok_or(CheckError::NotOpen)?;
        let before = engine.disk_bytes().map_err(read)?;
        self.sweep();
        engine.compact().map_err(read)?;
        Ok((before, engine.disk_bytes().map_err(read)?))
    }

    /// Reads every message and its checksum, and counts what is there. Blocks, as long as reading the
    /// whole store takes; sends and reads go on meanwhile.
    ///
    /// # Errors
    /// The store is not open right now, or can't be read.
    pub fn check(&self) -> Result<StoreContents, CheckError> {
        let (streams, engine, view) = {
            let state = self.shared.lock();
            let engine = state.engine.clone().ok_or(CheckError::NotOpen)?;
            let view = engine.view();
            (state.streams.places().clone(), engine, view)
        };
        let mut contents = StoreContents {
            streams: streams.len(),
            disk_bytes: engine.disk_bytes().map_err(read)?,
            ..StoreContents::default()
        };
        for row in view.all(Space::Apps) {
            row.map_err(read)?;
            contents.apps += 1;
        }
        for row in view.all(Space::Keys) {
            row.map_err(read)?;
            contents.keys += 1;
        }
        (contents.leases, contents.damaged_leases) = leases::count(&view).map_err(read)?;
        check_messages(&view, &streams, &mut contents).map_err(read)?;
        check_events(&view, &mut contents).map_err(read)?;
        Ok(contents)
    }
}

fn read(error: EngineError) -> CheckError {
    CheckError::Read(error.into())
}

fn check_messages(
    view: &View,
    streams: &HashMap<ChannelKey, Stream>,
    contents: &mut StoreContents,
) -> Result<(), EngineError> {
    let mut known: HashMap<(AppNumber, StreamNumber), Stream> = HashMap::new();
    for stream in streams.values() {
        known.insert((stream.app, stream.number), *stream);
        contents.damaged += (stream.top + 1).saturating_sub(stream.first);
    }
    for row in view.all(Space::Messages) {
        let (key, value) = row?;
        contents.messages += 1;
        let Some((app, number, offset)) = split(&key) else {
            contents.orphans += 1;
            continue;
        };
        let Some(stream) = known.get(&(app, number)) else {
            contents.orphans += 1;
            continue;
        };
        let shown = (stream.first..=stream.top).contains(&offset);
        let key = message_key(app, number, offset);
        // Each message that is as it should be is one that is not damaged.
        if shown && record::decode(&key, &value, Offset(offset)).is_some() {
            contents.damaged -= 1;
        }
    }
    Ok(())
}

fn check_events(view: &View, contents: &mut StoreContents) -> Result<(), EngineError> {
    contents.events = logbook::shown(view)?;
    let mut whole = 0;
    for row in view.all(Space::Events) {
        let (key, value) = row?;
        let shown = || {
            let (app, sequence) = (split_app(&key)?.0, logbook::sequence_of(&key)?);
            let row = logbook::row(view, app).ok()??;
            (row.first..=row.last).contains(&sequence).then_some(())?;
            logbook::StoredEvent::decode(&key, &value)
        };
        whole += u64::from(shown().is_some());
    }
    contents.damaged_events = contents.events.saturating_sub(whole);
    for row in view.all(Space::Live) {
        let (key, value) = row?;
        match logbook::read_live(&key, &value) {
            Some(_) => contents.live += 1,
            None => contents.damaged_events += 1,
        }
    }
    for row in view.all(Space::Dead) {
        row?;
        contents.dead_letters += 1;
    }
    Ok(())
}

fn split(key: &[u8]) -> Option<(AppNumber, StreamNumber, u64)> {
    let (app, rest) = key.split_first_chunk()?;
    let (stream, rest) = rest.split_first_chunk()?;
    let offset = rest.try_into().ok()?;
    let app = AppNumber::from_be_bytes(*app);
    Some((app, StreamNumber::from_be_bytes(*stream), u64::from_be_bytes(offset)))
}
