//! Clients that come back together to a server that was killed.

use std::time::Duration;

use serde_json::Value;

use super::{Measured, server::Bed};
use crate::{
    args::DurableArgs,
    fault::Fault,
    figures::Figures,
    histogram::Histogram,
    process::Process,
    scenario::{busy, put_latency},
    swarm::{Ear, End, Swarm},
    traffic::names,
};

/// Channels that they are spread over.
const CHANNELS: usize = 100;
/// How long nobody may come to be live.
const PATIENCE: u64 = 30_000_000_000;
const LATENCY: [&str; 4] = ["return_us_p50", "return_us_p99", "return_us_p999", "return_us_max"];

/// Where a channel's subscribers were.
struct Place {
    epoch: String,
    offset: u64,
}

pub(super) fn run(args: &DurableArgs) -> Result<Measured, Fault> {
    let mut bed = Bed::new(args)?;
    bed.start()?;
    let channels = names(CHANNELS);
    let places = publish(args, &bed, &channels)?;
    bed.kill();
    bed.start()?;
    let mut swarm = Swarm::new(bed.target()?, channels.clone())?;
    let (server, own) = (bed.process()?, Process::own());
    let (cpu, own_cpu) = (server.cpu()?, own.cpu()?);
    let mut crowd = Crowd::default();
    let took = come_back(args, &mut swarm, &mut crowd, &channels, &places)?;
    let (cpu, own_cpu) = (server.cpu_since(cpu)?, own.cpu_since(own_cpu)?);
    let clients = args.clients.max(1) as f64;
    let mut figures = Figures::default();
    figures.count("clients", args.clients as u64);
    figures.count("channels", CHANNELS as u64);
    figures.count("missed_messages_each", args.missed);
    figures.count("recovered", crowd.recovered);
    figures.put("connects_took_seconds", took.connects as f64 / 1e9);
    figures.put("last_is_live_after_seconds", took.all as f64 / 1e9);
    put_latency(&mut figures, LATENCY, &crowd.latency);
    figures.put("server_cpu_seconds", cpu as f64 / 1e9);
    figures.put("server_cpu_us_per_client", cpu as f64 / 1e3 / clients);
    figures.count("server_resident_bytes", server.resident()?);
    busy(&mut figures, own_cpu as f64 / took.all.max(1) as f64);
    if took.connects as f64 / 1e9 > args.within * 1.1 {
        figures.warn("the generator did not begin all connections in time".into());
    }
    Ok((String::from("durable returns"), figures))
}

/// Sends what subscribers have, and then what they miss. Gives where they were.
fn publish(args: &DurableArgs, bed: &Bed, channels: &[String]) -> Result<Vec<Place>, Fault> {
    let mut swarm = Swarm::new(bed.target()?, channels.to_vec())?;
    let link = swarm.raise([None])?[0];
    let data = format!("\"{}\"", "x".repeat(args.payload.saturating_sub(2)));
    let (mut events, mut text) = (Swarm::events(), Vec::new());
    let mut places = Vec::new();
    for channel in channels {
        for message in 0..=args.missed {
            text.clear();
            swarm.dialect().publish(&mut text, channel, data.as_bytes());
            swarm.ask(link, &text);
            let mut receipt = Receipt::default();
            let end = swarm.now() + PATIENCE;
            while receipt.0.is_none() && swarm.now() < end {
                swarm.turn(&mut events, Duration::from_millis(20), &mut receipt)?;
            }
            let stuck =
                Fault::Stuck { what: "sends are answered", seconds: PATIENCE / 1_000_000_000 };
            let place = receipt.0.ok_or(stuck)?;
            if message == 0 {
                places.push(place);
            }
        }
    }
    Ok(places)
}

/// The answer to one send.
#[derive(Default)]
struct Receipt(Option<Place>);

impl Ear for Receipt {
    fn answered(&mut self, _link: usize, text: &[u8], _now: u64) {
        let reply: Value = serde_json::from_slice(text).unwrap_or_default();
        let (epoch, offset) = (&reply["data"]["epoch"], &reply["data"]["offset"]);
        if let (Some(epoch), Some(offset)) = (epoch.as_str(), offset.as_u64()) {
            self.0 = Some(Place { epoch: epoch.to_owned(), offset });
        }
    }

    fn ended(&mut self, _link: usize, _end: End) {}
}

/// Nanoseconds since the first connection was begun.
struct Took {
    /// Until the last was begun.
    connects: u64,
    /// Until the last client was live.
    all: u64,
}

fn come_back(
    args: &DurableArgs,
    swarm: &mut Swarm,
    crowd: &mut Crowd,
    channels: &[String],
    places: &[Place],
) -> Result<Took, Fault> {
    let (mut events, mut text) = (Swarm::events(), Vec::new());
    let began = swarm.now();
    let mut took = Took { connects: 0, all: 0 };
    let mut progress = (0, began);
    while crowd.latency.count() < args.clients as u64 {
        let elapsed = swarm.now() - began;
        let share = elapsed as f64 / 1e9 / args.within.max(1e-9);
        let due = ((args.clients as f64 * share) as usize + 1).min(args.clients);
        while crowd.began.len() < due {
            crowd.began.push(swarm.now());
            swarm.open(None)?;
            if crowd.began.len() == args.clients {
                took.connects = swarm.now() - began;
            }
        }
        swarm.turn(&mut events, Duration::from_millis(1), crowd)?;
        for link in std::mem::take(&mut crowd.ready) {
            let channel = link % channels.len();
            let Place { epoch, offset } = &places[channel];
            text.clear();
            swarm.dialect().come_back(&mut text, &channels[channel], epoch, *offset);
            swarm.ask(link, &text);
        }
        if let Some(code) = crowd.ended {
            return Err(Fault::Ended(code));
        }
        if progress.0 != crowd.latency.count() {
            progress = (crowd.latency.count(), swarm.now());
        } else if swarm.now() - progress.1 > PATIENCE {
            let seconds = PATIENCE / 1_000_000_000;
            return Err(Fault::Stuck { what: "clients come back", seconds });
        }
    }
    took.all = swarm.now() - began;
    Ok(took)
}

/// Those who come back.
#[derive(Default)]
struct Crowd {
    /// By connection: when it was begun.
    began: Vec<u64>,
    /// Who is authenticated.
    ready: Vec<usize>,
    recovered: u64,
    /// From the connection's beginning to the reply with what was missed.
    latency: Histogram,
    ended: Option<Option<u16>>,
}

impl Ear for Crowd {
    fn ready(&mut self, link: usize) {
        self.ready.push(link);
    }

    fn answered(&mut self, link: usize, text: &[u8], now: u64) {
        // It stands before the messages.
        let front = &text[..text.len().min(256)];
        let recovered = b"\"recovered\":true";
        self.recovered += u64::from(front.windows(recovered.len()).any(|part| part == recovered));
        self.latency.record(now.saturating_sub(self.began[link]));
    }

    fn ended(&mut self, _link: usize, end: End) {
        self.ended = Some(end.code);
    }
}
