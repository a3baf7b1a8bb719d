//! The data directory.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// The folder of the durable store in it.
pub const STORE: &str = "store";

/// The file of revoked tokens in it.
pub const REVOCATIONS: &str = "revocations";

/// Whether the directory was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prepared {
    /// It was made just now, for this user alone.
    Made,
    /// It was there, and its permissions were left alone.
    Found,
}

/// Makes the directory if it is not there: readable by this user alone, ignored by git. Two
/// processes may do it at once.
///
/// # Errors
/// It can't be made, or the path is no directory.
pub fn prepare(path: &Path) -> io::Result<Prepared> {
    if path.is_dir() {
        return Ok(Prepared::Found);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    match private().create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
            return Ok(Prepared::Found);
        }
        Err(error) => return Err(error),
    }
    let ignore = path.join(".gitignore");
    OpenOptions::new().write(true).create_new(true).open(ignore)?.write_all(b"*\n")?;
    Ok(Prepared::Made)
}

fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // Keeps the binding mutable where there are no modes.
    builder.recursive(false);
    builder
}
