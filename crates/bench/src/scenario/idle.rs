//! Connections that do nothing: what the server keeps for each.

use std::time::Duration;

use super::busy;
use crate::{
    args::Size,
    fault::Fault,
    figures::Figures,
    process::Process,
    swarm::{Ear, End, Swarm},
    target::Target,
    traffic::names,
};

/// Connections, unless given.
const CONNECTIONS: usize = 10_000;
/// Connections that are there before, so that what a server makes once does not count.
const BEFORE: usize = 100;
/// How long the server may put things away.
const SETTLE: Duration = Duration::from_secs(1);

pub(super) fn run(
    size: &Size,
    target: &Target,
    server: Option<&Process>,
) -> Result<Figures, Fault> {
    let connections = size.subscribers.unwrap_or(CONNECTIONS);
    let channels = size.channels.unwrap_or(1).max(1);
    let mut swarm = Swarm::new(target.clone(), names(channels))?;
    let subscriptions = (0..channels).cycle().map(Some);
    let mut idle = Idle::default();
    swarm.raise(subscriptions.clone().take(BEFORE))?;
    rest(&mut swarm, &mut idle)?;
    let before = readings(server)?;
    let (began, own) = (swarm.now(), Process::own().cpu()?);
    swarm.raise(subscriptions.take(connections))?;
    let (time, own) = (swarm.now() - began, Process::own().cpu()?.saturating_sub(own));
    rest(&mut swarm, &mut idle)?;
    let after = readings(server)?;
    let mut figures = Figures::default();
    figures.count("connections", connections as u64);
    figures.count("channels", channels as u64);
    if let (Some((memory, cpu)), Some((memory_before, cpu_before))) = (after, before) {
        let each = |grown: u64| grown as f64 / connections.max(1) as f64;
        figures.put("server_bytes_per_connection", each(memory.saturating_sub(memory_before)));
        figures.put("server_cpu_us_per_opening", each(cpu.saturating_sub(cpu_before)) / 1e3);
        figures.count("server_resident_bytes", memory);
    }
    figures.count("dropped_connections", idle.dropped);
    busy(&mut figures, own as f64 / time.max(1) as f64);
    Ok(figures)
}

/// Resident bytes and CPU time.
fn readings(server: Option<&Process>) -> Result<Option<(u64, u64)>, Fault> {
    server.map(|server| Ok((server.resident()?, server.cpu()?))).transpose()
}

fn rest(swarm: &mut Swarm, idle: &mut Idle) -> Result<(), Fault> {
    let mut events = Swarm::events();
    let end = swarm.now() + SETTLE.as_nanos() as u64;
    while swarm.now() < end {
        swarm.turn(&mut events, Duration::from_millis(50), idle)?;
    }
    Ok(())
}

#[derive(Default)]
struct Idle {
    dropped: u64,
}

impl Ear for Idle {
    fn ended(&mut self, _link: usize, _end: End) {
        self.dropped += 1;
    }
}
