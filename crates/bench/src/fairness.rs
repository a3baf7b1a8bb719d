//! What an app notices of another one that floods the same server, up to its limits and over them.
//!
//! Each round measures the quiet app alone, beside the flood, and alone again, on one server: the
//! second measurement alone beside the first shows what is noise, and both together are what the one
//! beside the flood is held against. All three are made of slices that
//! take turns: a machine has phases, and a slow one shall not meet one of them alone. A slice during
//! which others on the machine's host took its cores is measured anew: it would say something of them.

mod flood;
mod stolen;

use std::{fmt::Write as _, fs, path::PathBuf, process::ExitCode, time::Duration};

use crate::{
    args::{FairnessArgs, Transport},
    compare::{
        child::Child,
        configuration::{APP, random_secret, with_app},
    },
    content::Content,
    cores,
    dialect::Native,
    fault::Fault,
    histogram::Histogram,
    say,
    target::Target,
    token,
    traffic::{Extent, Outcome, Pace, Plan, Publisher, Traffic},
};
use flood::{Flood, Flooded};
use stolen::Stolen;

/// The app that floods.
const FLOOD: &str = "flood";
/// Channels of the quiet app, and subscribers of each.
const CHANNELS: usize = 10;
const SUBSCRIBERS: usize = 10;
/// Between two of its messages. No divisor of what the flood may send in a second: in step with it
/// each of them would meet one of the flood's, or none, for as long as the phase holds.
const EVERY: Duration = Duration::from_micros(4_700);
const PAYLOAD: usize = 128;
/// Percent of the machine's time that others may take during a slice, and how often it is measured
/// at most: the last time counts, whatever they took.
const STOLEN: f64 = 1.0;
const TRIES: u64 = 6;
/// How many times the p99 alone the p99 beside the flood may be.
const BAR: f64 = 1.5;

/// What the quiet app saw in all slices of one kind.
#[derive(Default)]
struct Seen {
    latency: Histogram,
    lost: u64,
    /// Slices that were measured anew, and those that count though others took more than they may.
    anew: u64,
    disturbed: u64,
}

impl Seen {
    fn micros(&self, share: f64) -> f64 {
        self.latency.quantile(share) as f64 / 1e3
    }

    fn add(&mut self, slice: &Self) {
        self.latency.add(&slice.latency);
        self.lost += slice.lost;
    }

    fn p99(&self) -> f64 {
        self.micros(0.99)
    }
}

#[derive(Default)]
struct Round {
    alone: Seen,
    again: Seen,
    beside: Seen,
    flooded: Flooded,
    /// The share of the machine's time that others on its host took, in percent, with the slices
    /// that do not count.
    stolen: f64,
}

impl Round {
    /// All that was seen without the flood.
    fn without(&self) -> Seen {
        let mut both = Seen::default();
        both.add(&self.alone);
        both.add(&self.again);
        both
    }

    /// How many times as long as without the flood it takes beside it.
    fn ratio(&self, share: f64) -> f64 {
        self.beside.micros(share) / self.without().micros(share)
    }
}

/// A folder with a configuration, which goes away with this.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed stays in the system's temporary folder.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Runs all rounds on one server and prints what came of them. The exit code is a failure only where
/// the bar is missed and `--strict` was given.
///
/// # Errors
///
/// Why there are no figures.
pub fn run(args: &FairnessArgs) -> Result<ExitCode, Fault> {
    let secret = random_secret().map_err(Fault::io("reading random bytes"))?;
    let folder = std::env::temp_dir().join(format!("rtmate-bench-fairness-{}", std::process::id()));
    fs::create_dir(&folder).map_err(Fault::io("making a temporary folder"))?;
    let folder = Folder(folder);
    let file = folder.0.join("rtmate.toml");
    fs::write(&file, configuration(args, &secret)).map_err(Fault::io("writing a configuration"))?;
    // Children take the cores of the thread that starts them.
    cores::bind(&[args.server_core])?;
    let child = Child::rtmate(&args.server, &file, args.workers);
    cores::bind(&[args.generator_core])?;
    let child = child?;
    let target = |app: &str| -> Result<Target, Fault> {
        let token = token::sign(app, &secret)?;
        Target::at(child.url(), Native { app: app.to_owned(), token }, &Transport::default())
    };
    let (quiet, flood) = (|| target(APP), || target(FLOOD));
    let mut rounds = Vec::new();
    for number in 1..=args.rounds.max(1) {
        eprintln!("round {number} of {}", args.rounds.max(1));
        rounds.push(round(args, &quiet, &flood)?);
    }
    let ratio = median(rounds.iter().map(|round| round.ratio(0.99)));
    say(&table(&rounds, ratio));
    Ok(if ratio > BAR && args.strict { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Of two slices the second goes backwards, so that none of the three is always the first.
fn round(
    args: &FairnessArgs,
    quiet: &dyn Fn() -> Result<Target, Fault>,
    flood: &dyn Fn() -> Result<Target, Fault>,
) -> Result<Round, Fault> {
    let mut round = Round::default();
    let stolen = Stolen::now()?;
    for slice in 0..args.slices.max(1) {
        let first = if slice % 2 == 0 { &mut round.alone } else { &mut round.again };
        measure(args, quiet, first)?;
        let flooding = Flood::begin(flood()?, f64::from(args.limit) * args.flood)?;
        let beside = measure(args, quiet, &mut round.beside);
        round.flooded.add(&flooding.end()?);
        beside?;
        let last = if slice % 2 == 0 { &mut round.again } else { &mut round.alone };
        measure(args, quiet, last)?;
    }
    round.stolen = stolen.percent_since()?;
    Ok(round)
}

fn configuration(args: &FairnessArgs, secret: &str) -> String {
    let quiet = with_app("ephemeral = true", secret);
    let deliveries = u64::from(args.limit) * flood::SUBSCRIBERS as u64;
    let limits =
        format!("messages_per_second = {}\ndeliveries_per_second = {deliveries}", args.limit);
    let limits = if args.unlimited { "" } else { &limits };
    format!(
        r#"{quiet}
[[apps]]
id = "{FLOOD}"

[apps.default_grants]
"*" = ["subscribe", "send"]

[apps.limits]
requests_per_second = 1000000
requests_burst = 1000000
{limits}

[[apps.jwt_keys]]
alg = "HS256"
secret = "{secret}"
"#
    )
}

/// A slice in which the machine was this run's.
fn measure(
    args: &FairnessArgs,
    quiet: &dyn Fn() -> Result<Target, Fault>,
    seen: &mut Seen,
) -> Result<(), Fault> {
    for tries in 1.. {
        let stolen = Stolen::now()?;
        let slice = slice(args, quiet()?)?;
        let is_own = stolen.percent_since()? <= STOLEN;
        if is_own || tries == TRIES {
            seen.add(&slice);
            seen.disturbed += u64::from(!is_own);
            break;
        }
        // What was lost is never taken back.
        seen.lost += slice.lost;
        seen.anew += 1;
    }
    Ok(())
}

fn slice(args: &FairnessArgs, target: Target) -> Result<Seen, Fault> {
    let plan = Plan {
        channels: vec![SUBSCRIBERS; CHANNELS],
        publishers: vec![Publisher {
            channels: 0..CHANNELS,
            pace: Pace::Every(EVERY),
            beside: None,
        }],
        payload: PAYLOAD,
        content: Content::default(),
        warmup: Duration::from_secs(1),
        extent: Extent::Time(Duration::try_from_secs_f64(args.seconds).unwrap_or_default()),
        slow: None,
    };
    let Outcome { streams, verdict, .. } = Traffic::open(target, plan, None)?.run()?;
    let mut seen = Seen { lost: verdict.lost, ..Seen::default() };
    streams.iter().for_each(|stream| seen.latency.add(&stream.latency));
    Ok(seen)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn table(rounds: &[Round], ratio: f64) -> String {
    let mut table =
        String::from("p50 and p99 of the quiet app in us; what the flood came to a second\n");
    for Round { alone, again, beside, flooded, stolen } in rounds {
        // Writing to a text can't fail.
        _ = writeln!(
            table,
            "  alone {:>5.0} {:>6.0}  again {:>5.0} {:>6.0}  beside {:>5.0} {:>6.0}  lost {}  \
             sent {:>6.0}  taken {:>6.0}  refused {:>6.0}  deliveries {:>7.0}  stolen {stolen:.2}%  anew {}  disturbed {}",
            alone.micros(0.5),
            alone.p99(),
            again.micros(0.5),
            again.p99(),
            beside.micros(0.5),
            beside.p99(),
            alone.lost + again.lost + beside.lost,
            flooded.a_second(flooded.sent),
            flooded.a_second(flooded.taken),
            flooded.a_second(flooded.refused),
            flooded.a_second(flooded.deliveries),
            alone.anew + again.anew + beside.anew,
            alone.disturbed + again.disturbed + beside.disturbed,
        );
    }
    let noise = median(rounds.iter().map(|round| round.again.p99() / round.alone.p99()));
    let middle = median(rounds.iter().map(|round| round.ratio(0.5)));
    let met = if ratio <= BAR { "met" } else { "missed" };
    _ = writeln!(table, "  p99 alone again per alone, median  {noise:.2}");
    _ = writeln!(table, "  p50 beside per without, median     {middle:.2}");
    _ = writeln!(table, "  p99 beside per without, median     {ratio:.2} of at most {BAR}: {met}");
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one_counts() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < 1e-9);
        assert!(median(std::iter::empty()).is_nan());
    }
}
