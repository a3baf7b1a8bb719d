//! The binary's answers on both streams, and its exit codes.

use std::process::{Command, Output};

use bootstrap::cli::Cli;
use clap::{CommandFactory, Parser};

use crate::scratch::Scratch;

fn rtmate(scratch: &Scratch, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rtmate"))
        .args(args)
        .current_dir(scratch.path())
        .env_clear()
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
    let cli = Cli::try_parse_from(["rtmate", "token", "--client", "a", "--config", "x"]).unwrap();
    assert_eq!(cli.flags.config.unwrap().to_str(), Some("x"), "global flags go anywhere");
    assert!(Cli::try_parse_from(["rtmate"]).unwrap().command.is_none());
}

#[test]
fn help_and_version_are_answers() {
    let scratch = Scratch::new();
    let help = rtmate(&scratch, &["--help"]);
    assert!(help.status.success() && help.stderr.is_empty());
    let help = text(&help.stdout);
    for word in
        ["Examples:", "Exit codes:", "64", "69", "73", "rtmate.toml", "RTMATE__SECTION__KEY"]
    {
        assert!(help.contains(word), "{word}");
    }
    let version = rtmate(&scratch, &["--version"]);
    assert_eq!(text(&version.stdout), format!("rtmate {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_mistake_is_one_line_and_64() {
    let scratch = Scratch::new();
    scratch.write("rtmate.toml", "[server]\nlisten = 'x'\n");
    for args in [&["config", "check"][..], &["config", "show"], &[], &["token", "--client", "a"]] {
        let output = rtmate(&scratch, args);
        assert_eq!(output.status.code(), Some(64), "{args:?}");
        assert!(output.stdout.is_empty());
        let line = text(&output.stderr);
        assert!(line.starts_with("rtmate: rtmate.toml:2: server.listen = \"x\": "), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
    assert_eq!(rtmate(&scratch, &["--bogus"]).status.code(), Some(64));
    assert_eq!(rtmate(&scratch, &["config", "default"]).status.code(), Some(0));
}

#[test]
fn a_public_address_without_an_app_is_not_served() {
    let output = rtmate(&Scratch::new(), &["--listen", "0.0.0.0:0"]);
    assert_eq!(output.status.code(), Some(64));
    let lines = text(&output.stderr);
    assert_eq!(lines.lines().count(), 1 + 1 + 5, "{lines}");
    assert!(lines.ends_with("origins = [\"*\"]\n"), "{lines}");
}

#[test]
fn check_says_what_it_read() {
    let scratch = Scratch::new();
    scratch.write("rtmate.toml", "[[apps]]\nid = 'a'\nstatus = 'disabled'\n");
    let output = rtmate(&scratch, &["config", "check", "--listen", "127.0.0.1:1"]);
    assert_eq!(
        text(&output.stdout),
        "read: default, rtmate.toml, --listen\n\
         listens on: 127.0.0.1:1\n\
         data: ./rtmate-data\n\
         apps: a (disabled)\n\
         demo app: off\n\
         warning: apps[0].jwt_keys: there are none, and no pusher_keys: no client can come in\n\
         The configuration can be used.\n"
    );
}

#[test]
fn show_reveals_the_demo_secrets_only_when_asked() {
    let scratch = Scratch::new();
    let show = |args: &[&str]| text(&rtmate(&scratch, args).stdout);
    assert!(show(&["config", "show", "--secrets"]).contains("are made at the first start"));
    assert!(rtmate(&scratch, &["token", "--client", "a"]).status.success());
    let kept = std::fs::read_to_string(scratch.path().join("rtmate-data/demo.toml")).unwrap();
    let secret = kept.lines().find(|line| line.starts_with("jwt_secret")).unwrap();
    assert!(!show(&["config", "show"]).contains("jwt_secret"));
    assert!(show(&["config", "show", "--secrets"]).contains(&format!("\n# {secret}\n")));
}
