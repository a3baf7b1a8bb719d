//! What apps used: a row for each app and hour, which groups add to.
//!
//! A row is read, added to and written as one value by the one thread that writes, so what a group
//! adds is there once or not at all. Messages are counted by the group that keeps them.

use std::{collections::HashMap, sync::Arc};

use application::ports::{Counted, LedgerError, RecordError, UsageLedger};
use async_trait::async_trait;
use domain::{AppId, Hour, Metric, Usage};
use tokio::{sync::oneshot, task::spawn_blocking};

use crate::{
    DurableBroker, StoreEvent,
    command::Command,
    encoding::{Reader, Writer},
    engine::{Batch, EngineError, View},
    error::NotOpen,
    ledger::Ledger,
    space::{AppNumber, Space, split_app, usage_key},
};

/// The last row of each app that was written, so that most additions read nothing.
pub(crate) type LastRows = HashMap<AppNumber, (Hour, Usage)>;

/// What a group adds to the rows.
#[derive(Default)]
pub(crate) struct Used(HashMap<(AppNumber, Hour), Usage>);

/// Waits until what it handed in is on disk.
pub(crate) struct Recording(pub(crate) oneshot::Sender<Result<(), NotOpen>>);

impl Recording {
    /// It is on disk, or it is not and never will be.
    pub(crate) fn answer(self, recorded: bool) {
        let _ = self.0.send(if recorded { Ok(()) } else { Err(NotOpen) });
    }
}

impl Used {
    /// Bytes that one row may bring into a group.
    pub(crate) const BYTES: usize = 128;

    /// Adds to one number.
    pub(crate) fn count(&mut self, app: AppNumber, hour: Hour, metric: Metric, more: u64) {
        self.0.entry((app, hour)).or_default().count(metric, more);
    }

    /// Nothing is added to an app's rows.
    pub(crate) fn forget(&mut self, app: AppNumber) {
        self.0.retain(|(of, _), _| *of != app);
    }

    /// Adds what was counted elsewhere.
    pub(crate) fn add(&mut self, counted: &[Counted], ledger: &mut Ledger, batch: &mut Batch) {
        for Counted { app, hour, usage } in counted {
            let app = ledger.number(app, batch);
            self.0.entry((app, *hour)).or_default().add(usage);
        }
    }

    /// Writes the rows with what is added to them. Says how many of them were not what was written:
    /// they begin anew, for rather too little is counted.
    pub(crate) fn put(self, last: &mut LastRows, batch: &mut Batch) -> Result<usize, EngineError> {
        let (mut view, mut damaged) = (None, 0);
        for ((app, hour), used) in self.0 {
            let key = usage_key(app, hour);
            let known = last.get(&app).filter(|(last, _)| *last == hour);
            let mut usage = match known {
                Some((_, usage)) => *usage,
                None => {
                    let view = view.get_or_insert_with(|| batch.view());
                    let row = view.get(Space::Usage, &key)?;
                    let known = row.as_ref().and_then(|row| decode(&key, row));
                    damaged += usize::from(row.is_some() && known.is_none());
                    known.unwrap_or_default()
                }
            };
            usage.add(&used);
            if known.is_some() || last.get(&app).is_none_or(|(last, _)| *last < hour) {
                last.insert(app, (hour, usage));
            }
            batch.put(Space::Usage, &key, encode(&key, &usage));
        }
        Ok(damaged)
    }
}

fn encode(key: &[u8], usage: &Usage) -> Vec<u8> {
    let mut to = Writer::with_capacity(Metric::ALL.len() * 8);
    usage.all().for_each(|(_, count)| to.u64(count));
    to.sealed(key)
}

/// Nothing where the bytes are not what was written. Metrics that came later than the row are 0.
fn decode(key: &[u8], value: &[u8]) -> Option<Usage> {
    let mut from = Reader::unsealed(key, value)?;
    let mut usage = Usage::default();
    for metric in Metric::ALL {
        usage.count(metric, from.u64().unwrap_or(0));
    }
    Some(usage)
}

/// The number of an app; nothing where it has none in the store.
fn number_of(view: &View, app: &AppId) -> Result<Option<AppNumber>, EngineError> {
    for row in view.all(Space::Apps).rev() {
        let (key, value) = row?;
        let its = Reader::unsealed(&key, &value)
            .is_some_and(|mut name| name.text() == Some(app.as_str()));
        if its && let Some((number, [])) = split_app(&key) {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// The rows of an app, and how many are not what was written.
fn read(
    view: &View,
    app: &AppId,
    from: Hour,
    to: Hour,
) -> Result<(Vec<(Hour, Usage)>, usize), EngineError> {
    let (mut rows, mut damaged) = (Vec::new(), 0);
    let number = if from < to { number_of(view, app)? } else { None };
    let Some(app) = number else { return Ok((rows, damaged)) };
    let last = Hour::from_number(to.number() - 1);
    for row in view.range(Space::Usage, &usage_key(app, from), &usage_key(app, last)) {
        let (key, value) = row?;
        let hour = || Some(u32::from_be_bytes(split_app(&key)?.1.try_into().ok()?));
        match (hour(), decode(&key, &value)) {
            (Some(hour), Some(usage)) => rows.push((Hour::from_number(hour), usage)),
            _ => damaged += 1,
        }
    }
    Ok((rows, damaged))
}

#[async_trait]
impl UsageLedger for DurableBroker {
    async fn record(&self, counted: Arc<[Counted]>) -> Result<(), RecordError> {
        let (to, recorded) = oneshot::channel();
        let asked = self.ask(Command::Usage { counted, answer: Recording(to) });
        asked.map_err(|error| RecordError::NotRecorded(error.into()))?;
        match recorded.await {
            Ok(recorded) => recorded.map_err(|error| RecordError::NotRecorded(error.into())),
            Err(error) => Err(RecordError::Unknown(error.into())),
        }
    }

    async fn read(
        &self,
        app: &AppId,
        from: Hour,
        to: Hour,
    ) -> Result<Vec<(Hour, Usage)>, LedgerError> {
        let unavailable = LedgerError::Unavailable;
        let seat = self.seat().await.map_err(|error| unavailable(error.into()))?;
        let engine = self.shared.lock().engine.clone();
        let engine = engine.ok_or_else(|| unavailable(NotOpen.into()))?;
        let app = app.clone();
        let rows = spawn_blocking(move || {
            let rows = read(&engine.view(), &app, from, to);
            // The seat and the engine are free before the answer is there.
            drop((seat, engine));
            rows
        });
        let rows = rows.await.map_err(|error| unavailable(error.into()))?;
        let (rows, damaged) = rows.map_err(|error| unavailable(error.into()))?;
        if damaged > 0 {
            (self.watch)(StoreEvent::DamagedUsage { rows: damaged });
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_as_it_was_and_a_shorter_one_too() {
        let mut usage = Usage::default();
        for (place, metric) in Metric::ALL.into_iter().enumerate() {
            usage.count(metric, 1 + place as u64);
        }
        let key = usage_key(7, Hour::from_number(9));
        assert_eq!(decode(&key, &encode(&key, &usage)), Some(usage));
        let mut older = Writer::with_capacity(8);
        older.u64(5);
        let older = decode(&key, &older.sealed(&key)).unwrap();
        assert_eq!((older.get(Metric::Messages), older.get(Metric::Recoveries)), (5, 0));
        assert_eq!(decode(b"other", &encode(&key, &usage)), None);
    }
}
