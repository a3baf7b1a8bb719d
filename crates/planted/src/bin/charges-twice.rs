//! `rtmate` whose ledger charges what was used twice.

use std::process::ExitCode;

fn main() -> ExitCode {
    planted::run(planted::Bug::ChargesTwice)
}
