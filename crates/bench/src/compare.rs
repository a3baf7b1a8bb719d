//! Starts RTMate and floors by turns, measures each and sets them side by side.

pub mod child;
pub(crate) mod configuration;
mod contest;
mod tally;

use std::{path::PathBuf, process::ExitCode};

use crate::{
    args::{CompareArgs, Transport},
    cores,
    dialect::Native,
    fault::Fault,
    figures::Figures,
    process::Process,
    say,
    scenario::Scenario,
    target::Target,
};
use child::Child;
use configuration::Configuration;
use contest::{CONTESTS, Contest, Peer};
use tally::Tally;

/// Runs all rounds and prints what came of them. The exit code is a failure only where a bar is
/// missed and `--strict` was given.
///
/// # Errors
///
/// Why there are no figures.
pub fn run(args: &CompareArgs) -> Result<ExitCode, Fault> {
    let contests = chosen(&args.scenario)?;
    let configuration = Configuration::write()?;
    let mut tally = Tally::default();
    for round in 0..args.rounds.max(1) {
        for contest in &contests {
            for peer in contest.peers {
                eprintln!(
                    "round {} of {}: {} / {}",
                    round + 1,
                    args.rounds,
                    contest.name,
                    peer.name()
                );
                tally.add(contest.name, *peer, measure(args, contest, *peer, &configuration)?);
            }
        }
    }
    let lines = tally.lines(&contests);
    if args.json {
        say(&format!("{}\n", tally.json(&contests, &lines)));
    } else {
        say(&tally.table(&contests, &lines));
    }
    let missed = lines.iter().any(|line| line.met == Some(false));
    Ok(if missed && args.strict { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn chosen(name: &str) -> Result<Vec<&'static Contest>, Fault> {
    let chosen: Vec<_> = CONTESTS.iter().filter(|contest| contest.is_meant_by(name)).collect();
    if chosen.is_empty() {
        let names: Vec<_> = CONTESTS.iter().map(|contest| contest.name).collect();
        let names = names.join(", ");
        return Err(Fault::Usage(format!("{name} is no comparison; there are: all, {names}")));
    }
    Ok(chosen)
}

/// One run against a server of its own, which ends with it.
fn measure(
    args: &CompareArgs,
    contest: &Contest,
    peer: Peer,
    configuration: &Configuration,
) -> Result<Figures, Fault> {
    // Children take the cores of the thread that starts them.
    let both = [args.server_core, args.generator_core];
    cores::bind(if peer == Peer::Rtmate(2) { &both } else { &both[..1] })?;
    let child = start(args, peer, configuration);
    cores::bind(&[args.generator_core])?;
    let child = child?;
    let server = Process::of_pid(child.pid())?;
    let dialect = Native { app: configuration::APP.to_owned(), token: configuration.token()? };
    let transport = Transport {
        ca: (peer == Peer::Tls).then(|| configuration.certificate()),
        compress: peer == Peer::Compressing,
    };
    let target = Target::at(child.url(), dialect, &transport)?;
    let mut size = (contest.size)();
    size.seconds = size.seconds.or(Some(args.seconds));
    Scenario { name: contest.scenario, size }.run(&target, Some(&server))
}

fn start(args: &CompareArgs, peer: Peer, configuration: &Configuration) -> Result<Child, Fault> {
    let this = || std::env::current_exe().map_err(Fault::io("finding this program"));
    let rtmate = |file: PathBuf, workers| Child::rtmate(&args.server, &file, workers);
    match peer {
        Peer::Floor => Child::floor(&this()?, false),
        Peer::Gather => Child::floor(&this()?, true),
        Peer::Rtmate(workers) => rtmate(configuration.plain(), workers),
        Peer::Compressing => rtmate(configuration.plain(), 1),
        Peer::Tls => rtmate(configuration.tls(), 1),
    }
}
