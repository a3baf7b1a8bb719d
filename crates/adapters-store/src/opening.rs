//! Opening: the engine, the head's proof, what is read into memory, what is mended.

use std::{collections::HashMap, sync::Arc, time::Instant};

use application::ports::{Cause, IdSource};
use domain::{AppId, ChannelKey, ChannelName, LiveSet, Timestamp};

use crate::{
    directory::Directory,
    encoding::Reader,
    engine::{Engine, EngineError, View},
    error::OpenError,
    graves,
    head::{Head, HeadMark},
    keys::{KeyScope, Remembered},
    ledger::{AppEntry, Counters, Garbage, Ledger},
    live,
    logbook::Logbook,
    mending,
    report::{Doubt, OpenReport, SetAside},
    space::{AppNumber, Space, split_app},
    stream::Stream,
};

/// A store that is open.
pub(crate) struct Opened {
    pub(crate) engine: Arc<Engine>,
    pub(crate) head: Head,
    pub(crate) contents: Contents,
    pub(crate) report: OpenReport,
    /// The last group that was there, before anything was mended.
    pub(crate) present: u64,
}

/// What of a store is held in memory.
pub(crate) struct Contents {
    pub(crate) ledger: Ledger,
    pub(crate) streams: HashMap<ChannelKey, Stream>,
    /// Rows that were not what was written, and are forgotten.
    pub(crate) damaged: usize,
    /// What the event logs say is there.
    pub(crate) live: HashMap<AppId, LiveSet>,
}

/// What an opening needs of the world.
pub(crate) struct Surroundings<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) ids: &'a dyn IdSource,
    pub(crate) now: Timestamp,
    pub(crate) cache_bytes: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("the store's own row is not what was written")]
struct DamagedMeta;

impl Surroundings<'_> {
    /// Opens the store. One that is damaged beyond opening is set aside, and a new one takes its
    /// place.
    pub(crate) fn open(&self) -> Result<Opened, OpenError> {
        let began = Instant::now();
        let (mut opened, set_aside) = match self.attempt() {
            Ok(opened) => (opened, None),
            Err(Refusal::Open(error)) => return Err(error),
            Err(Refusal::Damaged(cause)) => {
                let path = self.set_aside()?;
                let opened = self.attempt().map_err(|refusal| self.give_up(refusal))?;
                (opened, Some(SetAside { path, cause: describe(&*cause) }))
            }
        };
        opened.report.set_aside = set_aside;
        opened.report.took = began.elapsed();
        Ok(opened)
    }

    fn set_aside(&self) -> Result<std::path::PathBuf, OpenError> {
        let path = self.directory.path().to_owned();
        let aside = self.directory.set_aside(self.now.as_millis());
        aside.map_err(|source| OpenError::Io { path, source })
    }

    /// A new store that is damaged: the disk is no good.
    fn give_up(&self, refusal: Refusal) -> OpenError {
        match refusal {
            Refusal::Open(error) => error,
            Refusal::Damaged(source) => {
                OpenError::Engine { path: self.directory.path().to_owned(), source }
            }
        }
    }

    fn attempt(&self) -> Result<Opened, Refusal> {
        let refuse = |error| Refusal::of(self.directory, error);
        let head = self.directory.head();
        let failed = |source| Refusal::Open(OpenError::Io { path: head.clone(), source });
        let mark = Head::read(&head).map_err(failed)?;
        let engine = Engine::open(&self.directory.database(), self.cache_bytes).map_err(refuse)?;
        let engine = Arc::new(engine);
        let store = self.ids.epoch().bits();
        let mut contents = load(&engine.view(), store).map_err(refuse)?;
        let present = contents.ledger.counters.group;
        let doubt = doubt(mark, contents.ledger.counters);
        if let Some(doubt) = doubt {
            mending::renew(&engine, &mut contents, self.ids, doubt).map_err(refuse)?;
        }
        mending::check_recent(&engine, &mut contents).map_err(refuse)?;
        let Counters { store, group, .. } = contents.ledger.counters;
        let head = Head::open(&head, HeadMark { store, group }).map_err(failed)?;
        self.directory.sync().map_err(failed)?;
        let report = OpenReport {
            streams: contents.streams.len(),
            keys: contents.ledger.keys.len(),
            doubt,
            damaged: contents.damaged,
            ..OpenReport::default()
        };
        Ok(Opened { engine, head, contents, report, present })
    }
}

/// Why an attempt did not open the store.
enum Refusal {
    Damaged(Cause),
    Open(OpenError),
}

impl Refusal {
    fn of(directory: &Directory, error: EngineError) -> Self {
        match error {
            EngineError::Damaged(cause) => Self::Damaged(cause),
            failed @ EngineError::Failed(_) => {
                Self::Open(OpenError::engine(directory.path().to_owned(), failed))
            }
        }
    }
}

fn describe(cause: &(dyn std::error::Error + Send + Sync)) -> String {
    let mut text = cause.to_string();
    let mut source = cause.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Whether the store has all that its head says, and no more than a group that was cut short.
fn doubt(mark: Option<HeadMark>, counters: Counters) -> Option<Doubt> {
    let present = counters.group;
    match mark {
        // A new store, or one whose making was cut short before its first group.
        None if present == 0 => None,
        Some(mark) if present < mark.group => {
            Some(Doubt::LostTail { acknowledged: mark.group, present })
        }
        // A new store has a new identity each time, until its first group writes it.
        Some(mark) if present == 0 && mark.group == 0 => None,
        Some(mark) if mark.store == counters.store && present <= mark.group + 1 => None,
        _ => Some(Doubt::NoHead),
    }
}

/// Reads what is held in memory.
fn load(view: &View, new_store: u64) -> Result<Contents, EngineError> {
    let counters = match view.get(Space::Meta, Counters::KEY)? {
        Some(value) => Counters::decode(&value).ok_or_else(damaged)?,
        None => {
            for space in Space::ALL {
                if view.all(space).next().is_some() {
                    return Err(damaged());
                }
            }
            Counters::new(new_store)
        }
    };
    let mut contents = Contents {
        ledger: Ledger::new(counters),
        streams: HashMap::new(),
        damaged: 0,
        live: HashMap::new(),
    };
    let names = load_apps(view, &mut contents)?;
    load_streams(view, &names, &mut contents)?;
    load_keys(view, &mut contents)?;
    load_logs(view, &names, &mut contents)?;
    contents.ledger.graves = graves::nameless(view, &names)?;
    for row in view.all(Space::Garbage) {
        let (key, value) = row?;
        match Garbage::decode(&key, &value) {
            Some(garbage) => contents.ledger.garbage.push_back(garbage),
            None => contents.damaged += 1,
        }
    }
    Ok(contents)
}

fn damaged() -> EngineError {
    EngineError::Damaged(DamagedMeta.into())
}

fn load_apps(
    view: &View,
    contents: &mut Contents,
) -> Result<HashMap<AppNumber, AppId>, EngineError> {
    let mut names = HashMap::new();
    for row in view.all(Space::Apps) {
        let (key, value) = row?;
        // Without the name nobody can tell whose rows these are.
        let app = || AppId::parse(Reader::unsealed(&key, &value)?.text()?).ok();
        let (Some((number, [])), Some(app)) = (split_app(&key), app()) else {
            return Err(damaged());
        };
        contents.ledger.apps.insert(app.clone(), AppEntry { number, streams: 0, in_vain: None });
        names.insert(number, app);
    }
    Ok(names)
}

fn load_streams(
    view: &View,
    names: &HashMap<AppNumber, AppId>,
    contents: &mut Contents,
) -> Result<(), EngineError> {
    for row in view.all(Space::Streams) {
        let (key, value) = row?;
        let stream = || {
            let (number, channel) = split_app(&key)?;
            let channel = ChannelName::parse(std::str::from_utf8(channel).ok()?).ok()?;
            let app = names.get(&number)?.clone();
            Some((ChannelKey { app, channel }, Stream::decode(number, &key, &value)?))
        };
        // A place that can't be read is no place: the stream returns with a new epoch.
        let Some((channel, stream)) = stream() else {
            contents.damaged += 1;
            continue;
        };
        if let Some(entry) = contents.ledger.apps.get_mut(&channel.app) {
            entry.streams += 1;
        }
        contents.streams.insert(channel, stream);
    }
    Ok(())
}

fn load_logs(
    view: &View,
    names: &HashMap<AppNumber, AppId>,
    contents: &mut Contents,
) -> Result<(), EngineError> {
    for (number, app) in names {
        if let Some(log) = Logbook::load(view, *number)? {
            contents.ledger.logs.insert(app.clone(), log);
        }
    }
    let (live, damaged) = live::load(view, names)?;
    contents.live = live;
    contents.damaged += usize::try_from(damaged).unwrap_or(usize::MAX);
    Ok(())
}

fn load_keys(view: &View, contents: &mut Contents) -> Result<(), EngineError> {
    for row in view.all(Space::Keys) {
        let (key, value) = row?;
        match (KeyScope::from_bytes(&key), Remembered::decode(&key, &value)) {
            (Some(scope), Some(sent)) => contents.ledger.keys.remember(scope, sent),
            _ => contents.damaged += 1,
        }
    }
    Ok(())
}
