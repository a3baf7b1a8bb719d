//! The app that floods, from a thread of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    fault::Fault,
    swarm::{Ear, End, Swarm},
    target::Target,
    traffic::names,
};

/// Subscribers of the one channel that is flooded.
pub(super) const SUBSCRIBERS: usize = 50;
/// Connections that send.
const SENDERS: usize = 20;
/// What could not be sent for this long is given up: a generator that was late does not catch up.
const LATE: Duration = Duration::from_millis(20);
const DATA: &[u8] = b"\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"";

/// What a flood came to.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Flooded {
    time: Duration,
    pub(super) sent: u64,
    pub(super) taken: u64,
    pub(super) refused: u64,
    pub(super) deliveries: u64,
    dropped: Option<Option<u16>>,
}

impl Flooded {
    /// What another one came to as well.
    pub(super) fn add(&mut self, other: &Self) {
        self.time += other.time;
        self.sent += other.sent;
        self.taken += other.taken;
        self.refused += other.refused;
        self.deliveries += other.deliveries;
    }

    pub(super) fn a_second(&self, count: u64) -> f64 {
        count as f64 / self.time.as_secs_f64().max(1e-9)
    }
}

impl Ear for Flooded {
    fn answered(&mut self, _: usize, _: &[u8], _: u64) {
        self.taken += 1;
    }

    fn refused(&mut self, _: usize, _: &[u8]) -> Result<(), Fault> {
        self.refused += 1;
        Ok(())
    }

    fn message(&mut self, _: usize, _: &[u8], _: u64) {
        self.deliveries += 1;
    }

    fn ended(&mut self, _: usize, end: End) {
        self.dropped = Some(end.code);
    }
}

/// A flood that goes on until it is ended.
pub(super) struct Flood {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Flooded, Fault>>,
}

impl Flood {
    /// So many messages a second, from now on. It has begun when this returns.
    pub(super) fn begin(target: Target, rate: f64) -> Result<Self, Fault> {
        let every = Duration::try_from_secs_f64(1.0 / rate).ok().filter(|every| !every.is_zero());
        let every = every.ok_or_else(|| Fault::Usage(format!("{rate} is no rate")))?;
        let stop = Arc::new(AtomicBool::new(false));
        let (ready, begun) = mpsc::channel();
        let asked = Arc::clone(&stop);
        let thread = thread::spawn(move || flood(target, every, &asked, &ready));
        // Where it failed `end` says why.
        _ = begun.recv();
        Ok(Self { stop, thread })
    }

    /// Ends it.
    pub(super) fn end(self) -> Result<Flooded, Fault> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.join();
        ended.map_err(|_| Fault::Usage("the flood ended by a fault".into()))?
    }
}

fn flood(
    target: Target,
    every: Duration,
    stop: &AtomicBool,
    ready: &mpsc::Sender<()>,
) -> Result<Flooded, Fault> {
    let mut swarm = Swarm::new(target, names(1))?;
    swarm.raise(std::iter::repeat_n(Some(0), SUBSCRIBERS))?;
    let senders = swarm.raise(std::iter::repeat_n(None, SENDERS))?;
    let (mut events, mut flooded) = (Swarm::events(), Flooded::default());
    _ = ready.send(());
    let began = Instant::now();
    let mut due = began;
    let mut next = senders.iter().copied().cycle();
    while !stop.load(Ordering::Relaxed) {
        let now = Instant::now();
        due = due.max(now.checked_sub(LATE).unwrap_or(now));
        while due <= now {
            next.by_ref().take(1).for_each(|sender| swarm.publish(sender, 0, DATA));
            flooded.sent += 1;
            due += every;
        }
        // It waits for at least a millisecond: it shall not take the core that it shares with who
        // measures.
        swarm.turn(&mut events, Duration::from_millis(1), &mut flooded)?;
        if let Some(code) = flooded.dropped {
            return Err(Fault::Ended(code));
        }
    }
    flooded.time = began.elapsed();
    Ok(flooded)
}
