//! The store's directory: who has it, what format it is in, and where what can't be opened goes.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, FileExt},
    path::{Path, PathBuf},
};

use crate::error::{CopyError, OpenError};

/// A store's directory, held by this process until dropped.
///
/// | Name | What |
/// |---|---|
/// | `lock` | locked by the process that has the store, whose id is in it |
/// | `format` | the version of the format |
/// | `head` | the number of the last commit group |
/// | `db` | the engine's files |
/// | `aside-N` | a store that could not be opened, set aside at the time N (Unix milliseconds) |
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    /// Locked. The kernel lets go of it when the process ends, however it ends.
    _lock: File,
}

/// What the file `format` says of a store that can be opened.
pub(crate) const FORMAT: &str = "rtmate-store 1\n";

/// What it says of a copy, which must not be taken for a store.
pub(crate) const BACKUP_FORMAT: &str = "rtmate-store-backup 1\n";

/// What it says while a copy is brought in: a server that starts now must not take it for a store.
const UNFINISHED_FORMAT: &str = "rtmate-store-unfinished 1\n";

/// The name of the file that is locked.
const LOCK: &str = "lock";

impl Directory {
    /// Takes a directory that is empty or missing, for a store that is brought into it: no other
    /// process has it meanwhile, and it is no store until its `format` says so.
    pub(crate) fn take_empty(path: &Path) -> Result<Self, CopyError> {
        make_directory(path).map_err(CopyError::io(path))?;
        let exists = || CopyError::Exists { path: path.to_owned() };
        let free = || is_empty(path).map_err(CopyError::io(path));
        // Nothing is put into a directory that is somebody else's.
        if !free()? && !path.join(LOCK).exists() {
            return Err(exists());
        }
        let directory = Self { path: path.to_owned(), _lock: lock(path)? };
        if !free()? {
            return Err(exists());
        }
        let format = path.join("format");
        write_synced(&format, UNFINISHED_FORMAT.as_bytes()).map_err(CopyError::io(&format))?;
        directory.sync().map_err(CopyError::io(path))?;
        Ok(directory)
    }

    /// Takes the directory, which is made where it is missing.
    pub(crate) fn take(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Io { path: path.to_owned(), source };
        if !path.is_dir() {
            fs::create_dir_all(path).and_then(|()| sync_parent(path)).map_err(failed)?;
        }
        let lock = lock(path)?;
        let directory = Self { path: path.to_owned(), _lock: lock };
        directory.check_format()?;
        Ok(directory)
    }

    fn check_format(&self) -> Result<(), OpenError> {
        let path = self.path.join("format");
        let failed = |source| OpenError::Io { path: path.clone(), source };
        match fs::read_to_string(&path) {
            Ok(found) if found == FORMAT => Ok(()),
            Ok(found) => {
                let found = found.lines().next().unwrap_or_default().chars().take(64).collect();
                Err(OpenError::Format { path: self.path.clone(), found })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_synced(&path, FORMAT.as_bytes()).map_err(failed)?;
                sync_directory(&self.path).map_err(failed)
            }
            Err(error) => Err(failed(error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("db")
    }

    pub(crate) fn head(&self) -> PathBuf {
        self.path.join("head")
    }

    /// Moves the database and its head out of the way; gives the place where they are now.
    pub(crate) fn set_aside(&self, now_millis: u64) -> io::Result<PathBuf> {
        let aside = self.path.join(format!("aside-{now_millis}"));
        fs::create_dir(&aside)?;
        for name in ["db", "head"] {
            match fs::rename(self.path.join(name), aside.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.sync()?;
        Ok(aside)
    }

    /// Writes the engine's journals anew. After a sync that failed the system may take pages for
    /// written that are not: what can be read back is only sure to be on disk in another file.
    pub(crate) fn rewrite_journals(&self) -> Result<(), OpenError> {
        let path = self.database();
        let rewrite = || {
            for entry in fs::read_dir(&path)? {
                let journal = entry?.path();
                if journal.extension().is_some_and(|ending| ending == "jnl") {
                    let copy = journal.with_extension("copy");
                    copy_sparse(&journal, &copy)?;
                    fs::rename(&copy, &journal)?;
                }
            }
            sync_directory(&path)
        };
        rewrite().map_err(|source| OpenError::Io { path: path.clone(), source })
    }

    /// Makes names in the directory outlast a power loss.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync_directory(&self.path)
    }
}

/// Makes a directory where it is missing, for this user alone: messages are nobody else's business.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_parent(path),
    }
}

/// Makes the directory's own name outlast a power loss.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        None => Ok(()),
        Some(parent) if parent.as_os_str().is_empty() => sync_directory(Path::new(".")),
        Some(parent) => sync_directory(parent),
    }
}

/// Whether there is nothing in a directory but a lock, which may be left of an attempt.
pub(crate) fn is_empty(path: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(path)? {
        if entry?.file_name() != LOCK {
            return Ok(false);
        }
    }
    Ok(true)
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let name = path.join(LOCK);
    let failed = |source| OpenError::Io { path: name.clone(), source };
    let options =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&name);
    let mut file = options.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Who has the lock may be about to write its id: then it stays unknown.
            let pid =
                file.take(32).read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(OpenError::InUse { path: path.to_owned(), pid });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(failed)?;
    Ok(file)
}

/// Copies a file and leaves out what is only zeros: a journal is mostly unused, and the disk may be
/// full.
fn copy_sparse(from: &Path, to: &Path) -> io::Result<()> {
    let (mut from, to) = (File::open(from)?, File::create(to)?);
    let mut block = vec![0; 64 << 10];
    let mut at = 0;
    loop {
        let length = from.read(&mut block)?;
        if length == 0 {
            break;
        }
        if block[..length].iter().any(|byte| *byte != 0) {
            to.write_all_at(&block[..length], at)?;
        }
        at += u64::try_from(length).unwrap_or(0);
    }
    to.set_len(at)?;
    to.sync_all()
}

pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
