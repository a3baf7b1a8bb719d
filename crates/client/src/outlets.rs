//! The bounded streams to the readers of channels.

use std::collections::{HashMap, VecDeque};

use domain::ChannelName;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::sync::mpsc::{self, OwnedPermit, error::TrySendError};

use crate::ChannelEvent;

/// What became of an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    Done,
    /// It waits here, and the reader has as much as it may.
    Overflowed,
    ReaderGone,
}

struct Outlet {
    /// Tells a subscription from a later one to the same channel.
    number: u64,
    sender: mpsc::Sender<ChannelEvent>,
    /// What did not fit: no more than what one step of the machine brings, which is told of the
    /// overflow and says no more until it is drained.
    spill: VecDeque<ChannelEvent>,
    /// The stream ends after the spill.
    released: bool,
}

struct Room {
    channel: ChannelName,
    number: u64,
    /// Nothing where the reader is gone.
    permit: Option<OwnedPermit<ChannelEvent>>,
}

/// The streams to the readers, one for each channel.
#[derive(Default)]
pub(crate) struct Outlets {
    open: HashMap<ChannelName, Outlet>,
    /// Readers that have to take something first.
    waiting: FuturesUnordered<BoxFuture<'static, Room>>,
}

impl Outlets {
    pub(crate) fn add(
        &mut self,
        channel: ChannelName,
        number: u64,
        sender: mpsc::Sender<ChannelEvent>,
    ) {
        let outlet = Outlet { number, sender, spill: VecDeque::new(), released: false };
        self.open.insert(channel, outlet);
    }

    /// Whether somebody reads the channel.
    pub(crate) fn is_read(&self, channel: &ChannelName) -> bool {
        self.open.get(channel).is_some_and(|outlet| !outlet.sender.is_closed())
    }

    /// Whether this subscription is the channel's present one.
    pub(crate) fn is_present(&self, channel: &ChannelName, number: u64) -> bool {
        self.open.get(channel).is_some_and(|outlet| outlet.number == number && !outlet.released)
    }

    pub(crate) fn remove(&mut self, channel: &ChannelName) {
        self.open.remove(channel);
    }

    pub(crate) fn deliver(&mut self, channel: &ChannelName, event: ChannelEvent) -> Delivered {
        let Some(outlet) = self.open.get_mut(channel) else { return Delivered::ReaderGone };
        if !outlet.spill.is_empty() {
            outlet.spill.push_back(event);
            return Delivered::Done;
        }
        match outlet.sender.try_send(event) {
            Ok(()) => Delivered::Done,
            Err(TrySendError::Closed(_)) => Delivered::ReaderGone,
            Err(TrySendError::Full(event)) => {
                outlet.spill.push_back(event);
                let waiting = reserve(channel.clone(), outlet);
                self.waiting.push(waiting);
                Delivered::Overflowed
            }
        }
    }

    /// Ends the stream, after what waits.
    pub(crate) fn release(&mut self, channel: &ChannelName) {
        if let Some(outlet) = self.open.get_mut(channel) {
            outlet.released = true;
            if outlet.spill.is_empty() {
                self.open.remove(channel);
            }
        }
    }

    /// The next channel whose reader has read everything that waited. Never resolves while no
    /// reader is behind.
    pub(crate) async fn drained(&mut self) -> ChannelName {
        loop {
            let Some(room) = self.waiting.next().await else { return std::future::pending().await };
            if let Some(channel) = self.fill(room) {
                return channel;
            }
        }
    }

    /// Hands over one event; the channel, where that was the last one that waited.
    fn fill(&mut self, room: Room) -> Option<ChannelName> {
        let outlet = self.open.get_mut(&room.channel)?;
        if outlet.number != room.number {
            return None;
        }
        let permit = room.permit?;
        if let Some(event) = outlet.spill.pop_front() {
            permit.send(event);
        }
        if !outlet.spill.is_empty() {
            let waiting = reserve(room.channel, outlet);
            self.waiting.push(waiting);
            return None;
        }
        if outlet.released {
            self.open.remove(&room.channel);
            return None;
        }
        Some(room.channel)
    }
}

fn reserve(channel: ChannelName, outlet: &Outlet) -> BoxFuture<'static, Room> {
    let (sender, number) = (outlet.sender.clone(), outlet.number);
    Box::pin(async move { Room { channel, number, permit: sender.reserve_owned().await.ok() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended() -> ChannelEvent {
        let reason = String::new();
        ChannelEvent::Unsubscribed { reason, resubscribes: true, refusal: None }
    }

    #[tokio::test]
    async fn what_does_not_fit_waits_and_is_told_once() {
        let channel = ChannelName::parse("a").unwrap();
        let (sender, mut reader) = mpsc::channel(1);
        let mut outlets = Outlets::default();
        outlets.add(channel.clone(), 1, sender);
        assert_eq!(outlets.deliver(&channel, ended()), Delivered::Done);
        assert_eq!(outlets.deliver(&channel, ended()), Delivered::Overflowed);
        assert_eq!(outlets.deliver(&channel, ended()), Delivered::Done);
        let read = tokio::spawn(async move {
            for _ in 0..3 {
                reader.recv().await.unwrap();
            }
            reader
        });
        assert_eq!(outlets.drained().await, channel);
        let mut reader = read.await.unwrap();
        outlets.release(&channel);
        assert!(reader.recv().await.is_none(), "the stream ends");
    }

    #[tokio::test]
    async fn a_reader_that_left_is_noticed() {
        let channel = ChannelName::parse("a").unwrap();
        let (sender, reader) = mpsc::channel(1);
        let mut outlets = Outlets::default();
        outlets.add(channel.clone(), 1, sender);
        assert!(outlets.is_read(&channel));
        drop(reader);
        assert!(!outlets.is_read(&channel));
        assert_eq!(outlets.deliver(&channel, ended()), Delivered::ReaderGone);
    }
}
