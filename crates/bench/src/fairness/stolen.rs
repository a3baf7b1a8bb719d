//! What the host of this machine gave to others.

use std::fs;

use crate::fault::Fault;

/// A reading of the kernel's count, in ticks of all cores.
#[derive(Clone, Copy)]
pub(super) struct Stolen {
    all: u64,
    stolen: u64,
}

impl Stolen {
    pub(super) fn now() -> Result<Self, Fault> {
        let text = fs::read_to_string("/proc/stat").map_err(Fault::io("reading /proc/stat"))?;
        Ok(Self::of(&text))
    }

    /// The first line: user, nice, system, idle, iowait, irq, softirq, steal.
    fn of(text: &str) -> Self {
        let ticks: Vec<u64> = text
            .lines()
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .skip(1)
            .take(8)
            .filter_map(|word| word.parse().ok())
            .collect();
        Self { all: ticks.iter().sum(), stolen: ticks.get(7).copied().unwrap_or_default() }
    }

    /// The share since then, in percent.
    pub(super) fn percent_since(self) -> Result<f64, Fault> {
        Ok(Self::now()?.percent_after(self))
    }

    fn percent_after(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all);
        let stolen = self.stolen.saturating_sub(before.stolen);
        100.0 * stolen as f64 / all.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eighth_count_is_what_others_took() {
        let before = Stolen::of("cpu  100 0 50 800 10 0 5 35 7 0\ncpu0 1 2\n");
        let now = Stolen::of("cpu  150 0 60 830 10 0 5 45 9 0\n");
        assert!((now.percent_after(before) - 10.0).abs() < 1e-9);
    }
}
