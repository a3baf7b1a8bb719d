//! Many small channels, random publishes.

use super::{PAYLOAD, SECONDS, extent, fanout};
use crate::{
    args::Size,
    fault::Fault,
    figures::Figures,
    process::Process,
    target::Target,
    traffic::{Plan, Traffic},
};

/// Channels, unless given.
const CHANNELS: usize = 100;
/// Subscribers of each, unless given.
const EACH: usize = 10;
/// Messages under way, unless given.
const IN_FLIGHT: usize = 16;

pub(super) fn run(
    size: &Size,
    target: &Target,
    server: Option<&Process>,
) -> Result<Figures, Fault> {
    let channels = size.channels.unwrap_or(CHANNELS).max(1);
    let subscribers = size.subscribers.unwrap_or(channels * EACH);
    let share = |channel| subscribers / channels + usize::from(channel < subscribers % channels);
    let plan = Plan {
        channels: (0..channels).map(share).collect(),
        publishers: fanout::publishers(size, IN_FLIGHT, channels)?,
        payload: size.payload.unwrap_or(PAYLOAD),
        content: size.content,
        warmup: size.warmup(),
        extent: extent(size, SECONDS),
        slow: None,
    };
    let outcome = Traffic::open(target.clone(), plan, server.cloned())?.run()?;
    Ok(fanout::with_latency(&outcome))
}
