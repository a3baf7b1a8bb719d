//! `rtmate verify` finds each planted bug by its name, and nothing where none is.

use std::process::{Command, Output};

/// A trial of this server against itself, repeated by its seed.
fn verify(server: &str) -> (Output, String) {
    verify_with(server, &[])
}

fn verify_with(server: &str, more: &[&str]) -> (Output, String) {
    let trial = ["verify", "--spawn", "--seconds", "12", "--seed", "7"];
    let crowd = ["--publishers", "4", "--subscribers", "4", "--channels", "2"];
    // It leaves the server's folder where it finds something.
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(server);
    command.args(trial).args(crowd).args(more).env("TMPDIR", folder.path());
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, said)
}

fn found<'a>(said: &'a str, finding: &'a str) -> impl Iterator<Item = &'a str> {
    said.lines().filter(move |line| line.starts_with(&format!("FOUND {finding}")))
}

#[test]
fn a_sound_server_is_found_to_be_so() {
    let (output, said) = verify_with(env!("CARGO_BIN_EXE_sound"), &["--webhooks"]);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("every promise was kept"), "{said}");
}

#[test]
fn an_acknowledgement_before_the_store_is_found_by_kills() {
    let (output, said) = verify(env!("CARGO_BIN_EXE_acknowledges-early"));
    assert_eq!(output.status.code(), Some(1), "{said}");
    let lost =
        found(&said, "lost: ").filter(|line| line.contains("was acknowledged, and is not in"));
    assert!(lost.count() > 0, "{said}");
}

#[test]
fn a_skipped_gate_is_found_by_recovery_under_load() {
    let (output, said) = verify(env!("CARGO_BIN_EXE_skips-the-gate"));
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(found(&said, "silent gap: ").count() > 0, "{said}");
}

#[test]
fn a_webhook_that_counts_as_told_too_early_is_found_by_receivers_that_fail() {
    let (output, said) = verify_with(env!("CARGO_BIN_EXE_tells-early"), &["--webhooks"]);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(found(&said, "request: ").count() > 0, "{said}");
    assert!(found(&said, "untold: ").count() > 0, "{said}");
}

#[test]
fn a_ledger_that_charges_twice_is_found_by_clients_that_count() {
    let (output, said) = verify_with(env!("CARGO_BIN_EXE_charges-twice"), &["--webhooks"]);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let more = found(&said, "ledger: ").filter(|line| line.contains("deliveries is"));
    assert!(more.count() > 0, "{said}");
}
