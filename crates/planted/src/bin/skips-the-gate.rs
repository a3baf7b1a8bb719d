//! `rtmate` that lets messages pass those who are just subscribing.

use std::process::ExitCode;

fn main() -> ExitCode {
    planted::run(planted::Bug::SkipsTheGate)
}
