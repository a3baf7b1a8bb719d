//! A folder of one's own, and what is loaded in it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use bootstrap::settings::{self, Flags, Loaded, Refused, Surroundings};

/// A folder that is gone with this value.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("configuration-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Loads what the folder's `rtmate.toml` says, with these variables and flags.
    pub(crate) fn load(
        &self,
        environment: &[(&str, &str)],
        flags: &Flags,
    ) -> Result<Loaded, Refused> {
        let around = Surroundings::new(&self.0, environment.iter().copied());
        settings::load(flags, &around)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Loads a text as `rtmate.toml`, alone.
pub(crate) fn load(text: &str) -> Result<Loaded, Refused> {
    let scratch = Scratch::new();
    scratch.write("rtmate.toml", text);
    scratch.load(&[], &Flags::default())
}

/// The line that refuses a text as `rtmate.toml`.
pub(crate) fn refusal(text: &str) -> String {
    match load(text) {
        Ok(_) => panic!("taken: {text}"),
        Err(refused) => refused.to_string(),
    }
}
