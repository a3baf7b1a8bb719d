//! `config show`: what is in effect, where it comes from, and no secret.

use bootstrap::settings::Flags;

use crate::scratch::{Scratch, load};

const APP: &str = "\
[log]
filter = 'debug'

[[apps]]
id = 'shop'
default_grants = { 'chat:*' = ['subscribe'] }
[[apps.jwt_keys]]
alg = 'HS256'
secret = '0123456789abcdef0123456789abcdef'
[[apps.namespaces]]
pattern = 'chat:*'
history = { size = 5 }
";

#[test]
fn each_value_has_its_origin() {
    let scratch = Scratch::new();
    scratch.write("rtmate.toml", APP);
    let flags = Flags { listen: Some("127.0.0.1:9".into()), ephemeral: true, file: None };
    let environment = [("RTMATE__LIMITS__CONNECTIONS", "7")];
    let loaded = scratch.load(&environment, &flags).unwrap_or_else(|line| panic!("{line}"));
    let shown = loaded.effective(false);
    for line in [
        "listen = \"127.0.0.1:9\" # --listen",
        "language = \"zh\" # default",
        "ephemeral = true # --ephemeral",
        "filter = \"debug\" # rtmate.toml:2",
        "connections = \"7\" # RTMATE__LIMITS__CONNECTIONS",
        "enabled = false # default",
        "[[apps]]\nid = \"shop\" # rtmate.toml:5",
        "status = \"active\" # default",
        "[apps.default_grants]\n\"chat:*\" = [\"subscribe\"] # rtmate.toml:6",
        "[[apps.jwt_keys]]\nalg = \"HS256\" # rtmate.toml:8\nsecret = \"***\" # rtmate.toml:9\nclient_claim = \"client_id\" # default",
        "[apps.namespaces.history]\nsize = 5 # rtmate.toml:12\nttl = \"24h\" # default",
        "[apps.limits]\nchannels_per_connection = 128 # default",
    ] {
        assert!(shown.contains(&format!("{line}\n")), "{line}\n---\n{shown}");
    }
    assert!(!shown.contains("0123456789abcdef"));
}

#[test]
fn with_secrets_it_is_a_configuration_with_the_same_effect() {
    let loaded = load(APP).unwrap_or_else(|line| panic!("{line}"));
    let shown = loaded.effective(true);
    assert!(shown.contains("0123456789abcdef0123456789abcdef"));
    let again = load(&shown).unwrap_or_else(|line| panic!("{line}\n{shown}"));
    let debug = |loaded: &bootstrap::settings::Loaded| {
        let mut settings = loaded.settings.clone();
        settings.store.path = "x".into();
        format!("{settings:?}")
    };
    assert_eq!(debug(&loaded), debug(&again));
}
