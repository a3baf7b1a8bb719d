//! Channels whose number of subscribers changed and is to be told.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::ChannelKey;

/// Channels whose size is to be told to their subscribers, each with the ticks that it waits. A
/// small channel hears of each change with the next tick, a large one every five seconds: what is
/// told to everybody whenever anybody comes would grow with the square. Bounded by the channels.
#[derive(Default)]
pub(crate) struct Sizes(Mutex<HashMap<ChannelKey, u32>>);

impl Sizes {
    /// Larger channels hear more rarely, as with the hosted service.
    const LARGE: usize = 100;
    const LARGE_TICKS: u32 = 50;

    /// The channel's size changed, to this. A tick is 100 ms.
    pub(crate) fn changed(&self, channel: &ChannelKey, size: usize) {
        let wait = if size > Self::LARGE { Self::LARGE_TICKS } else { 0 };
        self.with(|sizes| {
            sizes.entry(channel.clone()).or_insert(wait);
        });
    }

    /// The channels that are to be told now.
    pub(crate) fn tick(&self) -> Vec<ChannelKey> {
        self.with(|sizes| {
            let due = sizes.extract_if(|_, wait| {
                let due = *wait == 0;
                *wait = wait.saturating_sub(1);
                due
            });
            due.map(|(channel, _)| channel).collect()
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut HashMap<ChannelKey, u32>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{AppId, ChannelName};

    #[test]
    fn small_channels_hear_at_once_and_large_ones_every_five_seconds() {
        let key = |name| ChannelKey {
            app: AppId::parse("shop").unwrap(),
            channel: ChannelName::parse(name).unwrap(),
        };
        let sizes = Sizes::default();
        sizes.changed(&key("small"), 2);
        sizes.changed(&key("small"), 3);
        sizes.changed(&key("large"), 101);
        assert_eq!(sizes.tick(), [key("small")]);
        sizes.changed(&key("large"), 102);
        for _ in 1..Sizes::LARGE_TICKS {
            assert_eq!(sizes.tick(), []);
        }
        assert_eq!(sizes.tick(), [key("large")], "a further change does not put it off");
        assert_eq!(sizes.tick(), []);
    }
}
