//! Things that are to be done at some moment.

use std::collections::BTreeMap;

use domain::Moment;

/// When something is due, and which of those that are due at once it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Due {
    at: Moment,
    number: u64,
}

/// Things to be done, the next one first.
pub(crate) struct Agenda<T> {
    things: BTreeMap<Due, T>,
    next: u64,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { things: BTreeMap::new(), next: 0 }
    }
}

impl<T> Agenda<T> {
    pub(crate) fn add(&mut self, at: Moment, thing: T) -> Due {
        let due = Due { at, number: self.next };
        self.next += 1;
        self.things.insert(due, thing);
        due
    }

    /// It is not to be done any more.
    pub(crate) fn cancel(&mut self, due: Due) {
        self.things.remove(&due);
    }

    /// The next thing, if it is due by now.
    pub(crate) fn take(&mut self, now: Moment) -> Option<T> {
        let first = self.things.first_entry()?;
        (first.key().at <= now).then(|| first.remove())
    }

    /// The next thing, due or not.
    pub(crate) fn take_next(&mut self) -> Option<T> {
        self.things.pop_first().map(|(_, thing)| thing)
    }

    pub(crate) fn len(&self) -> usize {
        self.things.len()
    }
}
