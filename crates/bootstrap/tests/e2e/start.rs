//! How the server starts, or says why it does not.

use serde_json::json;

use crate::{
    client::Client,
    server::Start,
    tokens::{ALLOW_ALL, app},
};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_newcomer_is_told_address_page_and_token() {
    let server = Start::bare().args(&["--listen", "127.0.0.1:0"]).serve().await;
    let token_line = server.banner.expect("a token: ").await;
    let banner = server.banner.text();
    let address = server.address;
    assert!(banner.contains(&format!("serves ws://{address}/ws\n")), "{banner}");
    assert!(banner.contains(&format!("demo page: http://{address}/\n")), "{banner}");
    assert!(
        banner.contains("demo-app is active, for programs and pages of this machine"),
        "{banner}"
    );

    // The command makes a token, and nothing else on standard output.
    let command = token_line.strip_prefix("a token: ").unwrap();
    let output = tokio::process::Command::new("sh")
        .args(["-c", command])
        .current_dir(server.folder.path())
        .output()
        .await
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let token = text(&output.stdout);
    assert_eq!(token.lines().count(), 1);
    let reply = Client::connect(&server).await.auth("demo-app", token.trim_end()).await;
    assert_eq!(reply["data"]["client_id"], "alice", "{reply}");
}

#[tokio::test]
async fn the_options_of_token_are_in_the_token() {
    let server = Start::bare().args(&["--listen", "127.0.0.1:0"]).serve().await;
    let args = "token --client carol --ttl 15m --grant private-*=subscribe --channel news \
                --info {\"name\":\"Carol\"}";
    let args: Vec<_> = args.split_whitespace().collect();
    let output = server.run(&args).await;
    let token = text(&output.stdout);
    let mut carol = Client::connect(&server).await;
    let reply = carol.auth("demo-app", token.trim_end()).await;
    assert_eq!(reply["data"]["client_id"], "carol");
    assert_eq!(carol.push("subscribed").await["channel"], "news");
    carol.subscribe("private-x").await;
    assert_eq!(carol.refused("subscribe", json!({"channel": "chat"})).await.0, 403);
    for bad in [
        &["token", "--client", "*"][..],
        &["token", "--client", "a", "--ttl", "31d"],
        &["token", "--client", "a", "--app", "nowhere"],
        &["token", "--client", "a", "--grant", "chat"],
        &["token"],
    ] {
        let output = server.run(bad).await;
        assert_eq!(output.status.code(), Some(64), "{bad:?}");
        assert!(output.stdout.is_empty());
    }
}

#[tokio::test]
async fn a_public_address_needs_an_app_and_the_refusal_mends_it() {
    let public = || Start::bare().args(&["--listen", "0.0.0.0:0", "--ephemeral"]);
    let refused = public();
    let output = refused.output().await;
    assert_eq!(output.status.code(), Some(64));
    let refusal = text(&output.stderr);
    let (_, lines) = refusal.split_once("\n\n").unwrap();
    assert_eq!(lines.lines().count(), 5, "{refusal}");

    // Pasted, they start the server, and a token of that app opens it.
    let server = public().toml(lines).serve().await;
    let token = server.run(&["token", "--app", "my-app", "--client", "alice"]).await;
    let mut client = Client::connect(&server).await;
    let reply = client.auth("my-app", text(&token.stdout).trim_end()).await;
    assert_eq!(reply["code"], 200, "{reply}");
    client.subscribe("chat").await;
    client.say("chat", "hi").await;
    assert_eq!(client.hears().await, "hi");
}

#[tokio::test]
async fn a_port_in_use_is_told_with_what_to_do() {
    let server = Start::new().serve().await;
    let address = server.address.to_string();
    let output = Start::bare().args(&["--listen", &address, "--ephemeral"]).output().await;
    assert_eq!(output.status.code(), Some(69));
    assert!(output.stdout.is_empty());
    let line = text(&output.stderr);
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains(&address) && line.contains("--listen"), "{line}");
}

#[tokio::test]
async fn a_mistake_is_one_line_with_key_value_and_file() {
    for (toml, parts) in [
        ("[server]\nlisten = 5", &["rtmate.toml:2", "server.listen", "5"][..]),
        ("[server]\nlisten = \"nowhere\"", &["rtmate.toml:2", "server.listen", "\"nowhere\""]),
        ("[limits]\nframes = \"1MiB\"", &["rtmate.toml:2", "limits.frames"]),
        ("[limits]\nauth_timeout = \"soon\"", &["rtmate.toml:2", "limits.auth_timeout", "soon"]),
        ("[[apps]]\nid = \"demo-app\"", &["rtmate.toml:2", "apps[0].id", "demo-app"]),
        ("[server", &["rtmate.toml:1"]),
    ] {
        let start = Start::bare().toml(toml);
        let output = start.output().await;
        assert_eq!(output.status.code(), Some(64), "{toml}");
        let line = text(&output.stderr);
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
        assert!(std::fs::read_dir(start.folder().path()).unwrap().count() == 1, "nothing is made");
    }
    let output = Start::bare().env("RTMATE__LIMITS__FRAME", "lots").output().await;
    let line = text(&output.stderr);
    assert_eq!(output.status.code(), Some(64));
    assert!(line.contains("RTMATE__LIMITS__FRAME") && line.contains("limits.frame"), "{line}");
    let output = Start::bare().args(&["--config", "missing.toml"]).output().await;
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("missing.toml"));
}

#[tokio::test]
async fn config_shows_checks_and_begins() {
    let start = Start::new().toml(&app("shop", ALLOW_ALL));
    let server = start.serve().await;
    let shown = text(&server.run(&["config", "show"]).await.stdout);
    assert!(!shown.contains(&crate::tokens::secret_of("shop")), "{shown}");
    assert!(shown.contains("***") && shown.contains("rtmate.toml:2"), "{shown}");
    let checked = server.run(&["config", "check"]).await;
    assert!(checked.status.success() && text(&checked.stdout).contains("shop"));

    let default = server.run(&["config", "default"]).await;
    let begun = Start::new().toml(&text(&default.stdout));
    let server = begun.serve().await;
    Client::demo(&server, "alice").await;
}
