//! Why a store is not opened or does not answer.

use std::{
    io,
    path::{Path, PathBuf},
};

use application::ports::Cause;

use crate::engine::EngineError;

/// Why a store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the store {} is in use by {}", path.display(), other(*pid))]
    InUse {
        /// The store's directory.
        path: PathBuf,
        /// The other process, where it could be told.
        pid: Option<u32>,
    },
    /// It is in a format that this version does not read, or no store at all.
    #[error("the store {} has the format `{found}`, which this version does not read", path.display())]
    Format {
        /// The store's directory.
        path: PathBuf,
        /// What its file `format` says, at most 64 characters.
        found: String,
    },
    /// A file could not be read or written. Nothing is set aside for that: the data may be whole.
    #[error("{} can't be used", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The engine could not open it, and it is not the data that is damaged.
    #[error("the store {} can't be opened", path.display())]
    Engine {
        /// The store's directory.
        path: PathBuf,
        /// What the engine says.
        source: Cause,
    },
}

fn other(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl OpenError {
    pub(crate) fn engine(path: PathBuf, error: EngineError) -> Self {
        Self::Engine { path, source: error.into() }
    }
}

/// Why a store was not copied, or none was made of a copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The store is being opened again after a failure.
    #[error("the store is not open")]
    NotOpen,
    /// What is to be made would have to share its directory.
    #[error("{} is not empty", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// It is no copy of a store, or was not finished.
    #[error("{} is no copy of a store", path.display())]
    NoBackup {
        /// The directory.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{} can't be used", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The engine can't read or write.
    #[error("the store can't be copied")]
    Engine(#[source] Cause),
    /// The new store can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl CopyError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// Why a store was not checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// It is being opened again after a failure.
    #[error("the store is not open")]
    NotOpen,
    /// It can't be read, or not be written anew.
    #[error("the store can't be read or written")]
    Read(#[source] Cause),
}

/// The store is closed, or is being opened again after a failure.
#[derive(Debug, thiserror::Error)]
#[error("the store is not open")]
pub(crate) struct NotOpen;

/// The committer did not answer in time.
#[derive(Debug, thiserror::Error)]
#[error("the store did not answer in time")]
pub(crate) struct TooSlow;

/// The app has as many streams as it may, and all of them are in use.
#[derive(Debug, thiserror::Error)]
#[error("the app has as many streams as it may, all in use")]
pub(crate) struct TooManyStreams;

/// A stream's message is missing or is not what was written.
#[derive(Debug, thiserror::Error)]
#[error("a message is damaged")]
pub(crate) struct DamagedMessage;
