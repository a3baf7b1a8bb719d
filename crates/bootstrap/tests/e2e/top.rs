//! `rtmate top`: a table of what goes on.

use serde_json::json;

use crate::{
    api::{Api, BACKEND, OPERATOR, shop},
    client::Client,
    server::{Server, Start},
    soon,
    tokens::token,
};

fn url(server: &Server) -> String {
    format!("http://{}", server.address)
}

#[tokio::test]
async fn an_overview_counts_the_app_alone() {
    let server = Server::with(&shop()).await;
    let api = Api::of(&server, BACKEND);
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    let mut bob = Client::enter(&server, "bazaar", &token("bazaar", "bob")).await;
    alice.subscribe("plain").await;
    alice.subscribe("other").await;
    bob.subscribe("plain").await;
    alice.say("plain", 1).await;
    assert_eq!(alice.hears().await, 1);
    alice.refused("subscribe", json!({"channel": "private-x"})).await;
    // What a connection was given is added up behind it.
    let shown = soon("the delivery in the figures", async {
        loop {
            let shown = api.done("GET", "/overview", "").await;
            if shown["delivered"] != 0 {
                return shown;
            }
        }
    })
    .await;
    for (name, count) in [
        ("connections", 1),
        ("subscriptions", 2),
        ("channels", 2),
        ("published", 1),
        ("delivered", 1),
        ("refused", 1),
    ] {
        assert_eq!(shown[name], count, "{name}: {shown}");
    }
    let entry = |channel: &str| json!({"channel": channel, "subscribers": 1});
    assert_eq!(shown["largest"], json!([entry("other"), entry("plain")]));
    let bazaar = Api { server: &server, app: "bazaar", key: OPERATOR };
    let shown = bazaar.done("GET", "/overview", "").await;
    assert_eq!((&shown["subscriptions"], &shown["published"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn one_table_is_printed_and_that_is_the_end() {
    let server = Server::with(&shop()).await;
    server.folder.write("key", OPERATOR);
    let mut alice = Client::enter(&server, "shop", &token("shop", "alice")).await;
    alice.subscribe("chat:lobby").await;
    let url = url(&server);
    let args = ["top", "--once", "--interval", "500ms", "--key-file", "key", "--url", &url];
    let output = server.run(&args).await;
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains('\u{1b}'), "no terminal, no control: {text:?}");
    let words = |begin: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.starts_with(begin)).unwrap_or_default();
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(words("shop "), ["shop", "1", "1", "1", "0.0", "0.0", "0.0"], "{text}");
    assert_eq!(words("bazaar "), ["bazaar", "0", "0", "0", "0.0", "0.0", "0.0"], "{text}");
    assert!(text.contains("          1  chat:lobby\n"), "{text}");
    let refused = server.run(&["top", "--once", "--key", "no-key", "--url", &url]).await;
    assert_eq!(refused.status.code(), Some(1));
    let early = server.run(&["top", "--interval", "1ms", "--key", "k"]).await;
    assert_eq!(early.status.code(), Some(64));
}

#[tokio::test]
async fn a_server_that_goes_away_is_waited_for_until_an_interrupt() {
    let mut server = Start::bare().args(&["--listen", "127.0.0.1:0"]).serve().await;
    let (url, address) = (url(&server), server.address.to_string());
    let mut top = server.begin(&["top", "--interval", "500ms", "--url", &url]);
    top.out.expect("demo-app                           0").await;
    server.signal("KILL").await;
    server.ended().await;
    top.out.expect("does not answer").await;
    let before = top.out.text().len();
    let server = server.again(Start::bare().args(&["--listen", &address])).serve().await;
    crate::soon("a table again", async {
        while !top.out.text()[before..].contains("demo-app                           0") {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await;
    top.signal("INT").await;
    assert_eq!(top.ended().await.code(), Some(0));
    drop(server);
}

/// On a terminal: `script` makes one. What is left behind is what was before.
#[tokio::test]
async fn an_interrupt_leaves_the_terminal_as_it_was() {
    let server = Start::bare().args(&["--listen", "127.0.0.1:0"]).serve().await;
    let program = env!("CARGO_BIN_EXE_rtmate");
    let run = format!("timeout -s INT 3 {program} top --interval 500ms --url {}", url(&server));
    let output = tokio::process::Command::new("script")
        .args(["-qefc", &run, "/dev/null"])
        .current_dir(server.folder.path())
        .stdin(std::process::Stdio::null())
        .output();
    let Ok(output) = crate::soon("the end of the command", output).await else {
        eprintln!("no `script` on this machine: not tried");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with("\u{1b}[?1049h\u{1b}[?25l"), "{text:?}");
    assert!(text.contains("demo-app"), "{text:?}");
    assert!(text.ends_with("\u{1b}[?25h\u{1b}[?1049l"), "{text:?}");
}
