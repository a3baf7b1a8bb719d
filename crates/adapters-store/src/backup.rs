//! Copies of a store, and stores from copies.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use application::ports::IdSource;
use domain::Timestamp;

use crate::{
    DurableBroker, OpenReport,
    directory::{BACKUP_FORMAT, Directory, FORMAT, sync_directory, write_synced},
    engine::{Engine, EngineError, View},
    error::CopyError,
    opening::Surroundings,
    space::Space,
};

/// Bytes of rows that are copied in one batch.
const BYTES_AT_ONCE: usize = 4 << 20;

/// The cache of a database that is only copied.
const CACHE_BYTES: u64 = 8 << 20;

impl DurableBroker {
    /// Writes a copy of the store, as it is at one moment, to a directory that is not there yet.
    /// Blocks, as long as reading and writing all of it takes; sends and reads go on meanwhile. Gives
    /// the number of rows.
    ///
    /// The copy is no store: [`restore`] makes one of it.
    ///
    /// # Errors
    /// The store is not open right now, the directory is there already, or can't be written. What was
    /// written of the copy stays.
    pub fn backup(&self, to: &Path) -> Result<u64, CopyError> {
        let engine = self.shared.lock().engine.clone().ok_or(CopyError::NotOpen)?;
        let view = engine.view();
        make_directory(to)?;
        let engine = Arc::new(Engine::open(&to.join("db"), CACHE_BYTES).map_err(copy)?);
        let rows = copy_rows(&view, &engine).map_err(copy)?;
        // Last: without it, the copy is none.
        seal(to, BACKUP_FORMAT)?;
        Ok(rows)
    }
}

fn copy(error: EngineError) -> CopyError {
    CopyError::Engine(error.into())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CopyError {
    let path = path.to_owned();
    move |source| CopyError::Io { path, source }
}

fn make_directory(path: &Path) -> Result<(), CopyError> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(CopyError::Exists { path: path.to_owned() })
        }
        other => other.map_err(failed(path)),
    }
}

fn copy_rows(view: &View, to: &Arc<Engine>) -> Result<u64, EngineError> {
    let (mut batch, mut bytes, mut rows) = (to.batch(), 0, 0);
    for space in Space::ALL {
        for row in view.all(space) {
            let (key, value) = row?;
            bytes += key.len() + value.len();
            rows += 1;
            batch.put(space, &key, value.to_vec());
            if bytes >= BYTES_AT_ONCE {
                std::mem::replace(&mut batch, to.batch()).commit()?;
                bytes = 0;
            }
        }
    }
    batch.commit()?;
    Ok(rows)
}

fn seal(path: &Path, format: &str) -> Result<(), CopyError> {
    let file = path.join("format");
    write_synced(&file, format.as_bytes()).map_err(failed(&file))?;
    sync_directory(path).map_err(failed(path))
}

/// Makes a store of a copy, in a directory that is not there yet. Every stream has a new epoch: what
/// was published after the copy was made is lost, and its offsets will be given again. The copy stays
/// as it is.
///
/// # Errors
/// There is no copy, the directory is there already, or can't be written. What was written of the
/// store is then no store and can be deleted.
pub fn restore(
    from: &Path,
    to: &Path,
    ids: &dyn IdSource,
    now: Timestamp,
) -> Result<OpenReport, CopyError> {
    let format = from.join("format");
    let found = fs::read_to_string(&format).map_err(failed(&format))?;
    if found != BACKUP_FORMAT {
        return Err(CopyError::NoBackup { path: from.to_owned() });
    }
    make_directory(to)?;
    copy_files(&from.join("db"), &to.join("db"))?;
    // There is no head, so opening gives new epochs.
    seal(to, FORMAT)?;
    let directory = Directory::take(to)?;
    let surroundings = Surroundings { directory: &directory, ids, now, cache_bytes: CACHE_BYTES };
    Ok(surroundings.open()?.report)
}

fn copy_files(from: &Path, to: &Path) -> Result<(), CopyError> {
    fs::create_dir(to).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let path = entry.map_err(failed(from))?.path();
        let target: PathBuf = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_files(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(failed(&path))?;
            let written = fs::File::open(&target).and_then(|file| file.sync_all());
            written.map_err(failed(&target))?;
        }
    }
    sync_directory(to).map_err(failed(to))
}
