//! Publishers and subscribers at work, and what is seen meanwhile.

mod crowd;
mod outcome;
mod plan;

use std::time::Duration;

use mio::Events;

pub use crowd::Crowd;
pub use outcome::{Outcome, SlowOutcome, Stream};
pub use plan::{Extent, Pace, Plan, Publisher, Slow};

use crate::{
    fault::Fault, ledger::Ledger, process::Process, stamp::Stamp, swarm::Swarm, target::Target,
};
use outcome::Gauge;

/// How long the last messages may take once nobody sends any more.
const DRAIN: Duration = Duration::from_secs(10);
/// How often the server's memory is looked at.
const LOOK: u64 = 20_000_000;
/// How long a turn may take when there is nothing to send.
const IDLE: u64 = 20_000_000;

/// A run: all connections, who sends what when, and what came of it.
pub struct Traffic {
    swarm: Swarm,
    events: Events,
    crowd: Crowd,
    plan: Plan,
    server: Option<Process>,
    data: Vec<u8>,
    /// Messages sent since the measuring began, which nothing is before.
    sent: Option<u64>,
}

impl Traffic {
    /// Opens all connections of the plan.
    ///
    /// # Errors
    ///
    /// What keeps one of them from being ready.
    pub fn open(target: Target, plan: Plan, server: Option<Process>) -> Result<Self, Fault> {
        let mut swarm = Swarm::new(target, names(plan.channels.len()))?;
        let mut ledger = Ledger::new(plan.channels.len(), plan.publishers.len());
        let numbers = plan.channels.iter().enumerate();
        let wanted = numbers.flat_map(|(number, size)| std::iter::repeat_n(Some(number), *size));
        let wanted: Vec<_> = wanted.collect();
        let links = swarm.raise(wanted.iter().copied())?;
        for (link, channel) in links.into_iter().zip(wanted) {
            ledger.subscribe(link, channel.unwrap_or_default());
        }
        let slow = plan.slow.map_or(0, |slow| slow.count);
        let slow = swarm.raise(std::iter::repeat_n(Some(0), slow))?;
        let senders = swarm.raise(plan.publishers.iter().map(|_| None))?;
        let crowd = Crowd::new(ledger, &plan, senders, slow);
        let events = Swarm::events();
        Ok(Self { swarm, events, crowd, plan, server, data: Vec::new(), sent: None })
    }

    /// Warms up, measures, waits for what is under way.
    ///
    /// # Errors
    ///
    /// What ended the run early.
    pub fn run(mut self) -> Result<Outcome, Fault> {
        let began = self.swarm.now();
        self.crowd.start(began);
        let warm = began + nanos(self.plan.warmup);
        while self.swarm.now() < warm {
            self.turn(warm)?;
        }
        self.crowd.forget_latencies();
        self.sent = Some(0);
        for link in self.crowd.slow_links() {
            self.swarm.deafen(link)?;
        }
        let mut gauge = Gauge::begin(&self.swarm, &self.crowd, self.server.as_ref())?;
        let listens = self.plan.slow.map(|slow| gauge.began() + nanos(slow.stall));
        let mut listening = false;
        let end = match self.plan.extent {
            Extent::Time(time) => gauge.began() + nanos(time),
            Extent::Messages(_) => u64::MAX,
        };
        let mut look = gauge.began() + LOOK;
        let mut progress = (0, gauge.began());
        loop {
            let now = self.swarm.now();
            if progress.0 != self.crowd.deliveries {
                progress = (self.crowd.deliveries, now);
            } else if end == u64::MAX && now - progress.1 > nanos(DRAIN) {
                let seconds = DRAIN.as_secs();
                return Err(Fault::Stuck { what: "messages are under way", seconds });
            }
            if now >= end || self.is_enough() {
                break;
            }
            if self.plan.slow.is_some() && now >= look {
                gauge.look(self.server.as_ref())?;
                look = now + LOOK;
            }
            if listens.is_some_and(|at| now >= at) && !listening {
                listening = true;
                self.listen()?;
            }
            self.turn(end)?;
        }
        let mut outcome = gauge.end(&self.swarm, &self.crowd, self.server.as_ref())?;
        if !listening {
            self.listen()?;
        }
        self.drain()?;
        outcome.settle(self.crowd);
        Ok(outcome)
    }

    fn is_enough(&self) -> bool {
        match self.plan.extent {
            Extent::Time(_) => false,
            Extent::Messages(count) => self.sent.is_some_and(|sent| sent >= count),
        }
    }

    /// Sends what is due, then waits for what comes, at most until `end`.
    fn turn(&mut self, end: u64) -> Result<(), Fault> {
        let now = self.swarm.now();
        for publisher in 0..self.plan.publishers.len() {
            while !self.is_enough()
                && let Some(at) = self.crowd.take_due(publisher, now)
            {
                self.send(publisher, at);
            }
        }
        let now = self.swarm.now();
        let next = self.crowd.next_due().unwrap_or(u64::MAX).min(end).min(now + IDLE);
        let wait = Duration::from_nanos(next.saturating_sub(now));
        self.swarm.turn(&mut self.events, wait, &mut self.crowd)?;
        match self.crowd.lost_sender() {
            Some(code) => Err(Fault::Ended(code)),
            None => Ok(()),
        }
    }

    fn send(&mut self, publisher: usize, at: u64) {
        let channels = self.plan.publishers[publisher].channels.clone();
        let spread = channels.len().max(1) as u64;
        let random = if spread > 1 { (self.swarm.random() >> 8) % spread } else { 0 };
        let channel = channels.start + random as usize;
        let (link, sequence) = self.crowd.sends(publisher, channel, at);
        let stamp = Stamp { at, publisher, sequence };
        self.plan.content.write(stamp, &mut self.data, self.plan.payload);
        self.swarm.publish(link, channel, &self.data);
        self.sent = self.sent.map(|sent| sent + 1);
    }

    fn listen(&mut self) -> Result<(), Fault> {
        for link in self.crowd.slow_links() {
            self.swarm.listen(link)?;
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), Fault> {
        self.crowd.stop();
        let end = self.swarm.now() + nanos(DRAIN);
        while self.swarm.now() < end && !self.crowd.is_settled() {
            self.swarm.turn(&mut self.events, Duration::from_millis(20), &mut self.crowd)?;
        }
        Ok(())
    }
}

/// Names that no other run has, all of one length.
pub(crate) fn names(count: usize) -> Vec<String> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let run = now.unwrap_or_default().as_micros() as u32 ^ std::process::id().rotate_left(16);
    (0..count).map(|number| format!("bench:{run:08x}:{number:05}")).collect()
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
