//! `rtmate verify`, on servers of its own and on one that is there.

use std::process::Output;

use crate::{
    model::{Bug, Model},
    server::Start,
    soon,
    tokens::{ALLOW_ALL, app, secret_of, token},
};

fn text(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[tokio::test]
async fn a_server_of_its_own_is_killed_and_keeps_its_promises() {
    let args = ["verify", "--spawn", "--history", "none", "--seconds", "5", "--seed", "3"];
    let output = soon("the verdict", Start::bare().args(&args).output()).await;
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("seed: 3 (--seed 3 repeats the schedule)\n"), "{text}");
    assert!(text.contains(" came and went; 12 lists"), "{text}");
    assert!(!text.contains(" 0 kills") && !text.contains(" 0 acknowledged"), "{text}");
    assert!(text.ends_with("every promise was kept\n"), "{text}");
}

#[tokio::test]
async fn a_server_that_is_there_is_verified_with_a_secret_or_a_token() {
    let server = Start::new().toml(&app("shop", ALLOW_ALL)).serve().await;
    let url = format!("ws://{}/ws", server.address);
    let common = ["verify", "--url", &url, "--app", "shop", "--history", "none", "--seconds", "1"];
    let secret = Start::bare()
        .args(&common)
        .args(&["--secret-env", "SHOP_SECRET"])
        .env("SHOP_SECRET", &secret_of("shop"));
    let output = secret.output().await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let file = Start::bare().args(&common).args(&["--token-file", "token"]);
    file.folder().write("token", &token("shop", "alice").sign());
    let output = file.output().await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[tokio::test]
async fn without_a_server_there_is_no_verdict() {
    let start = Start::bare().args(&["verify", "--url", "ws://127.0.0.1:1/ws", "--app", "shop"]);
    let output = start.output().await;
    assert_eq!(output.status.code(), Some(64), "{}", text(&output));
    assert!(text(&output).contains("--secret-env"), "{}", text(&output));

    let server = Start::new().toml(&app("shop", ALLOW_ALL)).serve().await;
    let url = format!("ws://{}/ws", server.address);
    let wrong = ["verify", "--url", &url, "--app", "shop", "--token-file", "token"];
    let start = Start::bare().args(&wrong);
    start.folder().write("token", "no token");
    let output = start.output().await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("no verdict: "), "{}", text(&output));
}

/// The verdict on a server with history that has this bug.
async fn verdict(bug: Bug) -> (Option<i32>, String) {
    let model = Model::serve(bug).await;
    let url = format!("ws://{}/ws", model.address);
    let args = ["verify", "--url", &url, "--app", "any", "--token-file", "token", "--seconds", "4"];
    let start = Start::bare().args(&args).args(&["--channels", "2", "--seed", "5"]);
    start.folder().write("token", "any");
    let output = start.output().await;
    (output.status.code(), text(&output))
}

#[tokio::test]
async fn a_server_with_history_is_recovered_from_and_read_to_the_end() {
    let (code, text) = verdict(Bug::None).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("returns: 0 recovered"), "{text}");
    assert!(text.contains(", 0 gaps told, ") && !text.contains("; 0 messages"), "{text}");
    assert!(!text.contains(" 0 rewinds") && !text.contains("; 0 hidden"), "{text}");
}

#[tokio::test]
async fn the_bugs_of_a_server_with_history_are_found() {
    for (bug, words) in [
        (Bug::Forgets(40), "FOUND lost: "),
        (Bug::Skips(40), "FOUND silent gap: "),
        (Bug::Repeats(40), "FOUND twice: "),
    ] {
        let (code, text) = verdict(bug).await;
        assert_eq!(code, Some(1), "{words}: {text}");
        assert!(text.contains(words), "{words}: {text}");
    }
}
