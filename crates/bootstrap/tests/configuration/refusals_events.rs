//! What is refused of webhooks and events, with the exact line. In the texts `SECRET` stands for 32
//! bytes.

use crate::scratch::refusal;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn mistakes_in_webhooks_and_events_are_named_with_their_place() {
    for (text, line) in [
        // Webhooks.
        (
            "webhooks = [{ name = 'a', url = 'http://a.example', secret = 'SECRET' }]",
            "3: apps[0].webhooks[0].url = \"http://a.example\": must begin with https://",
        ),
        (
            "webhooks = [{ name = 'a', url = 'https://me:pass@a.example', secret = 'SECRET' }]",
            "3: apps[0].webhooks[0].url: must not hold a user name or password",
        ),
        (
            "webhooks = [{ name = 'a', url = 'https://a.example' }]",
            "3: apps[0].webhooks[0]: a secret is required: secret, secret_file or secret_env",
        ),
        (
            "webhooks = [{ url = 'https://a.example', secret = 'SECRET' }]",
            "3: apps[0].webhooks[0].name: is required",
        ),
        (
            "webhooks = [{ name = 'a b', url = 'https://a.example', secret = 'SECRET' }]",
            "3: apps[0].webhooks[0].name = \"a b\": must be 1 to 64 of A-Z a-z 0-9 _ . -",
        ),
        (
            "webhooks = [{ name = 'a', url = 'https://a.example', secret = 'SECRET' }, { name = 'a', url = 'https://b.example', secret = 'SECRET' }]",
            "3: apps[0].webhooks[1].name = \"a\": already used by apps[0].webhooks[0].name",
        ),
        (
            "webhooks = [{ name = 'a', url = 'https://a.example', secret = 'SECRET', events = ['opened'] }]",
            "3: apps[0].webhooks[0].events[0] = \"opened\": not a kind of event; one of connection.opened, connection.closed, channel.occupied, channel.vacated, member.joined, member.left, channel.subscription_count, message.published, client.event, cache.missed, quota.reached, token.revoked, events.dropped",
        ),
        (
            "webhooks = [{ name = 'a', url = 'https://a.example', secret = 'SECRET', headers = [{ name = 'Host', value = 'b' }] }]",
            "3: apps[0].webhooks[0].headers[0].name = \"Host\": the server writes this header itself",
        ),
        (
            "webhooks = [{ name = 'a', url = 'https://a.example', secret = 'SECRET', batch = { size = 0 } }]",
            "3: apps[0].webhooks[0].batch.size = 0: must be between 1 and 1000",
        ),
        (
            "webhooks = [{ name = 'a', url = 'https://a.example', secret = 'SECRET', format = 'xml' }]",
            "3: apps[0].webhooks[0].format = \"xml\": not a format; one of rtmate, pusher",
        ),
        // Events.
        ("events = { size = 1 }", "3: apps[0].events.size = 1: must be between 1000 and 100000000"),
        (
            "namespaces = [{ pattern = 'a', events = 'all' }]",
            "3: apps[0].namespaces[0].events = \"all\": not what events can have; one of none, bare, data",
        ),
    ] {
        let text = format!("[[apps]]\nid = 'first'\n{}", text.replace("SECRET", SECRET));
        assert_eq!(refusal(&text), format!("rtmate.toml:{line}"), "{text}");
    }
}
