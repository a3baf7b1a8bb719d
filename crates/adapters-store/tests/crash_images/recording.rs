//! What a process wrote and synced, in order, and the files that a power loss would leave.

use std::{
    collections::HashMap,
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
};

/// What was written to a file.
#[derive(Default, Clone)]
pub(crate) struct Written {
    /// Bytes by place, in order, that were not synced yet.
    waiting: Vec<(u64, Vec<u8>)>,
    /// Of each thread that syncs the file right now: how much of `waiting` was there before.
    under_way: HashMap<u64, usize>,
    /// What was synced.
    synced: Vec<(u64, Vec<u8>)>,
}

/// The files as they were when the process had told of so many acknowledgements.
pub(crate) struct Image {
    pub(crate) acknowledged: usize,
    pub(crate) files: HashMap<PathBuf, Written>,
}

/// Builds the recorder; needs a C compiler, as the workspace does.
pub(crate) fn recorder(folder: &Path) -> PathBuf {
    let library = folder.join("recorder.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash_images/recorder.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .status();
    assert!(built.expect("a C compiler, cc").success());
    library
}

struct Call<'a> {
    kind: u8,
    thread: u64,
    place: u64,
    path: PathBuf,
    bytes: &'a [u8],
}

fn calls(mut record: &[u8]) -> Vec<Call<'_>> {
    let mut calls = Vec::new();
    while let Some((kind, rest)) = record.split_first() {
        let (head, rest) = rest.split_at(32);
        let [thread, place, path, length] = [0, 8, 16, 24].map(|at| number(&head[at..at + 8]));
        let (path, rest) = rest.split_at(usize::try_from(path).expect("a length"));
        let path = PathBuf::from(String::from_utf8(path.to_vec()).expect("a path"));
        let (bytes, rest) = rest.split_at(usize::try_from(length).expect("a length"));
        let kind = *kind;
        calls.push(Call { kind, thread, place, path, bytes });
        record = rest;
    }
    calls
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_ne_bytes(bytes.try_into().expect("eight bytes"))
}

/// The files at each acknowledgement that the process told of.
pub(crate) fn images(record: &[u8], store: &Path) -> Vec<Image> {
    let mut files: HashMap<PathBuf, Written> = HashMap::new();
    let mut images = Vec::new();
    for Call { kind, thread, place, path, bytes } in calls(record) {
        if path == Path::new("/dev/null") {
            let said = String::from_utf8_lossy(bytes);
            let number = said.trim_end().strip_prefix("acknowledged ").and_then(|n| n.parse().ok());
            images.extend(number.map(|acknowledged| Image { acknowledged, files: files.clone() }));
        }
        if !path.starts_with(store) {
            continue;
        }
        let file = files.entry(path).or_default();
        match kind {
            b'w' => file.waiting.push((place, bytes.to_vec())),
            b's' => drop(file.under_way.insert(thread, file.waiting.len())),
            _ => file.sync(thread),
        }
    }
    images
}

impl Written {
    /// A sync is done: what was written before it began is on disk.
    fn sync(&mut self, thread: u64) {
        let before = self.under_way.remove(&thread).unwrap_or(0).min(self.waiting.len());
        self.synced.extend(self.waiting.drain(..before));
        for other in self.under_way.values_mut() {
            *other = other.saturating_sub(before);
        }
    }

    /// Writes what was synced to a file that is as long as it was; zeros where nothing was.
    pub(crate) fn put(&self, path: &Path) {
        let length = fs::metadata(path).expect("a file").len();
        let file = File::create(path).expect("a file");
        file.set_len(length).expect("a length");
        for (at, bytes) in &self.synced {
            file.write_all_at(bytes, *at).expect("written");
        }
    }
}
