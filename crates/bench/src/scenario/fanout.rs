//! One channel, all subscribers in it.

use std::time::Duration;

use super::{LATENCY, PAYLOAD, SECONDS, describe, extent, interval, put_latency};
use crate::{
    args::Size,
    fault::Fault,
    figures::Figures,
    histogram::Histogram,
    process::Process,
    target::Target,
    traffic::{Outcome, Pace, Plan, Publisher, Traffic},
};

/// Subscribers, unless given.
const SUBSCRIBERS: usize = 1000;

/// Publishers that send by themselves: `--in-flight` of them wait for their messages, or one keeps
/// to a `--rate`.
pub(super) fn publishers(
    size: &Size,
    in_flight: usize,
    channels: usize,
) -> Result<Vec<Publisher>, Fault> {
    let publisher = |pace| Publisher { channels: 0..channels, pace, beside: None };
    Ok(match size.rate {
        Some(rate) => vec![publisher(Pace::Every(interval(rate)?))],
        None => {
            let count = size.in_flight.unwrap_or(in_flight).clamp(1, 1000);
            vec![publisher(Pace::Closed(Duration::ZERO)); count]
        }
    })
}

pub(super) fn run(
    size: &Size,
    target: &Target,
    server: Option<&Process>,
) -> Result<Figures, Fault> {
    let plan = Plan {
        channels: vec![size.subscribers.unwrap_or(SUBSCRIBERS)],
        publishers: publishers(size, 1, 1)?,
        payload: size.payload.unwrap_or(PAYLOAD),
        content: size.content,
        warmup: size.warmup(),
        extent: extent(size, SECONDS),
        slow: None,
    };
    let outcome = Traffic::open(target.clone(), plan, server.cloned())?.run()?;
    Ok(with_latency(&outcome))
}

/// The figures, with the latencies of all publishers together.
pub(super) fn with_latency(outcome: &Outcome) -> Figures {
    let mut figures = describe(outcome);
    let mut all = Histogram::default();
    for stream in &outcome.streams {
        all.add(&stream.latency);
    }
    put_latency(&mut figures, LATENCY, &all);
    figures
}
