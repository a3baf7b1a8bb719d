//! `rtmate store`: what is in the durable store, and copies of it, while no server has it.

mod not_done;

use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use adapters_memory::{RandomIds, SystemClock};
use adapters_store::{Doubt, DurableBroker, OpenReport, StoreContents, StoreOptions};
use application::ports::DeliverySink;
use domain::{ChannelKey, Publication, Timestamp};

use super::{StoreCommand, print};
use crate::{
    data_dir,
    settings::{Loaded, Refused},
};
use not_done::NotDone;

/// Does it: 0 where it was done and nothing is damaged.
///
/// # Errors
/// The configuration keeps nothing.
pub(super) fn run(
    command: &StoreCommand,
    loaded: &Loaded,
    now: Timestamp,
) -> Result<ExitCode, Refused> {
    if loaded.settings.store.ephemeral {
        return Err(Refused::new(
            "with store.ephemeral nothing is kept on disk: there is no store; leave --ephemeral out",
        ));
    }
    let store = loaded.settings.store.path.join(data_dir::STORE);
    let done = match command {
        StoreCommand::Check => check(&store),
        StoreCommand::Stats => stats(&store),
        StoreCommand::Compact => compact(&store),
        StoreCommand::Backup { to } => backup(&store, to),
        StoreCommand::Restore { from } => restore(from, &loaded.settings.store.path, now),
    };
    Ok(done.unwrap_or_else(|error| {
        eprintln!("rtmate: {error}");
        error.exit_code()
    }))
}

fn check(path: &Path) -> Result<ExitCode, NotDone> {
    let (store, report) = open(path)?;
    let contents = store.check()?;
    let mended = mended(&report);
    print(&counted(path, &contents));
    print(&mended);
    let damaged = contents.damaged + contents.damaged_leases + contents.damaged_events;
    if damaged == 0 && mended.is_empty() {
        print("The store is whole.\n");
        return Ok(ExitCode::SUCCESS);
    }
    print("The store is damaged; docs/operations.md says what that means.\n");
    Ok(ExitCode::FAILURE)
}

fn stats(path: &Path) -> Result<ExitCode, NotDone> {
    let (store, report) = open(path)?;
    let stats = store.stats()?;
    let mut out = format!("store: {}\n", path.display());
    // Writing to a string can't fail.
    let _ = writeln!(out, "streams: {}", stats.streams);
    let _ = writeln!(out, "keys: {}", report.keys);
    let _ = writeln!(out, "members: {}", stats.leases);
    let _ = writeln!(out, "events: {}", stats.events);
    let _ = writeln!(out, "database: {}", bytes(stats.disk_bytes));
    for aside in set_aside(path)? {
        let size = bytes(size(&aside)?);
        let _ = writeln!(out, "set aside: {size} in {} (nothing reads it)", aside.display());
    }
    print(&out);
    eprint!("{}", mended(&report));
    Ok(ExitCode::SUCCESS)
}

fn compact(path: &Path) -> Result<ExitCode, NotDone> {
    let (store, report) = open(path)?;
    eprint!("{}", mended(&report));
    let (before, after) = store.compact()?;
    print(&format!("database: {} before, {} now\n", bytes(before), bytes(after)));
    Ok(ExitCode::SUCCESS)
}

fn backup(path: &Path, to: &Path) -> Result<ExitCode, NotDone> {
    let (store, report) = open(path)?;
    eprint!("{}", mended(&report));
    if let Some(aside) = report.set_aside {
        return Err(NotDone::NothingToCopy(aside));
    }
    let rows = store.backup(to).map_err(NotDone::Backup)?;
    let size = bytes(size(to)?);
    print(&format!("copied: {rows} rows to {}, {size}\n", to.display()));
    Ok(ExitCode::SUCCESS)
}

fn restore(from: &Path, directory: &Path, now: Timestamp) -> Result<ExitCode, NotDone> {
    data_dir::prepare(directory).map_err(refused(directory))?;
    let to = directory.join(data_dir::STORE);
    let restored = adapters_store::restore(from, &to, &RandomIds, now);
    let report = restored.map_err(|error| NotDone::Restore { to: to.clone(), error })?;
    if let Some(aside) = report.set_aside {
        return Err(NotDone::DamagedCopy { to, aside });
    }
    print(&format!(
        "restored: {} streams and {} keys to {}\n\
         Every stream has a new epoch: clients that come back are told that their position can't be \
         recovered.\n",
        report.streams,
        report.keys,
        to.display(),
    ));
    if report.damaged > 0 {
        eprintln!("rtmate: {} damaged rows of the copy are left out", report.damaged);
    }
    Ok(ExitCode::SUCCESS)
}

/// Nobody listens to a store that is only looked at.
struct Nobody;

impl DeliverySink for Nobody {
    fn deliver(&self, _: &Publication) {}

    fn gap(&self, _: &ChannelKey) {}
}

/// Opens a store that is there: opening itself would make one.
fn open(path: &Path) -> Result<(DurableBroker, OpenReport), NotDone> {
    let empty = match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(refused(path)(error)),
    };
    if empty {
        return Err(NotDone::NoStore(path.to_owned()));
    }
    let (clock, ids) = (Arc::new(SystemClock::new()), Arc::new(RandomIds));
    let options = StoreOptions::default();
    let watch = Arc::new(|_| {});
    Ok(DurableBroker::open(path, options, Arc::new(Nobody), clock, ids, watch)?)
}

fn counted(path: &Path, contents: &StoreContents) -> String {
    let StoreContents {
        apps,
        streams,
        messages,
        keys,
        disk_bytes,
        damaged,
        orphans,
        leases,
        damaged_leases,
        events,
        damaged_events,
        live,
        dead_letters,
    } = contents;
    format!(
        "store: {}\napps: {apps}\nstreams: {streams}\nmessages: {messages}\nkeys: {keys}\n\
         members: {leases}\nevents: {events}\nthere by events: {live}\ndead letters: {dead_letters}\ndatabase: {}\nwithout a stream: {orphans} messages (harmless)\ndamaged: {damaged} messages, {damaged_leases} members, {damaged_events} events\n",
        path.display(),
        bytes(*disk_bytes),
    )
}

/// What opening found and mended; nothing where the store was as it should be.
fn mended(report: &OpenReport) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "mended: {text}");
    };
    match report.doubt {
        None => {}
        Some(Doubt::LostTail { acknowledged, present }) => line(format!(
            "the store's end was lost (group {present} of {acknowledged} is the last); every stream \
             has a new epoch"
        )),
        Some(Doubt::NoHead) => line(
            "the store's head was missing or of another store, as in one that was copied by hand; \
             every stream has a new epoch"
                .to_owned(),
        ),
    }
    if let Some(aside) = &report.set_aside {
        let path = aside.path.display();
        line(format!(
            "the store could not be read ({}); it lies in {path}, and a new one is in its place",
            aside.cause
        ));
    }
    if report.damaged > 0 {
        line(format!("{} damaged rows are no longer shown", report.damaged));
    }
    out
}

/// What was set aside when it could not be opened.
fn set_aside(path: &Path) -> Result<Vec<PathBuf>, NotDone> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(refused(path))? {
        let entry = entry.map_err(refused(path))?;
        if entry.file_name().as_encoded_bytes().starts_with(b"aside-") {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Bytes of a directory's files.
fn size(path: &Path) -> Result<u64, NotDone> {
    let data = fs::symlink_metadata(path).map_err(refused(path))?;
    if !data.is_dir() {
        return Ok(data.len());
    }
    let mut sum = 0;
    for entry in fs::read_dir(path).map_err(refused(path))? {
        sum += size(&entry.map_err(refused(path))?.path())?;
    }
    Ok(sum)
}

fn refused(path: &Path) -> impl FnOnce(io::Error) -> NotDone + use<> {
    let path = path.to_owned();
    move |source| NotDone::Directory { path, source }
}

/// As people read it, and to the byte.
fn bytes(count: u64) -> String {
    let unit =
        [(30, "GiB"), (20, "MiB"), (10, "KiB")].into_iter().find(|(bits, _)| count >> bits > 0);
    match unit {
        Some((bits, name)) => {
            let tenths = (u128::from(count) * 10) >> bits;
            format!("{}.{} {name} ({count} bytes)", tenths / 10, tenths % 10)
        }
        None => format!("{count} bytes"),
    }
}
