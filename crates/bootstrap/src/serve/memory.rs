//! How much memory the server may have.

use std::fs;

/// Where the system does not say.
const UNKNOWN: u64 = 2 * 1024 * 1024 * 1024;
/// The least that may wait to be sent.
const LEAST: u64 = 64 * 1024 * 1024;

/// What may wait to be sent where the settings do not say: half of the memory that this process may
/// have, at least 64 MiB.
pub(super) fn for_queues() -> usize {
    let read = |file: &str| fs::read_to_string(file).ok();
    let machine = read("/proc/meminfo").as_deref().and_then(total);
    // Of a container with a view of its own group, which is the usual one.
    let group = read("/sys/fs/cgroup/memory.max").as_deref().and_then(most);
    let memory = machine.into_iter().chain(group).min().unwrap_or(UNKNOWN);
    usize::try_from((memory / 2).max(LEAST)).unwrap_or(usize::MAX)
}

/// `MemTotal:       16303476 kB`
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// A number of bytes, or `max`.
fn most(limit: &str) -> Option<u64> {
    limit.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_understood() {
        assert_eq!(total("MemTotal:        2048 kB\nMemFree: 1 kB\n"), Some(2 << 20));
        assert_eq!((most("1048576\n"), most("max\n")), (Some(1 << 20), None));
        assert!(for_queues() >= 64 << 20);
    }
}
