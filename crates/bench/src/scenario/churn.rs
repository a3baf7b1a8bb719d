//! Connect, authenticate, subscribe, close, over and over.

use std::time::Duration;

use super::{SECONDS, busy};
use crate::{
    args::Size,
    fault::Fault,
    figures::Figures,
    process::Process,
    swarm::{Ear, End, Swarm},
    target::Target,
    traffic::names,
};

/// Cycles that run at once, unless given.
const AT_ONCE: usize = 16;
/// How long no cycle may come to its end.
const PATIENCE: u64 = 10_000_000_000;

pub(super) fn run(
    size: &Size,
    target: &Target,
    server: Option<&Process>,
) -> Result<Figures, Fault> {
    let at_once = size.in_flight.unwrap_or(AT_ONCE).max(1);
    let mut swarm = Swarm::new(target.clone(), names(1))?;
    let mut turnstile = Turnstile::default();
    for _ in 0..at_once {
        swarm.open(Some(0))?;
    }
    turn_until(&mut swarm, &mut turnstile, size.warmup(), None)?;
    let cpu = server.map(Process::cpu).transpose()?;
    let (began, own) = (swarm.now(), Process::own().cpu()?);
    let cycles_before = turnstile.cycles;
    let most = size.messages.map(|messages| cycles_before + messages);
    turn_until(&mut swarm, &mut turnstile, size.time(SECONDS), most)?;
    let cycles = turnstile.cycles - cycles_before;
    let cpu_after = server.map(Process::cpu).transpose()?;
    let (time, own) = (swarm.now() - began, Process::own().cpu()?.saturating_sub(own));
    let mut figures = Figures::default();
    figures.put("seconds", time as f64 / 1e9);
    figures.count("cycles", cycles);
    figures.put("cycles_per_second", cycles as f64 * 1e9 / time.max(1) as f64);
    if let (Some(after), Some(before)) = (cpu_after, cpu) {
        let used = after.saturating_sub(before) as f64;
        figures.put("server_cpu_us_per_cycle", used / 1e3 / cycles.max(1) as f64);
    }
    busy(&mut figures, own as f64 / time.max(1) as f64);
    Ok(figures)
}

/// Goes on for a time, or until so many cycles are complete.
fn turn_until(
    swarm: &mut Swarm,
    turnstile: &mut Turnstile,
    time: Duration,
    most: Option<u64>,
) -> Result<(), Fault> {
    let mut events = Swarm::events();
    let end = swarm.now() + time.as_nanos() as u64;
    let mut progress = (turnstile.cycles, swarm.now());
    while most.map_or_else(|| swarm.now() < end, |most| turnstile.cycles < most) {
        swarm.turn(&mut events, Duration::from_millis(20), turnstile)?;
        for link in std::mem::take(&mut turnstile.ready) {
            swarm.close(link);
        }
        for (link, end) in std::mem::take(&mut turnstile.ended) {
            if !end.ours {
                return Err(Fault::Ended(end.code));
            }
            swarm.reopen(link, Some(0))?;
        }
        let now = swarm.now();
        if progress.0 != turnstile.cycles {
            progress = (turnstile.cycles, now);
        } else if now - progress.1 > PATIENCE {
            return Err(Fault::Stuck {
                what: "connections come and go",
                seconds: PATIENCE / 1_000_000_000,
            });
        }
    }
    Ok(())
}

/// Connections that came through, and those that are gone.
#[derive(Default)]
struct Turnstile {
    cycles: u64,
    ready: Vec<usize>,
    ended: Vec<(usize, End)>,
}

impl Ear for Turnstile {
    fn ready(&mut self, link: usize) {
        self.ready.push(link);
    }

    fn ended(&mut self, link: usize, end: End) {
        self.cycles += u64::from(end.ours);
        self.ended.push((link, end));
    }
}
