//! Pages of history.

use std::time::Duration;

use super::{
    Measured,
    desk::{self, Until},
    server::Bed,
};
use crate::{
    args::DurableArgs,
    fault::Fault,
    figures::Figures,
    process::Process,
    scenario::{LATENCY, busy, put_latency},
    swarm::Swarm,
    traffic::names,
};

/// Connections that read at once, each a channel of its own.
const READERS: usize = 16;
/// Messages of each channel.
const MESSAGES: u64 = 2000;
/// Sends under way of each connection while the channels are filled.
const WINDOW: usize = 32;

pub(super) fn run(args: &DurableArgs, mut told: impl FnMut(&Measured)) -> Result<(), Fault> {
    let mut bed = Bed::new(args)?;
    bed.start()?;
    let channels = names(READERS);
    let mut swarm = Swarm::new(bed.target()?, channels.clone())?;
    let links = swarm.raise(std::iter::repeat_n(None, READERS))?;
    let data = format!("\"{}\"", "x".repeat(args.payload.saturating_sub(2)));
    let all = Until::Asked(MESSAGES * READERS as u64);
    desk::ask(&mut swarm, &links, WINDOW, all, |number, _, swarm, text| {
        let channel = &channels[number as usize % READERS];
        swarm.dialect().publish(text, channel, data.as_bytes());
    })?;
    let (server, own) = (bed.process()?, Process::own());
    let time = Until::Time(Duration::try_from_secs_f64(args.seconds).unwrap_or_default());
    for limit in [1, 50, 1000] {
        let (cpu, own_cpu) = (server.cpu()?, own.cpu()?);
        let answers = desk::ask(&mut swarm, &links, 1, time, |_, link, swarm, text| {
            swarm.dialect().history(text, &channels[link], limit);
        })?;
        let (cpu, own_cpu) = (server.cpu_since(cpu)?, own.cpu_since(own_cpu)?);
        let (pages, seconds) = (answers.latency.count(), answers.nanos as f64 / 1e9);
        let rate = pages as f64 / seconds.max(1e-9);
        let mut figures = Figures::default();
        figures.count("readers", READERS as u64);
        figures.put("seconds", seconds);
        figures.put("pages_per_second", rate);
        figures.put("messages_per_second", rate * limit as f64);
        put_latency(&mut figures, LATENCY, &answers.latency);
        figures.put("server_cpu_us_per_page", cpu as f64 / 1e3 / pages.max(1) as f64);
        busy(&mut figures, own_cpu as f64 / answers.nanos.max(1) as f64);
        told(&(format!("durable history, pages of {limit}"), figures));
    }
    Ok(())
}
