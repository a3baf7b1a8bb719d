//! What the kernel says of a process: CPU time and resident memory.

use std::{fs, io, path::PathBuf};

use crate::fault::Fault;

/// A process of this machine.
#[derive(Debug, Clone)]
pub struct Process {
    folder: PathBuf,
}

impl Process {
    /// The process with this id, which must be there.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] where it can't be looked at.
    pub fn of_pid(pid: u32) -> Result<Self, Fault> {
        let process = Self { folder: format!("/proc/{pid}").into() };
        process.cpu()?;
        Ok(process)
    }

    /// This process.
    #[must_use]
    pub fn own() -> Self {
        Self { folder: "/proc/self".into() }
    }

    /// Nanoseconds that its threads were on a core, user and system together. A thread that ended
    /// takes its share along, so differences count what lives on.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] where the process is gone.
    pub fn cpu(&self) -> Result<u64, Fault> {
        self.sum_of_tasks().map_err(Fault::io("reading the CPU time of a process"))
    }

    /// How much more [`Self::cpu`] is than it was; nothing where threads that ended took more along
    /// than the others used.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] where the process is gone.
    pub fn cpu_since(&self, before: u64) -> Result<u64, Fault> {
        Ok(self.cpu()?.saturating_sub(before))
    }

    fn sum_of_tasks(&self) -> io::Result<u64> {
        let mut sum = 0;
        for task in fs::read_dir(self.folder.join("task"))? {
            match fs::read_to_string(task?.path().join("schedstat")) {
                Ok(text) => sum += on_core(&text).ok_or_else(misread)?,
                // The thread ended meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if error.raw_os_error() == Some(ESRCH) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(sum)
    }

    /// Bytes of its memory that are in RAM.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] where the process is gone or belongs to somebody else.
    pub fn resident(&self) -> Result<u64, Fault> {
        let text = fs::read_to_string(self.folder.join("smaps_rollup"));
        let bytes = text.and_then(|text| resident(&text).ok_or_else(misread));
        bytes.map_err(Fault::io("reading the memory of a process"))
    }
}

/// "No such process", for a thread that ended between two calls.
const ESRCH: i32 = 3;

fn misread() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not of the form that proc(5) describes")
}

/// The first number of a `schedstat`.
fn on_core(schedstat: &str) -> Option<u64> {
    schedstat.split_ascii_whitespace().next()?.parse().ok()
}

/// The bytes in the line `Rss:` of a `smaps_rollup`, which counts in KiB.
fn resident(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_files_are_understood() {
        assert_eq!(on_core("111198 75390 2\n"), Some(111_198));
        assert_eq!(on_core(""), None);
        let rollup = "56027f2e0000-7ffcf7a50000 ---p 00000000 00:00 0   [rollup]\n\
            Rss:                1704 kB\nPss:                 431 kB\n";
        assert_eq!(resident(rollup), Some(1704 * 1024));
        assert_eq!(resident("Pss: 431 kB\n"), None);
    }

    #[test]
    fn this_process_has_both() {
        let own = Process::own();
        assert!(own.cpu().unwrap() > 0);
        assert!(own.resident().unwrap() > 100_000);
        assert!(Process::of_pid(0).is_err());
    }
}
