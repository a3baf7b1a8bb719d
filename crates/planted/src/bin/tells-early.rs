//! `rtmate` that takes a request to a webhook for taken before its receiver took it.

use std::process::ExitCode;

fn main() -> ExitCode {
    planted::run(planted::Bug::TellsEarly)
}
