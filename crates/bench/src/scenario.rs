//! The situations that are measured.

mod beside;
mod channels;
mod churn;
mod fanout;
mod idle;
mod slow;

use std::time::Duration;

use crate::{
    args::{ScenarioName, Size},
    fault::Fault,
    figures::Figures,
    histogram::Histogram,
    process::Process,
    target::Target,
    traffic::{Extent, Outcome},
};

/// A situation and its size.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Which situation.
    pub name: ScenarioName,
    /// How large it is.
    pub size: Size,
}

/// Above it the generator may be what limits.
const BUSY: f64 = 0.9;
/// Bytes of a message's `data`.
const PAYLOAD: usize = 128;
/// Seconds that are measured.
const SECONDS: f64 = 3.0;

impl Scenario {
    /// Measures it.
    ///
    /// # Errors
    ///
    /// Why there are no figures.
    pub fn run(&self, target: &Target, server: Option<&Process>) -> Result<Figures, Fault> {
        let size = &self.size;
        match self.name {
            ScenarioName::Fanout => fanout::run(size, target, server),
            ScenarioName::Channels => channels::run(size, target, server),
            ScenarioName::Idle => idle::run(size, target, server),
            ScenarioName::Churn => churn::run(size, target, server),
            ScenarioName::Slow => slow::run(size, target, server),
            ScenarioName::Beside => beside::run(size, target, server),
        }
    }

    /// Its name on the command line.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{:?}", self.name).to_lowercase()
    }
}

fn extent(size: &Size, seconds: f64) -> Extent {
    match size.messages {
        Some(messages) => Extent::Messages(messages),
        None => Extent::Time(size.time(seconds)),
    }
}

/// So many messages a second.
fn interval(rate: f64) -> Result<Duration, Fault> {
    let interval = Duration::try_from_secs_f64(1.0 / rate).ok();
    interval
        .filter(|interval| !interval.is_zero())
        .ok_or_else(|| Fault::Usage(format!("--rate {rate} is no rate")))
}

/// The figures that every kind of traffic has.
fn describe(outcome: &Outcome) -> Figures {
    let mut figures = Figures::default();
    let seconds = outcome.time.as_secs_f64();
    figures.put("seconds", seconds);
    figures.count("deliveries", outcome.deliveries);
    figures.put("deliveries_per_second", outcome.deliveries as f64 / seconds.max(1e-9));
    let received = outcome.received as f64;
    figures.put("wire_bytes_per_delivery", received / outcome.deliveries.max(1) as f64);
    if let Some(cpu) = outcome.server_cpu {
        figures.put("server_cpu_us_per_delivery", micros(cpu) / outcome.deliveries.max(1) as f64);
        figures.put("server_busy_percent", 100.0 * cpu.as_secs_f64() / seconds.max(1e-9));
    }
    figures.count("lost", outcome.verdict.lost);
    figures.count("surplus", outcome.verdict.surplus);
    figures.count("disordered", outcome.verdict.disordered);
    figures.count("dropped_connections", outcome.dropped);
    busy(&mut figures, outcome.generator_busy);
    figures
}

pub(crate) fn busy(figures: &mut Figures, share: f64) {
    figures.put("generator_busy_percent", 100.0 * share);
    if share > BUSY {
        let percent = 100.0 * share;
        figures.warn(format!(
            "the generator was busy {percent:.0}% of the time and may be what limited"
        ));
    }
}

pub(crate) fn put_latency(figures: &mut Figures, names: [&'static str; 4], latency: &Histogram) {
    for (name, share) in names.into_iter().zip([0.5, 0.99, 0.999, 1.0]) {
        figures.put(name, latency.quantile(share) as f64 / 1e3);
    }
}

pub(crate) const LATENCY: [&str; 4] =
    ["latency_us_p50", "latency_us_p99", "latency_us_p999", "latency_us_max"];

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
