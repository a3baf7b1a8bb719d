//! What signs webhooks. In the texts `SECRET` stands for 32 bytes.

use crate::scratch::{load, refusal};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn app(text: &str) -> String {
    format!("[[apps]]\nid = 'first'\n{}", text.replace("SECRET", SECRET))
}

#[test]
fn a_webhook_has_what_signs_it() {
    for (text, line) in [
        (
            "webhooks = [{ name = 'a', url = 'https://a.example', secret = 'whsec_not base64, but long enough' }]",
            "3: apps[0].webhooks[0].secret: after whsec_ must come Base64 of at least 24 bytes",
        ),
        (
            "webhooks = [{ name = 'a', url = 'https://a.example', secret = 'SECRET', previous_secrets = [{ secret = 'whsec_SECRET=' }] }]",
            "3: apps[0].webhooks[0].previous_secrets[0].secret: after whsec_ must come Base64 of at least 24 bytes",
        ),
        (
            "webhooks = [{ name = 'a', url = 'https://a.example', format = 'pusher' }]",
            "3: apps[0].webhooks[0].format = \"pusher\": the app has no pusher_keys to sign with",
        ),
    ] {
        assert_eq!(refusal(&app(text)), format!("rtmate.toml:{line}"), "{text}");
    }
}

#[test]
fn an_address_that_can_never_be_told_is_refused() {
    let refused = |url: &str, more: &str| {
        let webhook =
            format!("webhooks = [{{ name = 'a', url = '{url}', secret = 'SECRET'{more} }}]");
        let line = refusal(&app(&webhook));
        let place = format!("rtmate.toml:3: apps[0].webhooks[0].url = \"{url}\": ");
        line.strip_prefix(&place).unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    let private = "a private address, which is not allowed without allow_private_addresses";
    for url in ["https://127.0.0.1/", "https://0x7f.1/", "https://[::ffff:10.0.0.1]:8443/x"] {
        assert_eq!(refused(url, ""), private, "{url}");
    }
    let allowed = ", allow_private_addresses = true";
    assert_eq!(refused("http://a.example:99999/", allowed), "not an address: invalid port number");
    assert!(refused("https://[fe80::1%25lo]/", allowed).starts_with("not an address: "));
    let text = "webhooks = [{ name = 'a', url = 'http://127.0.0.1:1/', secret = 'SECRET', allow_private_addresses = true }]";
    load(&app(text)).unwrap();
}

#[test]
fn a_header_says_nothing_of_how_a_request_travels() {
    for name in ["Expect", "content-encoding", "Keep-Alive", "proxy-connection", "Host", "te"] {
        let header = format!("headers = [{{ name = '{name}', value = 'x' }}]");
        let text = format!(
            "webhooks = [{{ name = 'a', url = 'https://a.example', secret = 'SECRET', {header} }}]"
        );
        let line = refusal(&app(&text));
        assert!(line.ends_with("the server writes this header itself"), "{line}");
    }
}

#[test]
fn the_pusher_format_needs_no_secret_of_its_own() {
    let text = app(
        "pusher_keys = [{ key = 'k', secret = 'SECRET' }]
webhooks = [{ name = 'a', url = 'https://a.example', format = 'pusher' }, { name = 'b', url = 'https://a.example', secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }]",
    );
    let loaded = load(&text).unwrap();
    let webhooks = &loaded.settings.apps[0].webhooks;
    assert_eq!(webhooks.iter().map(|it| it.secrets.len()).collect::<Vec<_>>(), [0, 1]);
}
