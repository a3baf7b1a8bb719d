//! `rtmate` without a bug, on the same slow disk.

use std::process::ExitCode;

fn main() -> ExitCode {
    planted::run(planted::Bug::None)
}
