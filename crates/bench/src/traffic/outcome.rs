//! What came of a run.

use std::time::Duration;

use super::Crowd;
use crate::{fault::Fault, histogram::Histogram, ledger::Verdict, process::Process, swarm::Swarm};

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How long was measured.
    pub time: Duration,
    /// Messages that came meanwhile.
    pub deliveries: u64,
    /// Bytes that came meanwhile, of TLS those that it sealed; what else a server says among them.
    pub received: u64,
    /// CPU time of the server meanwhile.
    pub server_cpu: Option<Duration>,
    /// The share of the time in which the generator had work to do.
    pub generator_busy: f64,
    /// By how much the server's memory grew at most.
    pub resident_growth: Option<u64>,
    /// What each publisher saw.
    pub streams: Vec<Stream>,
    /// Loss and order, over the whole run.
    pub verdict: Verdict,
    /// Subscribers whose connections ended, though nobody asked for it.
    pub dropped: u64,
    /// What became of the slow readers.
    pub slow: SlowOutcome,
}

/// Latencies of one publisher's messages.
#[derive(Debug, Default)]
pub struct Stream {
    /// Of each delivery.
    pub latency: Histogram,
    /// Until the last delivery, of each message.
    pub duration: Histogram,
}

/// What became of those who stopped reading.
#[derive(Debug, Default, Clone, Copy)]
pub struct SlowOutcome {
    /// Closed with 4101.
    pub closed: u64,
    /// Told why before.
    pub told: u64,
    /// Still connected, or gone in another way.
    pub otherwise: u64,
}

/// The code of a connection that reads too slowly.
const TOO_SLOW: u16 = 4101;

/// Readings at the beginning of the measuring.
pub(super) struct Gauge {
    began: u64,
    deliveries: u64,
    received: u64,
    spun: Duration,
    own_cpu: u64,
    server_cpu: Option<u64>,
    resident: Option<u64>,
    highest: Option<u64>,
}

impl Gauge {
    pub(super) fn begin(
        swarm: &Swarm,
        crowd: &Crowd,
        server: Option<&Process>,
    ) -> Result<Self, Fault> {
        let resident = server.map(Process::resident).transpose()?;
        Ok(Self {
            deliveries: crowd.deliveries,
            received: swarm.received(),
            spun: swarm.spun(),
            own_cpu: Process::own().cpu()?,
            server_cpu: server.map(Process::cpu).transpose()?,
            resident,
            highest: resident,
            began: swarm.now(),
        })
    }

    pub(super) const fn began(&self) -> u64 {
        self.began
    }

    /// Looks at the server's memory, of which the highest counts.
    pub(super) fn look(&mut self, server: Option<&Process>) -> Result<(), Fault> {
        self.highest = self.highest.max(server.map(Process::resident).transpose()?);
        Ok(())
    }

    pub(super) fn end(
        mut self,
        swarm: &Swarm,
        crowd: &Crowd,
        server: Option<&Process>,
    ) -> Result<Outcome, Fault> {
        let time = Duration::from_nanos(swarm.now() - self.began);
        let server_cpu = server.map(Process::cpu).transpose()?;
        let used = server_cpu.zip(self.server_cpu).map(|(now, then)| now.saturating_sub(then));
        let own = Duration::from_nanos(Process::own().cpu()?.saturating_sub(self.own_cpu));
        let busy = own.saturating_sub(swarm.spun().saturating_sub(self.spun));
        self.look(server)?;
        let growth = self.highest.zip(self.resident).map(|(high, low)| high.saturating_sub(low));
        Ok(Outcome {
            time,
            deliveries: crowd.deliveries - self.deliveries,
            received: swarm.received() - self.received,
            server_cpu: used.map(Duration::from_nanos),
            generator_busy: busy.as_secs_f64() / time.as_secs_f64().max(1e-9),
            resident_growth: growth,
            ..Outcome::default()
        })
    }
}

impl Outcome {
    /// Adds what is known when the last message came.
    pub(super) fn settle(&mut self, crowd: Crowd) {
        self.verdict = crowd.ledger.verdict();
        self.dropped = crowd.dropped;
        for reader in &crowd.slow {
            let closed = reader.end.filter(|end| end.code == Some(TOO_SLOW));
            self.slow.closed += u64::from(closed.is_some());
            self.slow.told += u64::from(closed.is_some_and(|end| end.told));
            self.slow.otherwise += u64::from(closed.is_none());
        }
        let stream = |sender: super::crowd::Sender| Stream {
            latency: sender.latency,
            duration: sender.duration,
        };
        self.streams = crowd.senders.into_iter().map(stream).collect();
    }
}
