//! Denials of one connection, told once per rule and minute.

use std::{collections::VecDeque, time::Duration};

use domain::{ChannelName, Denial, Moment};

/// Remembers which denials were told lately.
#[derive(Default)]
pub(crate) struct Denials {
    told: VecDeque<Told>,
}

struct Told {
    denial: Denial,
    at: Moment,
    suppressed: u32,
}

impl Denials {
    /// Rules that are remembered; beyond that the oldest is told again.
    const REMEMBERED: usize = 16;
    const QUIET: Duration = Duration::from_secs(60);

    /// Whether this one is to be told: with how many were not since the last time.
    pub(crate) fn note(&mut self, denial: &Denial, now: Moment) -> Option<u32> {
        match self.told.iter_mut().find(|told| told.denial == *denial) {
            Some(told) if now.since(told.at) < Self::QUIET => {
                told.suppressed = told.suppressed.saturating_add(1);
                None
            }
            Some(told) => {
                told.at = now;
                Some(std::mem::take(&mut told.suppressed))
            }
            None => {
                if self.told.len() == Self::REMEMBERED {
                    self.told.pop_front();
                }
                self.told.push_back(Told { denial: denial.clone(), at: now, suppressed: 0 });
                Some(0)
            }
        }
    }
}

/// What the client is told of a denial: the rule only where the app explains itself.
pub(crate) fn detail(explains: bool, channel: &ChannelName, denial: &Denial) -> Option<String> {
    explains.then(|| format!("{channel}: {denial}"))
}
