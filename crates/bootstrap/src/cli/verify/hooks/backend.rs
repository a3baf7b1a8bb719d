//! What a receiver knows: what it was told, what of that it saved, and what it forgets.

use std::collections::BTreeSet;

use super::{
    api::{Api, Snapshot},
    record::{Comparison, LogEvent, What},
};

/// Names of things, the same whoever names them.
pub(super) mod things_of {
    pub(in crate::cli::verify::hooks) fn connection(id: &str, client: &str) -> String {
        format!("connection {id} {client}")
    }

    pub(in crate::cli::verify::hooks) fn channel(channel: &str) -> String {
        format!("channel {channel}")
    }

    pub(in crate::cli::verify::hooks) fn member(channel: &str, client: &str) -> String {
        format!("member {channel} {client}")
    }
}

/// What is there, as far as a place of the log.
#[derive(Debug, Clone, Default)]
struct Knowledge {
    cursor: u64,
    epoch: String,
    live: BTreeSet<String>,
}

/// How a receiver that misses something catches up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// With what is there now, which is then compared with what it knew and was told since.
    Snapshot,
    /// With the events that it misses.
    Events,
}

/// What a receiver knows.
#[derive(Debug, Default)]
pub(super) struct Backend {
    memory: Knowledge,
    saved: Knowledge,
    /// Whether it took its first snapshot.
    begun: bool,
    /// It was killed and has not asked yet what it missed, if anything.
    lost: bool,
    /// Each snapshot that it took, beside what it knew itself.
    pub(super) snapshots: Vec<Comparison>,
    /// What it was told that can't be.
    pub(super) odd: Vec<String>,
}

impl Backend {
    /// Takes what it is told. What it knows already is nothing new; where something is missing, it
    /// asks the server, one way or the other.
    ///
    /// # Errors
    /// The server does not answer: it knows what it did before.
    pub(super) async fn take(
        &mut self,
        api: &Api,
        (epoch, events): (&str, &[LogEvent]),
        by: By,
    ) -> Result<(), String> {
        if !self.begun || epoch != self.memory.epoch {
            self.catch_up(api).await?;
        } else if self.lost || self.has_hole(events) {
            match by {
                By::Snapshot => self.catch_up(api).await?,
                By::Events => self.read_up_to(api, events).await?,
            }
        }
        for event in events {
            if event.sequence > self.memory.cursor {
                self.memory.hear(event, &mut self.odd);
            }
        }
        Ok(())
    }

    fn has_hole(&self, events: &[LogEvent]) -> bool {
        let first = events.iter().find(|event| event.sequence > self.memory.cursor);
        first.is_some_and(|first| first.sequence != self.memory.cursor + 1)
    }

    /// Asks for the events between what it knows and what it is told.
    async fn read_up_to(&mut self, api: &Api, events: &[LogEvent]) -> Result<(), String> {
        let next = events.first().map_or(0, |first| first.sequence);
        let mut missed = Vec::new();
        api.read_after(self.memory.cursor, next.saturating_sub(1), &mut missed).await?;
        missed.iter().for_each(|event| self.memory.hear(event, &mut self.odd));
        self.lost = false;
        Ok(())
    }

    /// Asks for what is there, and for what happened until then: both must say the same.
    async fn catch_up(&mut self, api: &Api) -> Result<(), String> {
        let snapshot = api.snapshot().await?;
        let mut events = Vec::new();
        if self.begun {
            api.read_after(self.memory.cursor, snapshot.cursor, &mut events).await?;
        }
        self.compare(snapshot, &events);
        Ok(())
    }

    fn compare(&mut self, snapshot: Snapshot, events: &[LogEvent]) {
        let Snapshot { cursor, epoch, things } = snapshot;
        if self.begun && epoch != self.memory.epoch {
            self.odd.push(format!("the log is another one at {cursor}"));
        } else if self.begun && cursor < self.memory.cursor {
            let told = self.memory.cursor;
            self.odd.push(format!("a snapshot of {cursor} came behind event {told}"));
        } else if self.begun {
            let mut known = self.memory.clone();
            events.iter().for_each(|event| known.hear(event, &mut self.odd));
            self.snapshots.push(Comparison {
                who: "the receiver",
                whose: format!("the snapshot of {cursor}"),
                cursor,
                known: known.live,
                wanted: things.clone(),
            });
        }
        self.memory = Knowledge { cursor, epoch, live: things };
        (self.begun, self.lost) = (true, false);
        self.save();
    }

    /// What it knows outlives it.
    pub(super) fn save(&mut self) {
        self.saved = self.memory.clone();
    }

    /// It is killed: what it had not saved is gone, though it said that it had it.
    pub(super) fn forget(&mut self) {
        self.lost = true;
        self.memory = self.saved.clone();
    }

    /// Up to where it knows what is there, and what.
    pub(super) fn knows(&self) -> (u64, BTreeSet<String>) {
        (self.memory.cursor, self.memory.live.clone())
    }
}

impl Knowledge {
    fn hear(&mut self, event: &LogEvent, odd: &mut Vec<String>) {
        match &event.what {
            What::Comes(thing) => {
                if !self.live.insert(thing.clone()) {
                    odd.push(format!("{thing} came at {} and was there", event.sequence));
                }
            }
            What::Goes(thing) => {
                if !self.live.remove(thing) {
                    odd.push(format!("{thing} went at {} and was not there", event.sequence));
                }
            }
            What::Message { .. } | What::Dropped(_) | What::Other(_) => {}
        }
        self.cursor = event.sequence;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comes(sequence: u64, thing: &str) -> LogEvent {
        LogEvent { sequence, digest: 0, what: What::Comes(thing.to_owned()) }
    }

    fn snapshot(cursor: u64, things: &[&str]) -> Snapshot {
        let things = things.iter().map(ToString::to_string).collect();
        Snapshot { cursor, epoch: "e".to_owned(), things }
    }

    #[test]
    fn a_snapshot_is_compared_with_what_was_told_until_then() {
        let mut backend = Backend::default();
        backend.compare(snapshot(3, &["a"]), &[]);
        assert!(backend.snapshots.is_empty(), "it knew nothing before");
        backend.compare(snapshot(5, &["a", "b", "c"]), &[comes(4, "b"), comes(5, "c")]);
        assert!(backend.snapshots[0].is_equal());
        backend.compare(snapshot(6, &["a"]), &[comes(6, "a")]);
        assert!(!backend.snapshots[1].is_equal());
        assert_eq!(backend.odd, ["a came at 6 and was there"]);
        backend.compare(snapshot(2, &[]), &[]);
        assert_eq!(backend.odd.len(), 2, "older than what it knew: {:?}", backend.odd);
    }

    #[test]
    fn what_was_not_saved_is_forgotten_and_asked_for() {
        let mut backend = Backend::default();
        backend.compare(snapshot(3, &["a"]), &[]);
        assert!(!backend.has_hole(&[comes(4, "b")]));
        assert!(backend.has_hole(&[comes(5, "b")]), "4 is missing");
        backend.memory.hear(&comes(4, "b"), &mut Vec::new());
        assert!(!backend.has_hole(&[comes(3, "x"), comes(4, "b")]), "known");
        backend.forget();
        assert!(backend.lost);
        assert_eq!(backend.knows(), (3, BTreeSet::from(["a".to_owned()])));
    }
}
