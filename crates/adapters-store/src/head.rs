//! The head file: the number of the last commit group that may have been acknowledged.
//!
//! The engine drops a damaged end of its journal and says nothing. The head is written and synced
//! behind each group and before anything of the group is acknowledged, so a store that has fewer
//! groups than its head has lost some.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

use xxhash_rust::xxh3::xxh3_64;

/// What the head file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeadMark {
    /// Which store it belongs to.
    pub(crate) store: u64,
    /// The last group.
    pub(crate) group: u64,
}

/// The open head file: two slots in blocks of their own, written in turn, so that a write that was
/// cut short leaves the one before.
pub(crate) struct Head {
    file: File,
    store: u64,
}

impl Head {
    const SLOTS: u64 = 2;
    const SLOT_BYTES: u64 = 4096;
    const MARK_BYTES: usize = 24;

    /// What the file says; nothing where there is none, or none that can be read.
    pub(crate) fn read(path: &Path) -> io::Result<Option<HeadMark>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut newest = None::<HeadMark>;
        for slot in 0..Self::SLOTS {
            let mut bytes = [0; Self::MARK_BYTES];
            match file.read_exact_at(&mut bytes, slot * Self::SLOT_BYTES) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => continue,
                Err(error) => return Err(error),
            }
            let newer = |mark: &HeadMark| newest.is_none_or(|newest| mark.group > newest.group);
            newest = decode(&bytes).filter(newer).or(newest);
        }
        Ok(newest)
    }

    /// Opens the file for writing, and writes and syncs this mark to all of it: both slots are of
    /// this store, and later writes change no length.
    pub(crate) fn open(path: &Path, mark: HeadMark) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        // The slot that is not the newest goes first.
        for slot in [(mark.group + 1) % Self::SLOTS, mark.group % Self::SLOTS] {
            let mut block = vec![0; usize::try_from(Self::SLOT_BYTES).unwrap_or(0)];
            block[..Self::MARK_BYTES].copy_from_slice(&encode(mark));
            file.write_all_at(&block, slot * Self::SLOT_BYTES)?;
            file.sync_all()?;
        }
        Ok(Self { file, store: mark.store })
    }

    /// Writes and syncs the number of a group that is on disk.
    pub(crate) fn advance(&self, group: u64) -> io::Result<()> {
        let mark = HeadMark { store: self.store, group };
        self.file.write_all_at(&encode(mark), group % Self::SLOTS * Self::SLOT_BYTES)?;
        self.file.sync_data()
    }
}

fn encode(mark: HeadMark) -> [u8; Head::MARK_BYTES] {
    let mut bytes = [0; Head::MARK_BYTES];
    bytes[..8].copy_from_slice(&mark.store.to_be_bytes());
    bytes[8..16].copy_from_slice(&mark.group.to_be_bytes());
    let sum = xxh3_64(&bytes[..16]);
    bytes[16..].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn decode(bytes: &[u8; Head::MARK_BYTES]) -> Option<HeadMark> {
    let number = |at: usize| {
        let mut number = [0; 8];
        number.copy_from_slice(&bytes[at..at + 8]);
        u64::from_be_bytes(number)
    };
    let mark = HeadMark { store: number(0), group: number(8) };
    (number(16) == xxh3_64(&bytes[..16])).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_whole_slot_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head");
        assert_eq!(Head::read(&path).unwrap(), None);
        let head = Head::open(&path, HeadMark { store: 7, group: 4 }).unwrap();
        head.advance(5).unwrap();
        head.advance(6).unwrap();
        assert_eq!(Head::read(&path).unwrap(), Some(HeadMark { store: 7, group: 6 }));
        // A write of group 7 that was cut short.
        head.file.write_all_at(&[1, 2, 3], Head::SLOT_BYTES + 10).unwrap();
        assert_eq!(Head::read(&path).unwrap(), Some(HeadMark { store: 7, group: 6 }));
        head.file.write_all_at(&[1, 2, 3], 10).unwrap();
        assert_eq!(Head::read(&path).unwrap(), None);
    }
}
