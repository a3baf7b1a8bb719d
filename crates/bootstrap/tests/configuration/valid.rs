//! What a configuration comes to.

use std::time::Duration;

use bootstrap::settings::Flags;
use domain::{
    AppStatus, ChannelMode, ChannelName, Durability, JwtAlgorithm, KeyMaterial, Rate, SenderView,
};
use secrecy::ExposeSecret;

use crate::scratch::{Scratch, load};

const WHOLE: &str = r#"
[[operator.keys]]
name = "ops"
hash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
scopes = ["read", "manage"]

[[apps]]
id = "shop"
origins = ["https://*.example.com"]
origin_required = true
compression = true

[apps.default_grants]
"chat:*" = ["subscribe", "send"]
"user:{client}" = ["subscribe"]

[apps.limits]
requests_per_second = 5
connections = 9
messages_per_second = 7
deliveries_per_second = 3
deliveries_burst = 30
storage = "1024GiB"

[[apps.jwt_keys]]
kid = "1"
alg = "HS256"
secret_env = "SHOP_SECRET"
issuer = "https://login.example.com/"

[[apps.jwt_keys]]
alg = "RS256"
jwks_url = "https://login.example.com/jwks"

[[apps.pusher_keys]]
key = "k"
secret = "0123456789abcdef0123456789abcdef"

[[apps.namespaces]]
pattern = "chat:*"
sender = "full"
idempotency_window = "1m"
history = { size = 10 }

[[apps.namespaces]]
pattern = "weather"
mode = "cache"
presence = true
presence_leave_delay = "1s"

[[apps.namespaces]]
pattern = "quiet:*"
presence_members = 5

[[apps.webhooks]]
name = "main"
url = "https://backend.example.com/rtmate"
secret = "0123456789abcdef0123456789abcdef"

[[apps]]
id = "old"
status = "disabled"
"#;

fn whole() -> bootstrap::settings::Settings {
    let scratch = Scratch::new();
    scratch.write("rtmate.toml", WHOLE);
    let secret = [("SHOP_SECRET", "fedcba9876543210fedcba9876543210")];
    scratch.load(&secret, &Flags::default()).unwrap_or_else(|line| panic!("{line}")).settings
}

#[test]
fn an_app_is_parsed_whole() {
    let settings = whole();
    let [shop, old] = &settings.apps[..] else { panic!("{:?}", settings.apps) };
    assert_eq!((shop.id.as_str(), shop.status), ("shop", AppStatus::Active));
    assert_eq!((old.id.as_str(), old.status), ("old", AppStatus::Disabled));
    assert!(!shop.demo && shop.origins.required);
    assert!(shop.compression && !old.compression);
    assert!(shop.origins.allows(Some("https://app.example.com")));
    assert!(!shop.origins.allows(Some("https://evil.example")));
    assert_eq!(shop.default_grants.len(), 2);
    assert_eq!((shop.limits.requests_per_second, shop.limits.requests_burst), (5, 200));
    assert_eq!(shop.limits.connections, Some(9));
    assert_eq!(shop.limits.messages, Some(Rate::new(7, 7)));
    assert_eq!(shop.limits.deliveries, Some(Rate::new(3, 30)));
    assert_eq!((shop.limits.client_messages, shop.limits.history_bytes), (None, None));
    assert_eq!(shop.limits.storage_bytes, Some(1 << 40));
    assert_eq!(shop.pusher_keys.len() + shop.webhooks.len(), 2);
    assert_eq!(settings.operator_keys[0].scopes.len(), 2);
}

#[test]
fn token_keys_have_the_claim_that_fits_them() {
    let settings = whole();
    let [held, fetched] = &settings.apps[0].jwt_keys[..] else { panic!() };
    assert_eq!((held.algorithm, &*held.client_claim), (JwtAlgorithm::Hs256, "client_id"));
    assert_eq!((fetched.algorithm, &*fetched.client_claim), (JwtAlgorithm::Rs256, "sub"));
    let KeyMaterial::Secret(secret) = &held.material else { panic!() };
    assert_eq!(secret.expose_secret(), "fedcba9876543210fedcba9876543210");
    assert!(
        matches!(&fetched.material, KeyMaterial::JwksUrl(url) if &**url == "https://login.example.com/jwks")
    );
}

#[test]
fn namespaces_fill_in_what_is_left_out() {
    let settings = whole();
    let app = &settings.apps[0];
    let chat = app.namespace(&ChannelName::parse("chat:lobby").unwrap());
    assert_eq!((chat.sender, chat.mode), (SenderView::Full, ChannelMode::Stream));
    assert_eq!(chat.idempotency_window, Duration::from_secs(60));
    let history = chat.history.unwrap();
    assert_eq!((history.size, history.bytes), (10, 64 << 20));
    assert_eq!(history.durability, Durability::Durable);
    let weather = app.namespace(&ChannelName::parse("weather").unwrap());
    assert!(weather.presence && weather.history.is_none());
    let bounds = (weather.presence_leave_delay, weather.presence_members);
    assert_eq!(bounds, (Duration::from_secs(1), 1000));
}

#[test]
fn what_has_no_effect_is_said() {
    let expected = [
        "apps[0].namespaces[2].presence: it is off: presence_leave_delay and presence_members have no effect",
        "apps[1].jwt_keys: there are none, and no pusher_keys: no client can come in",
    ];
    assert_eq!(whole().warnings, expected);
    assert_eq!(load("").unwrap_or_else(|line| panic!("{line}")).settings.warnings, [""; 0]);
    let everywhere = load("[server]\ninternal_listen = '0.0.0.0:3001'");
    assert_eq!(
        everywhere.unwrap_or_else(|line| panic!("{line}")).settings.warnings,
        [
            "server.internal_listen: on every address of this machine, public ones too: /metrics needs no key there"
        ]
    );
    let alone = load("[demo]\nenabled = false").unwrap_or_else(|line| panic!("{line}"));
    assert_eq!(
        alone.settings.warnings,
        ["demo.enabled: the demo app is off and no other app is configured: nobody can connect"]
    );
}

#[test]
fn an_app_of_ones_own_switches_the_demo_off() {
    for (text, enabled) in [
        ("", true),
        ("[demo]\nenabled = false", false),
        ("[[apps]]\nid = 'a'", false),
        ("[demo]\nenabled = true\n[[apps]]\nid = 'a'", true),
    ] {
        let settings = load(text).unwrap_or_else(|line| panic!("{line}")).settings;
        assert_eq!(settings.demo.enabled, enabled, "{text}");
    }
}

#[test]
fn settings_show_no_secret_in_the_log() {
    let shown = format!("{:?}", whole());
    assert!(!shown.contains("0123456789abcdef") && !shown.contains("fedcba9876543210"));
}

#[test]
fn the_return_window_follows_the_shutdown_window_unless_it_is_set() {
    let window = |text: &str| {
        let loaded = load(text).unwrap_or_else(|line| panic!("{line}"));
        loaded.settings.store.return_window.as_secs()
    };
    assert_eq!(window(""), 45);
    assert_eq!(window("[server]\nshutdown_window = '5m'"), 315);
    assert_eq!(window("[server]\nshutdown_window = '5m'\n[store]\nreturn_window = '0s'"), 0);
}
