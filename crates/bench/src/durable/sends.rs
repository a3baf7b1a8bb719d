//! Senders that each wait for the acknowledgement before the next send.

use std::time::Duration;

use super::{
    Measured,
    desk::{self, Until},
    disk,
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

pub(super) fn run(args: &DurableArgs, senders: usize) -> Result<Measured, Fault> {
    let mut bed = Bed::new(args)?;
    bed.start()?;
    let channels = names(senders);
    let mut swarm = Swarm::new(bed.target()?, channels.clone())?;
    let links = swarm.raise(std::iter::repeat_n(None, senders))?;
    let data = format!("\"{}\"", "x".repeat(args.payload.saturating_sub(2)));
    // Each has a channel of its own: they share nothing but the disk.
    let mut send = |time: Duration| {
        desk::ask(&mut swarm, &links, 1, Until::Time(time), |_, link, swarm, text| {
            swarm.dialect().publish(text, &channels[link], data.as_bytes());
        })
    };
    let time = Duration::try_from_secs_f64(args.seconds).unwrap_or_default();
    send(time / 5)?;
    let before = disk::syncs_per_second(bed.folder(), time / 5)?;
    let (server, own) = (bed.process()?, Process::own());
    let (cpu, own_cpu) = (server.cpu()?, own.cpu()?);
    let answers = send(time)?;
    let (cpu, own_cpu) = (server.cpu_since(cpu)?, own.cpu_since(own_cpu)?);
    let after = disk::syncs_per_second(bed.folder(), time / 5)?;
    let (sends, seconds) = (answers.latency.count(), answers.nanos as f64 / 1e9);
    let (rate, syncs) = (sends as f64 / seconds.max(1e-9), f64::midpoint(before, after));
    let mut figures = Figures::default();
    figures.count("senders", senders as u64);
    figures.put("seconds", seconds);
    figures.put("sends_per_second", rate);
    figures.put("disk_syncs_per_second", syncs);
    figures.put("sends_per_disk_sync", rate / syncs.max(1e-9));
    put_latency(&mut figures, LATENCY, &answers.latency);
    figures.put("server_cpu_us_per_send", cpu as f64 / 1e3 / sends.max(1) as f64);
    busy(&mut figures, own_cpu as f64 / answers.nanos.max(1) as f64);
    Ok((format!("durable sends, {senders} at once"), figures))
}
