//! Copies of a store, and stores from copies.

use std::{
    fs,
    io::ErrorKind::{InvalidData, NotADirectory, NotFound},
    path::{Path, PathBuf},
    sync::Arc,
};

use application::ports::IdSource;
use domain::Timestamp;

use crate::{
    DurableBroker, OpenReport,
    directory::{
        BACKUP_FORMAT, Directory, FORMAT, is_empty, make_directory, sync_directory, write_synced,
    },
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
    /// Writes a copy of the store, as it is at one moment, to a directory that is empty or not there
    /// yet. Blocks, as long as reading and writing all of it takes; sends and reads go on meanwhile. Gives
    /// the number of rows.
    ///
    /// The copy is no store: [`restore`] makes one of it.
    ///
    /// # Errors
    /// The store is not open right now, the directory is not empty, or can't be written. What was
    /// written of the copy stays, and is none.
    pub fn backup(&self, to: &Path) -> Result<u64, CopyError> {
        let engine = self.shared.lock().engine.clone().ok_or(CopyError::NotOpen)?;
        let view = engine.view();
        make_directory(to).map_err(CopyError::io(to))?;
        if !is_empty(to).map_err(CopyError::io(to))? {
            return Err(CopyError::Exists { path: to.to_owned() });
        }
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
    write_synced(&file, format.as_bytes()).map_err(CopyError::io(&file))?;
    sync_directory(path).map_err(CopyError::io(path))
}

/// Makes a store of a copy, in a directory that is empty or not there yet. Every stream has a new
/// epoch: what was published after the copy was made is lost, and its offsets will be given again. The
/// copy stays as it is.
///
/// # Errors
/// There is no copy, the directory is in use or not empty, or can't be written. What was written of
/// the store is then no store and can be deleted.
pub fn restore(
    from: &Path,
    to: &Path,
    ids: &dyn IdSource,
    now: Timestamp,
) -> Result<OpenReport, CopyError> {
    check_copy(from)?;
    let directory = Directory::take_empty(to)?;
    copy_files(&from.join("db"), &to.join("db"))?;
    // There is no head, so opening gives new epochs.
    seal(to, FORMAT)?;
    let surroundings = Surroundings { directory: &directory, ids, now, cache_bytes: CACHE_BYTES };
    Ok(surroundings.open()?.report)
}

fn check_copy(path: &Path) -> Result<(), CopyError> {
    let format = path.join("format");
    match fs::read_to_string(&format) {
        Ok(found) if found == BACKUP_FORMAT => Ok(()),
        Err(error) if !matches!(error.kind(), NotFound | NotADirectory | InvalidData) => {
            Err(CopyError::io(&format)(error))
        }
        Ok(_) | Err(_) => Err(CopyError::NoBackup { path: path.to_owned() }),
    }
}

fn copy_files(from: &Path, to: &Path) -> Result<(), CopyError> {
    fs::create_dir(to).map_err(CopyError::io(to))?;
    for entry in fs::read_dir(from).map_err(CopyError::io(from))? {
        let path = entry.map_err(CopyError::io(from))?.path();
        let target: PathBuf = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_files(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(CopyError::io(&path))?;
            let written = fs::File::open(&target).and_then(|file| file.sync_all());
            written.map_err(CopyError::io(&target))?;
        }
    }
    sync_directory(to).map_err(CopyError::io(to))
}
