//! A start after a kill, with many messages in many channels.

use std::{fs, io, path::Path, time::Instant};

use super::{
    Measured,
    desk::{self, Until},
    server::Bed,
};
use crate::{args::DurableArgs, fault::Fault, figures::Figures, swarm::Swarm, traffic::names};

/// Connections that fill the store, and sends under way of each.
const SENDERS: usize = 16;
const WINDOW: usize = 48;

pub(super) fn run(args: &DurableArgs) -> Result<Measured, Fault> {
    let mut bed = Bed::new(args)?;
    bed.start()?;
    let channels = names(args.channels.max(1));
    let filled = fill(args, &bed, &channels)?;
    let mut figures = Figures::default();
    figures.count("messages", args.messages);
    figures.count("channels", channels.len() as u64);
    figures.put("sends_per_second", args.messages as f64 / filled.max(1e-9));
    // The first reads places and replays the journal, the second what the first left.
    for name in ["start_after_kill_seconds", "second_start_seconds"] {
        bed.kill();
        let bytes = bytes_of(bed.folder()).map_err(Fault::io("measuring the store"))?;
        let began = Instant::now();
        bed.start()?;
        figures.put(name, began.elapsed().as_secs_f64());
        if name == "start_after_kill_seconds" {
            figures.count("store_bytes", bytes);
        }
    }
    figures.count("server_resident_bytes", bed.process()?.resident()?);
    look(args, &bed, &channels)?;
    Ok((String::from("durable start"), figures))
}

/// Seconds that it took.
fn fill(args: &DurableArgs, bed: &Bed, channels: &[String]) -> Result<f64, Fault> {
    let mut swarm = Swarm::new(bed.target()?, channels.to_vec())?;
    let links = swarm.raise(std::iter::repeat_n(None, SENDERS))?;
    let data = format!("\"{}\"", "x".repeat(args.payload.saturating_sub(2)));
    let all = Until::Asked(args.messages);
    let answers = desk::ask(&mut swarm, &links, WINDOW, all, |number, _, swarm, text| {
        let channel = &channels[number as usize % channels.len()];
        swarm.dialect().publish(text, channel, data.as_bytes());
    })?;
    Ok(answers.nanos as f64 / 1e9)
}

/// Every channel can be read.
fn look(args: &DurableArgs, bed: &Bed, channels: &[String]) -> Result<(), Fault> {
    let mut swarm = Swarm::new(bed.target()?, channels.to_vec())?;
    let links = swarm.raise(std::iter::repeat_n(None, SENDERS))?;
    let all = Until::Asked(channels.len().min(usize::try_from(args.messages).unwrap_or(0)) as u64);
    desk::ask(&mut swarm, &links, 1, all, |number, _, swarm, text| {
        swarm.dialect().history(text, &channels[number as usize], 1);
    })?;
    Ok(())
}

/// What is on disk: blocks, for the journal's file is longer than what is in it.
fn bytes_of(folder: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { bytes_of(&entry.path())? } else { about.blocks() * 512 };
    }
    Ok(bytes)
}
