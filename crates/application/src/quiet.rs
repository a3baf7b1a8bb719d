//! What was told lately is not told again.

use std::{collections::VecDeque, time::Duration};

use domain::Moment;

/// Lets each thing of one connection be told once a minute, and counts what it holds back.
pub(crate) struct Quiet<T> {
    told: VecDeque<Told<T>>,
}

struct Told<T> {
    what: T,
    at: Moment,
    suppressed: u32,
}

impl<T: PartialEq> Quiet<T> {
    /// Things that are remembered. While all of them are younger than a minute nothing else is
    /// told: a stranger can't fill the log with ever new ones.
    const REMEMBERED: usize = 32;
    const MINUTE: Duration = Duration::from_secs(60);

    /// Whether this is to be told now: with how many of the kind were held back since the last
    /// time.
    pub(crate) fn note(&mut self, what: T, now: Moment) -> Option<u32> {
        if let Some(told) = self.told.iter_mut().find(|told| told.what == what) {
            if now.since(told.at) < Self::MINUTE {
                told.suppressed = told.suppressed.saturating_add(1);
                return None;
            }
            told.at = now;
            return Some(std::mem::take(&mut told.suppressed));
        }
        if self.told.len() >= Self::REMEMBERED {
            let oldest = (0..self.told.len()).min_by_key(|index| self.told[*index].at)?;
            if now.since(self.told[oldest].at) < Self::MINUTE {
                return None;
            }
            self.told.remove(oldest);
        }
        self.told.push_back(Told { what, at: now, suppressed: 0 });
        Some(0)
    }
}

impl<T> Default for Quiet<T> {
    fn default() -> Self {
        Self { told: VecDeque::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_told_once_a_minute() {
        let at = Moment::from_millis;
        let mut quiet = Quiet::default();
        assert_eq!(quiet.note("a", at(0)), Some(0));
        assert_eq!(quiet.note("a", at(1)), None);
        assert_eq!(quiet.note("a", at(59_999)), None);
        assert_eq!(quiet.note("b", at(2)), Some(0));
        assert_eq!(quiet.note("a", at(60_000)), Some(2));
    }

    #[test]
    fn ever_new_things_do_not_fill_the_log() {
        let mut quiet = Quiet::default();
        let now = Moment::from_millis(0);
        let told = (0..1000).filter(|what| quiet.note(*what, now).is_some()).count();
        assert_eq!(told, 32);
        assert_eq!(quiet.note(5000, Moment::from_millis(60_000)), Some(0));
    }
}
