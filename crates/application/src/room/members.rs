//! The subscribers of a room, each at its place.

use std::collections::HashMap;

use domain::ConnectionId;

use super::Member;

/// The subscribers of a room.
#[derive(Default)]
pub(super) struct Members {
    /// Dense but for those who left while a run is being written: their places stay until it is, or
    /// whoever moved into them would miss it.
    pub(super) list: Vec<Option<Member>>,
    pub(super) places: HashMap<ConnectionId, usize>,
    /// Those that are clients.
    pub(super) counted: usize,
    /// A run is being written.
    pub(super) writing: bool,
    /// Empty places in `list`.
    pub(super) left: usize,
}

impl Members {
    pub(super) fn get(&mut self, id: ConnectionId) -> Option<&mut Member> {
        let place = *self.places.get(&id)?;
        self.list.get_mut(place)?.as_mut()
    }

    pub(super) fn remove(&mut self, id: ConnectionId) -> Option<Member> {
        let place = self.places.remove(&id)?;
        let member = self.take(place)?;
        self.counted -= usize::from(member.counts);
        Some(member)
    }

    fn take(&mut self, place: usize) -> Option<Member> {
        if self.writing {
            self.left += 1;
            return self.list.get_mut(place)?.take();
        }
        let member = self.list.swap_remove(place);
        if let Some(Some(moved)) = self.list.get(place) {
            self.places.insert(moved.connection.id, place);
        }
        member
    }

    /// Fills the places of those who left during a run.
    pub(super) fn close_ranks(&mut self) {
        if self.left == 0 {
            return;
        }
        self.left = 0;
        self.list.retain(Option::is_some);
        for (place, member) in self.list.iter().flatten().enumerate() {
            self.places.insert(member.connection.id, place);
        }
    }
}
