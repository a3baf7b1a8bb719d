//! Durable history, measured on a server of its own: what a sync costs its senders, how clients come
//! back, what a page costs, how long a start takes.

mod desk;
mod disk;
mod history;
mod returns;
mod sends;
mod server;
mod start;

use crate::{
    args::{DurableArgs, DurableScenario},
    fault::Fault,
    figures::Figures,
    say,
};

/// A measurement, by its name.
pub type Measured = (String, Figures);

/// Measures and prints.
///
/// # Errors
///
/// Why there are no figures.
pub fn run(args: &DurableArgs) -> Result<(), Fault> {
    measure(args, |(title, figures)| {
        if args.json {
            say(&format!("{}\n", figures.json(title)));
        } else {
            say(&figures.table(title));
        }
    })
}

/// Measures what is asked for, and hands each measurement over as soon as it is there.
///
/// # Errors
///
/// Why there are no further figures.
pub fn measure(args: &DurableArgs, mut told: impl FnMut(&Measured)) -> Result<(), Fault> {
    let wanted =
        |scenario| matches!(args.scenario, DurableScenario::All) || args.scenario == scenario;
    if wanted(DurableScenario::Sends) {
        for senders in [1, 16, 256] {
            told(&sends::run(args, senders)?);
        }
    }
    if wanted(DurableScenario::Returns) {
        told(&returns::run(args)?);
    }
    if wanted(DurableScenario::History) {
        history::run(args, &mut told)?;
    }
    if wanted(DurableScenario::Start) {
        told(&start::run(args)?);
    }
    Ok(())
}
