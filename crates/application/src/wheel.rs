//! One timer wheel for all connections, instead of a timer for each.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use domain::Moment;

use crate::{Connection, ports::Clock};

/// Hands each connection its visits. A connection is in the wheel once that counts; entries that
/// a newer one replaced are dropped when their time comes.
pub struct Wheel {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    slots: Vec<Vec<Entry>>,
    /// The tick up to which everything was visited.
    done: u64,
}

struct Entry {
    due_tick: u64,
    generation: u32,
    connection: Weak<Connection>,
}

impl Wheel {
    /// How exact the visits are.
    pub const TICK: Duration = Duration::from_millis(100);
    /// Ticks in a turn; what is due later stays for further turns.
    const SLOTS: u64 = 512;

    /// A wheel that stands at the clock's present moment.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let slots = (0..Self::SLOTS).map(|_| Vec::new()).collect();
        let done = tick_of(clock.moment());
        Self { clock, state: Mutex::new(State { slots, done }) }
    }

    /// Puts the connection in for a visit at `due`; an earlier entry no longer counts.
    pub(crate) fn arm(&self, connection: &Arc<Connection>, due: Moment) {
        let generation = connection.with_deadlines(|deadlines| {
            deadlines.generation = deadlines.generation.wrapping_add(1);
            deadlines.generation
        });
        self.insert(Arc::downgrade(connection), generation, due);
    }

    fn insert(&self, connection: Weak<Connection>, generation: u32, due: Moment) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Rounded up: a visit is never early. Never in the tick that is being visited.
        let due_tick = (tick_of(due) + 1).max(state.done + 1);
        let slot = index(due_tick);
        state.slots[slot].push(Entry { due_tick, generation, connection });
    }

    /// Visits everything that is due. Called often by [`Self::run`], and by tests.
    pub fn turn(&self) {
        let now = self.clock.moment();
        while let Some(entries) = self.next_slot(tick_of(now)) {
            for entry in entries {
                self.visit(&entry, now);
            }
        }
    }

    /// The due entries of the next tick that was not visited; nothing when all were.
    fn next_slot(&self, upto: u64) -> Option<Vec<Entry>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.done >= upto {
            return None;
        }
        state.done += 1;
        let tick = state.done;
        let slot = &mut state.slots[index(tick)];
        Some(slot.extract_if(.., |entry| entry.due_tick <= tick).collect())
    }

    fn visit(&self, entry: &Entry, now: Moment) {
        let Some(connection) = entry.connection.upgrade() else { return };
        if connection.with_deadlines(|deadlines| deadlines.generation) != entry.generation {
            return;
        }
        if let Some(next) = connection.visit(now, self.clock.now()) {
            self.insert(Arc::downgrade(&connection), entry.generation, next);
        }
    }

    /// Turns the wheel for as long as the future is polled.
    pub async fn run(&self) {
        let mut ticks = tokio::time::interval(Self::TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.turn();
        }
    }
}

fn tick_of(moment: Moment) -> u64 {
    moment.as_millis() / u64::try_from(Wheel::TICK.as_millis()).unwrap_or(1)
}

fn index(tick: u64) -> usize {
    usize::try_from(tick % Wheel::SLOTS).unwrap_or(0)
}
