//! A small channel beside a large fan-out.

use std::time::Duration;

use super::{LATENCY, PAYLOAD, SECONDS, describe, extent, interval, put_latency};
use crate::{
    args::Size,
    fault::Fault,
    figures::Figures,
    process::Process,
    target::Target,
    traffic::{Pace, Plan, Publisher, Traffic},
};

/// Subscribers of the large channel, unless given.
const SUBSCRIBERS: usize = 10_000;
/// Subscribers of the small one.
const SMALL: usize = 10;
/// Messages a second in the small one, unless given.
const RATE: f64 = 500.0;
/// Between two large fan-outs.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) fn run(
    size: &Size,
    target: &Target,
    server: Option<&Process>,
) -> Result<Figures, Fault> {
    let large = Publisher { channels: 0..1, pace: Pace::Closed(PAUSE), beside: None };
    let every = Pace::Every(interval(size.rate.unwrap_or(RATE))?);
    let small = Publisher { channels: 1..2, pace: every, beside: Some(0) };
    let plan = Plan {
        channels: vec![size.subscribers.unwrap_or(SUBSCRIBERS), SMALL],
        publishers: vec![large, small],
        payload: size.payload.unwrap_or(PAYLOAD),
        content: size.content,
        warmup: size.warmup(),
        extent: extent(size, SECONDS),
        slow: None,
    };
    let outcome = Traffic::open(target.clone(), plan, server.cloned())?.run()?;
    let mut figures = describe(&outcome);
    if let [large, small] = outcome.streams.as_slice() {
        figures.count("large_fanouts", large.duration.count());
        figures.put("large_duration_us_p50", large.duration.quantile(0.5) as f64 / 1e3);
        figures.count("small_deliveries_beside", small.latency.count());
        put_latency(&mut figures, LATENCY, &small.latency);
        let share =
            small.latency.quantile(0.99) as f64 / large.duration.quantile(0.5).max(1) as f64;
        figures.put("small_p99_per_large_duration", share);
    }
    Ok(figures)
}
