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
fn the_pusher_format_needs_no_secret_of_its_own() {
    let text = app(
        "pusher_keys = [{ key = 'k', secret = 'SECRET' }]
webhooks = [{ name = 'a', url = 'https://a.example', format = 'pusher' }, { name = 'b', url = 'https://a.example', secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }]",
    );
    let loaded = load(&text).unwrap();
    let webhooks = &loaded.settings.apps[0].webhooks;
    assert_eq!(webhooks.iter().map(|it| it.secrets.len()).collect::<Vec<_>>(), [0, 1]);
}
