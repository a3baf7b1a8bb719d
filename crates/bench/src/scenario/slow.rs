//! Some subscribers stop reading: what the others notice, and what the server keeps.

use std::time::Duration;

use super::{SECONDS, describe, extent, fanout, interval, put_latency};
use crate::{
    args::Size,
    fault::Fault,
    figures::Figures,
    process::Process,
    target::Target,
    traffic::{Outcome, Pace, Plan, Publisher, Slow, Traffic},
};

/// Subscribers, those who stop reading among them.
const SUBSCRIBERS: usize = 200;
const STALLED: usize = 10;
const PAYLOAD: usize = 16 * 1024;
const RATE: f64 = 200.0;
/// When those who stopped read again: after the kernel's buffers and the server's queue are full,
/// and before a server gives up telling them why they were closed.
const STALL: Duration = Duration::from_secs(3);

/// Once with everybody reading, then with some who stop.
pub(super) fn run(
    size: &Size,
    target: &Target,
    server: Option<&Process>,
) -> Result<Figures, Fault> {
    let subscribers = size.subscribers.unwrap_or(SUBSCRIBERS);
    let stalled = size.stalled.unwrap_or(STALLED).min(subscribers);
    let others = subscribers - stalled;
    let every = Pace::Every(interval(size.rate.unwrap_or(RATE))?);
    let plan = Plan {
        channels: vec![others],
        publishers: vec![Publisher { channels: 0..1, pace: every, beside: None }],
        payload: size.payload.unwrap_or(PAYLOAD),
        content: size.content,
        warmup: size.warmup(),
        extent: extent(size, 2.0 * SECONDS),
        slow: None,
    };
    let open = |plan| Traffic::open(target.clone(), plan, server.cloned());
    // As many subscribers as in the second run, for a fair comparison.
    let without = open(Plan { channels: vec![subscribers], ..plan.clone() })?.run()?;
    let slow = Some(Slow { count: stalled, stall: STALL });
    let with = open(Plan { slow, ..plan })?.run()?;
    Ok(figures(&without, &with, stalled))
}

fn figures(without: &Outcome, with: &Outcome, stalled: usize) -> Figures {
    let mut figures = describe(with);
    figures.count("stalled", stalled as u64);
    figures.count("stalled_closed_4101", with.slow.closed);
    figures.count("stalled_told", with.slow.told);
    figures.count("stalled_otherwise", with.slow.otherwise);
    if let Some(growth) = with.resident_growth {
        figures.count("server_growth_bytes", growth);
    }
    if let [stream] = with.streams.as_slice() {
        put_latency(&mut figures, super::LATENCY, &stream.latency);
    }
    let p99 =
        |outcome: &Outcome| fanout::with_latency(outcome).get("latency_us_p99").unwrap_or_default();
    figures.put("latency_us_p99_without", p99(without));
    figures.put("latency_p99_ratio", p99(with) / p99(without).max(1e-9));
    figures.count("lost_without", without.verdict.lost);
    figures
}
