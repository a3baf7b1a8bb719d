//! `rtmate token`: what it asks of the issuer.

use application::ports::{IssueError, MockTokenIssuer};
use bootstrap::{
    cli::{Cli, Command, TokenArgs, token},
    settings::{Flags, Loaded},
};
use clap::Parser;
use domain::{Action, ChannelName, ClientId, GrantSource, Grants, Timestamp};

use crate::scratch::Scratch;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const SHOP: &str = "[[apps]]\nid = 'shop'\njwt_keys = [{ alg = 'HS256', secret = \
                    '0123456789abcdef0123456789abcdef' }]\n";

fn args(words: &[&str]) -> TokenArgs {
    let words = ["rtmate", "token"].iter().chain(words);
    match Cli::try_parse_from(words).unwrap().command {
        Some(Command::Token(args)) => args,
        other => panic!("{other:?}"),
    }
}

fn loaded(scratch: &Scratch, text: &str, ephemeral: bool) -> Loaded {
    scratch.write("rtmate.toml", text);
    let flags = Flags { ephemeral, ..Flags::default() };
    scratch.load(&[], &flags).unwrap_or_else(|line| panic!("{line}"))
}

fn refusal(words: &[&str], text: &str) -> String {
    let scratch = Scratch::new();
    // An issuer that must not be asked.
    let issuer = MockTokenIssuer::new();
    let loaded = loaded(&scratch, text, words.contains(&"--ephemeral"));
    token::run(&args(words), &loaded, &issuer, NOW).unwrap_err().to_string()
}

#[test]
fn everything_that_is_asked_for_reaches_the_issuer() {
    let mut issuer = MockTokenIssuer::new();
    issuer.expect_issue().once().returning(|app, request| {
        assert_eq!(app.id.as_str(), "shop");
        assert_eq!(request.client.as_str(), "alice");
        assert_eq!(request.expires_at, Timestamp::from_secs(1_800_000_900));
        assert_eq!(request.channels, [ChannelName::parse("chat:lobby").unwrap()]);
        assert_eq!(request.info.as_ref().unwrap().as_str(), r#"{"name":"A"}"#);
        let grants = Grants::new(GrantSource::Token, request.caps.clone().unwrap());
        let may = |action, channel| {
            let channel = ChannelName::parse(channel).unwrap();
            grants.check(action, &channel, &ClientId::parse("alice").unwrap()).is_ok()
        };
        assert!(may(Action::Send, "chat:lobby") && may(Action::Subscribe, "chat:lobby"));
        assert!(may(Action::History, "a=b") && !may(Action::Send, "a=b"));
        Ok("the.token.itself".to_owned())
    });
    let words = [
        "--app",
        "shop",
        "--client",
        "alice",
        "--ttl",
        "15m",
        "--grant",
        "chat:*=subscribe,send",
        "--grant",
        "a=b=history",
        "--channel",
        "chat:lobby",
        "--info",
        r#"{ "name": "A" }"#,
    ];
    let scratch = Scratch::new();
    let token = token::run(&args(&words), &loaded(&scratch, SHOP, false), &issuer, NOW);
    assert_eq!(token.unwrap(), "the.token.itself");
}

#[test]
fn no_grant_leaves_it_to_the_app_and_no_caps_allows_nothing() {
    for (flag, caps) in [(None, None), (Some("--no-caps"), Some(vec![]))] {
        let mut issuer = MockTokenIssuer::new();
        issuer.expect_issue().once().returning(move |app, request| {
            assert!(app.demo);
            assert_eq!(request.caps, caps);
            assert_eq!(request.expires_at.since(NOW).as_secs(), 3600);
            Ok(String::new())
        });
        let words: Vec<&str> = ["--client", "a"].into_iter().chain(flag).collect();
        let scratch = Scratch::new();
        token::run(&args(&words), &loaded(&scratch, "", false), &issuer, NOW).unwrap();
        assert!(scratch.path().join("rtmate-data/demo.toml").exists());
    }
}

#[test]
fn given_demo_secrets_need_no_directory() {
    let mut issuer = MockTokenIssuer::new();
    issuer.expect_issue().once().returning(|_, _| Ok(String::new()));
    let scratch = Scratch::new();
    let text = "[demo]\nsecret = '0123456789abcdef0123456789abcdef'\n";
    token::run(&args(&["--client", "a"]), &loaded(&scratch, text, true), &issuer, NOW).unwrap();
    assert!(!scratch.path().join("rtmate-data").exists());
}

#[test]
fn what_no_token_can_say_is_refused() {
    for (words, text, line) in [
        (
            &["--client", "a b"][..],
            "",
            "--client a b: contains a character that is not allowed at position 1",
        ),
        (&["--client", "a", "--ttl", "31d"], "", "--ttl 31d: must be 1s to 30d"),
        (&["--client", "a", "--ttl", "0s"], "", "--ttl 0s: must be 1s to 30d"),
        (
            &["--client", "a", "--grant", "chat"],
            "",
            "--grant chat: must be PATTERN=ACTIONS, such as chat:*=subscribe,send",
        ),
        (
            &["--client", "a", "--grant", "chat=all"],
            "",
            "--grant chat=all: \"all\" is not an action; one of subscribe, send, presence, history",
        ),
        (&["--client", "a", "--channel", "#x"], "", "--channel #x: a leading # is the server's"),
        (&["--client", "a", "--info", "{"], "", "--info {: is not valid JSON"),
        (&["--client", "a", "--app", "shop"], "", "--app shop: no such app; known apps: demo-app"),
        (
            &["--client", "a"],
            SHOP,
            "--app demo-app: the demo app is off because apps are configured ([demo] enabled = true turns it on); known apps: shop",
        ),
        (
            &["--client", "a", "--ephemeral"],
            "",
            "with store.ephemeral the demo app's secrets live in the server's memory only, so no other process can make its tokens; set [demo] secret (RTMATE__DEMO__SECRET) for both",
        ),
    ] {
        assert_eq!(refusal(words, text), line);
    }
}

#[test]
fn an_app_without_a_secret_is_named() {
    let mut issuer = MockTokenIssuer::new();
    issuer.expect_issue().once().returning(|_, _| Err(IssueError::NoSecret));
    let scratch = Scratch::new();
    let loaded = loaded(&scratch, "[[apps]]\nid = 'a'\n", false);
    let line = token::run(&args(&["--client", "a", "--app", "a"]), &loaded, &issuer, NOW);
    assert_eq!(
        line.unwrap_err().to_string(),
        "--app a: the app holds no shared secret (HS256, HS384 or HS512)"
    );
}
