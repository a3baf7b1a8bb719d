//! What the system knows of this process; nothing where there is no `/proc`.

use std::fs;

/// What the system knows of this process.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) resident_bytes: Option<u64>,
    /// User and system together.
    pub(crate) cpu_ms: Option<u64>,
    /// Files and sockets that are open at most.
    pub(crate) open_files_limit: Option<u64>,
}

/// The kernel counts CPU time for programs in hundredths of a second, on every machine.
const TICK_MS: u64 = 10;

impl Process {
    /// As it is now: three small files of `/proc`.
    pub(crate) fn now() -> Self {
        let read = |file: &str| fs::read_to_string(format!("/proc/self/{file}")).ok();
        Self {
            resident_bytes: read("status").as_deref().and_then(resident),
            cpu_ms: read("stat").as_deref().and_then(cpu),
            open_files_limit: read("limits").as_deref().and_then(open_files),
        }
    }
}

/// `VmRSS:     12345 kB`
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// The 14th and 15th field; the second is a name in parentheses, which may have anything in it.
fn cpu(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) * TICK_MS)
}

/// `Max open files            1024                 524288               files`
fn open_files(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_proc_are_understood() {
        assert_eq!(resident("Name:\trtmate\nVmRSS:\t   2048 kB\n"), Some(2 << 20));
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 900 0 0 0 250 50 0 0 20 0 3 0 100 1 2";
        assert_eq!(cpu(stat), Some(3_000));
        assert_eq!(open_files("Max open files            1024       4096      files"), Some(1024));
        assert_eq!((resident(""), cpu("7"), open_files("")), (None, None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_process_is_known() {
        let now = Process::now();
        assert!(now.resident_bytes > Some(0) && now.cpu_ms.is_some(), "{now:?}");
    }
}
