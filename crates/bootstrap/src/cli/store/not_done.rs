//! Why a command about the store was not done. One line each, which says what to do.

use std::{error::Error, io, path::PathBuf, process::ExitCode};

use adapters_store::{CheckError, CopyError, OpenError, SetAside};

use crate::exit;

/// What to do where the system or the disk refused.
const LOOK: &str = "look after the disk and the permissions, then try again";

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotDone {
    #[error(
        "there is no store in {}: the server makes it when it first serves channels that are kept \
         on disk; look at store.path, or restore a copy",
        .0.display()
    )]
    NoStore(PathBuf),
    #[error("{} can't be used: {}; {LOOK}", path.display(), source)]
    Directory { path: PathBuf, source: io::Error },
    #[error("{}", opening(.0))]
    Open(#[from] OpenError),
    #[error("{}; {LOOK}", chain(.0))]
    Check(#[from] CheckError),
    #[error("no copy was made: {}", backup(.0))]
    Backup(CopyError),
    #[error(
        "no copy was made: the store could not be read ({}) and lies in {} now, a new one is in its \
         place; restore the last copy",
        .0.cause, .0.path.display()
    )]
    NothingToCopy(SetAside),
    #[error("nothing was restored: {}", restore(error, to))]
    Restore { to: PathBuf, error: CopyError },
    #[error(
        "nothing was restored: the copy is damaged ({}) and lies in {} now; delete {} and restore \
         another copy",
        aside.cause, aside.path.display(), to.display()
    )]
    DamagedCopy { to: PathBuf, aside: SetAside },
}

impl NotDone {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Open(OpenError::InUse { .. })
            | Self::Restore { error: CopyError::Open(OpenError::InUse { .. }), .. } => {
                ExitCode::from(exit::STORE_LOCKED)
            }
            Self::NoStore(_)
            | Self::Directory { .. }
            | Self::Open(_)
            | Self::Check(_)
            | Self::Backup(_)
            | Self::NothingToCopy(_)
            | Self::Restore { .. }
            | Self::DamagedCopy { .. } => ExitCode::FAILURE,
        }
    }
}

fn opening(error: &OpenError) -> String {
    let what = match error {
        OpenError::InUse { .. } => "stop that process first",
        OpenError::Format { .. } => {
            "a copy has to be restored, what a restore left unfinished can be deleted, and another \
             version's store needs that version"
        }
        OpenError::Io { .. } | OpenError::Engine { .. } => LOOK,
    };
    format!("{}; {what}", chain(error))
}

fn backup(error: &CopyError) -> String {
    let what = match error {
        CopyError::Exists { .. } => "name a directory that is empty or not there yet",
        CopyError::NotOpen
        | CopyError::NoBackup { .. }
        | CopyError::Io { .. }
        | CopyError::Engine(_)
        | CopyError::Open(_) => {
            "what was written is no copy; delete it, look after the disk, then try again"
        }
    };
    format!("{}; {what}", chain(error))
}

fn restore(error: &CopyError, to: &std::path::Path) -> String {
    match error {
        CopyError::Open(error @ OpenError::InUse { .. }) => opening(error),
        CopyError::Exists { .. } => {
            format!("{error}; move it away, or choose another data directory with store.path")
        }
        CopyError::NoBackup { .. } => format!(
            "{error}; name a directory that `rtmate store backup` wrote to its end (a bare copy of \
             a store is none)"
        ),
        CopyError::NotOpen | CopyError::Io { .. } | CopyError::Engine(_) | CopyError::Open(_) => {
            format!(
                "{}; delete {}, look after the disk, then try again",
                chain(error),
                to.display()
            )
        }
    }
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors say their cause themselves.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
