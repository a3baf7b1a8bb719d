//! What is refused, with the exact line. In the texts `SECRET` stands for 32 bytes.

use bootstrap::settings::Flags;

use crate::scratch::{Scratch, refusal};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, line) in [
        // The text itself.
        ("[server\nlisten = 1", "rtmate.toml:1: unclosed table, expected `]`"),
        ("[log]\nfilter = 'a'\nfilter = 'b'", "rtmate.toml:3: duplicate key"),
        (
            "x = 99999999999999999999",
            "rtmate.toml:1: x = 99999999999999999999: the number is too large",
        ),
        // Unknown keys.
        (
            "[server]\n\nlisen = 'x'",
            "rtmate.toml:3: server.lisen: unknown key; did you mean \"listen\"?",
        ),
        ("[sever]\n", "rtmate.toml:1: sever: unknown key; did you mean \"server\"?"),
        ("'a.b' = 1", "rtmate.toml:1: \"a.b\": unknown section"),
        ("[debug]\nzzz = 1", "rtmate.toml:2: debug.zzz: unknown key; known here: echo"),
        // Wrong types: none is turned into another.
        (
            "[server]\nlisten = 3000",
            "rtmate.toml:2: server.listen = 3000: must be a text in quotes, not a number",
        ),
        ("server = 'x'", "rtmate.toml:1: server: must be a table, not a text"),
        ("[apps]\nid = 'x'", "rtmate.toml:1: apps: must be an array, not a table"),
        ("[debug]\necho = 1", "rtmate.toml:2: debug.echo = 1: must be true or false, not a number"),
        (
            "[limits]\nconnections = 1.5",
            "rtmate.toml:2: limits.connections = 1.5: must be a whole number, not a fraction",
        ),
        (
            "[limits]\nconnections = true",
            "rtmate.toml:2: limits.connections = true: must be a whole number, not true or false",
        ),
        (
            "[limits]\nauth_timeout = 10",
            "rtmate.toml:2: limits.auth_timeout = 10: must be a time such as \"30s\", not a number",
        ),
        // Values.
        (
            "[server]\nlisten = 'localhost'",
            "rtmate.toml:2: server.listen = \"localhost\": not an IP address with a port, such as 127.0.0.1:3000 or [::]:3000, nor a Unix socket, such as unix:/run/rtmate/rtmate.sock",
        ),
        (
            "[server]\nlanguage = 'de'",
            "rtmate.toml:2: server.language = \"de\": not a language; one of zh, en",
        ),
        (
            "[server]\nshutdown_window = '1h'",
            "rtmate.toml:2: server.shutdown_window = \"1h\": must be between 0s and 10m",
        ),
        (
            "[limits]\nframe = '64KB'",
            "rtmate.toml:2: limits.frame = \"64KB\": must be a number of bytes, or one with KiB, MiB or GiB in quotes, such as \"64KiB\"",
        ),
        (
            "[limits]\nunauthenticated_frame = '1MiB'",
            "rtmate.toml:2: limits.unauthenticated_frame = \"1MiB\": must be between 1KiB and 128KiB",
        ),
        (
            "[limits]\nconnections = 0",
            "rtmate.toml:2: limits.connections = 0: must be between 1 and 10000000",
        ),
        (
            "[limits]\nconnections = -1",
            "rtmate.toml:2: limits.connections = -1: must be a whole number from 0 to 4294967295",
        ),
        (
            "[limits]\nping_interval = '25'",
            "rtmate.toml:2: limits.ping_interval = \"25\": must be a whole number with ms, s, m, h or d, such as \"30s\"",
        ),
        (
            "[log]\nfilter = 'inof'",
            "rtmate.toml:2: log.filter = \"inof\": \"inof\" is neither a level (off, error, warn, info, debug, trace) nor a module with one, such as adapters_ws=debug",
        ),
        (
            "[log]\nformat = 'xml'",
            "rtmate.toml:2: log.format = \"xml\": not a format; one of text, json",
        ),
        ("[store]\npath = ''", "rtmate.toml:2: store.path = \"\": must name a directory"),
        (
            "[demo]\nsecret = 'geheim'",
            "rtmate.toml:2: demo.secret: the secret has 6 bytes; at least 32 are needed (openssl rand -hex 32)",
        ),
        (
            "[server]\ninternal_listen = '127.0.0.1:3000'",
            "rtmate.toml:2: server.internal_listen = \"127.0.0.1:3000\": is server.listen; choose another one",
        ),
        (
            "[server]\nlisten = 'unix:'",
            "rtmate.toml:2: server.listen = \"unix:\": the path of a Unix socket has 1 to 107 bytes",
        ),
        (
            "[server]\ntrusted_proxies = ['127.0.0.1', '10.1.2.3/8']",
            "rtmate.toml:2: server.trusted_proxies[1] = \"10.1.2.3/8\": not the beginning of a network; did you mean 10.0.0.0/8?",
        ),
        (
            "[server]\ntrusted_proxies = ['proxy.example']",
            "rtmate.toml:2: server.trusted_proxies[0] = \"proxy.example\": neither an IP address nor a network, such as 10.0.0.0/8, nor unix",
        ),
        (
            "[server.tls]\ncert = 'a.pem'\nkey = 'b.pem'",
            "rtmate.toml:2: server.tls.cert = \"a.pem\": can't be read: No such file or directory (os error 2)",
        ),
        ("[server.tls]\ncert = 'a.pem'", "rtmate.toml:1: server.tls.key: is required"),
        (
            "[server.tls]\ncert = 'a.pem'\nkey = '-----BEGIN PRIVATE KEY-----'",
            "rtmate.toml:3: server.tls.key: must name a PEM file, not be its text",
        ),
        // Operators.
        (
            "[[operator.keys]]\nname = 'a'\nhash = 'the key itself'\nscopes = ['read']",
            "rtmate.toml:3: operator.keys[0].hash: must be the SHA-256 of the key: 64 hexadecimal digits",
        ),
    ] {
        assert_eq!(refusal(text), line, "{text}");
    }
}

#[test]
fn mistakes_in_apps_are_named_with_their_place() {
    // The first line of each text is line 3.
    for (text, line) in [
        ("[[apps]]", "3: apps[1].id: is required"),
        (
            "[[apps]]\nid = 'demo-app'",
            "4: apps[1].id = \"demo-app\": the demo app can't be configured; choose another id, and [demo] enabled to switch it on or off",
        ),
        ("[[apps]]\nid = 'first'", "4: apps[1].id = \"first\": already used by apps[0].id"),
        (
            "[[apps]]\nid = 'a b'",
            "4: apps[1].id = \"a b\": contains a character that is not allowed at position 1",
        ),
        ("status = 'off'", "3: apps[0].status = \"off\": not a status; one of active, disabled"),
        (
            "origins = ['example.com']",
            "3: apps[0].origins[0] = \"example.com\": not an origin, such as https://app.example.com, https://*.example.com, http://localhost:*, null or *",
        ),
        (
            "default_grants = { 'chat:*' = ['reed'] }",
            "3: apps[0].default_grants.\"chat:*\"[0] = \"reed\": not an action; one of subscribe, send, presence, history",
        ),
        (
            "default_grants = { 'chat *' = ['send'] }",
            "3: apps[0].default_grants.\"chat *\": the pattern contains a character that no channel name has",
        ),
        (
            "default_grants = { 'chat' = 'send' }",
            "3: apps[0].default_grants.chat: must be an array, not a text",
        ),
        (
            "limits = { messages_burst = 5 }",
            "3: apps[0].limits.messages_burst = 5: needs messages_per_second beside it",
        ),
        (
            "limits = { deliveries_per_second = 0 }",
            "3: apps[0].limits.deliveries_per_second = 0: must be between 1 and 10000000",
        ),
        (
            "limits = { storage = '1B' }",
            "3: apps[0].limits.storage = \"1B\": must be between 1KiB and 65536GiB",
        ),
        (
            "limits = { payload = '127KiB' }",
            "3: apps[0].limits.payload = \"127KiB\": must leave 2KiB of limits.frame (128KiB) to the envelope",
        ),
        (
            "limits = { queue = '100KiB' }",
            "3: apps[0].limits.queue = \"100KiB\": must hold two messages of 64KiB (payload) each",
        ),
        (
            "limits = { chanels_per_connection = 1 }",
            "3: apps[0].limits.chanels_per_connection: unknown key; did you mean \"channels_per_connection\"?",
        ),
        // Token keys.
        (
            "[[apps.jwt_keys]]\nalg = 'RS1024'",
            "4: apps[0].jwt_keys[0].alg = \"RS1024\": not an algorithm; one of HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, EdDSA",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'none'",
            "4: apps[0].jwt_keys[0].alg = \"none\": not an algorithm; one of HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384, EdDSA",
        ),
        ("[[apps.jwt_keys]]\nsecret = 'SECRET'", "3: apps[0].jwt_keys[0].alg: is required"),
        (
            "[[apps.jwt_keys]]\nalg = 'HS256'",
            "3: apps[0].jwt_keys[0]: a secret is required: secret, secret_file or secret_env",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'HS256'\nsecret = 'short'",
            "5: apps[0].jwt_keys[0].secret: the secret has 5 bytes; at least 32 are needed (openssl rand -hex 32)",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'HS512'\nsecret = 'SECRET'",
            "5: apps[0].jwt_keys[0].secret: a secret for HS512 needs at least 64 bytes, this one has 32",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'HS256'\nsecret = 'SECRET'\nsecret_env = 'X'",
            "3: apps[0].jwt_keys[0]: give only one of secret, secret_file, secret_env",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'HS256'\nsecret_env = 'NOBODY'",
            "5: apps[0].jwt_keys[0].secret_env = \"NOBODY\": the environment has no such variable",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'HS256'\nsecret_env = 'SECRET'",
            "5: apps[0].jwt_keys[0].secret_env: the environment has no such variable",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'HS256'\nsecret_file = 'gone'",
            "5: apps[0].jwt_keys[0].secret_file = \"gone\": can't be read: No such file or directory (os error 2)",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'HS256'\npublic_key = 'x'",
            "5: apps[0].jwt_keys[0].public_key: does not fit: HS256 takes a shared secret: secret, secret_file or secret_env",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'RS256'\nsecret = 'SECRET'",
            "5: apps[0].jwt_keys[0].secret: does not fit: RS256 takes a public key: public_key, public_key_file or jwks_url",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'RS256'",
            "3: apps[0].jwt_keys[0]: RS256 takes a public key: public_key, public_key_file or jwks_url",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'RS256'\nkid = 'a'\njwks_url = 'https://a.example/jwks'",
            "5: apps[0].jwt_keys[0].kid = \"a\": the document of jwks_url names its own keys; remove kid",
        ),
        (
            "[[apps.jwt_keys]]\nalg = 'HS256'\nsercet = 'SECRET'",
            "5: apps[0].jwt_keys[0].sercet: unknown key; did you mean \"secret\"?",
        ),
        ("jwt_keys = ['SECRET']", "3: apps[0].jwt_keys[0]: must be a table, not a text"),
        (
            "jwt_keys = [{ alg = 'HS256', kid = 'a', secret = 'SECRET' }, { alg = 'HS256', kid = 'a', secret = 'SECRET' }]",
            "3: apps[0].jwt_keys[1].kid = \"a\": already used by apps[0].jwt_keys[0].kid",
        ),
        (
            "jwt_keys = [{ alg = 'HS256', secret = 'SECRET', audience = 'x' }]\n[[apps]]\nid = 'b'\njwt_keys = [{ alg = 'HS256', secret = 'SECRET', audience = 'x' }]",
            "6: apps[1].jwt_keys[0].audience = \"x\": already used by apps[0].jwt_keys[0].audience",
        ),
        // Pusher and API keys.
        (
            "pusher_keys = [{ key = 'k', secret = 'SECRET' }]\n[[apps]]\nid = 'b'\npusher_keys = [{ key = 'k', secret = 'SECRET' }]",
            "6: apps[1].pusher_keys[0].key = \"k\": already used by apps[0].pusher_keys[0].key",
        ),
        (
            "pusher_keys = [{ key = 'demo-key', secret = 'SECRET' }]",
            "3: apps[0].pusher_keys[0].key = \"demo-key\": belongs to the demo app; choose another",
        ),
        (
            "pusher_keys = [{ key = 'a/b', secret = 'SECRET' }]",
            "3: apps[0].pusher_keys[0].key = \"a/b\": must be 1 to 64 of A-Z a-z 0-9 _ -",
        ),
        (
            "[[apps.api_keys]]\nname = 'a'\nhash = '0000000000000000000000000000000000000000000000000000000000000000'\nscopes = ['all']",
            "6: apps[0].api_keys[0].scopes[0] = \"all\": not a scope; one of read, publish, manage",
        ),
        // Namespaces.
        (
            "namespaces = [{ pattern = 'a*b' }]",
            "3: apps[0].namespaces[0].pattern = \"a*b\": not a pattern: a channel's name, the beginning of one with * at the end, or *",
        ),
        (
            "namespaces = [{ pattern = 'a*' },\n{ pattern = 'a*' }]",
            "4: apps[0].namespaces[1].pattern = \"a*\": already used by apps[0].namespaces[0].pattern",
        ),
        (
            "namespaces = [{ pattern = 'a', mode = 'queue' }]",
            "3: apps[0].namespaces[0].mode = \"queue\": not a mode; one of stream, cache",
        ),
        (
            "namespaces = [{ pattern = 'a', sender = 'all' }]",
            "3: apps[0].namespaces[0].sender = \"all\": not a view of the sender; one of none, id, full",
        ),
        (
            "namespaces = [{ pattern = 'a', history = { size = 0 } }]",
            "3: apps[0].namespaces[0].history.size = 0: must be between 1 and 1000000",
        ),
        (
            "namespaces = [{ pattern = 'a', history = { durability = 'disk' } }]",
            "3: apps[0].namespaces[0].history.durability = \"disk\": not a durability; one of memory, durable",
        ),
    ] {
        let text = format!("[[apps]]\nid = 'first'\n{}", text.replace("SECRET", SECRET));
        assert_eq!(refusal(&text), format!("rtmate.toml:{line}"), "{text}");
    }
}

#[test]
fn keys_that_nobody_could_verify_with_are_refused() {
    for (key, words) in [
        (
            "alg = 'RS256'\njwks_url = 'http://a.example/jwks'",
            "apps[0].jwt_keys[0].jwks_url = \"http://a.example/jwks\": ",
        ),
        ("alg = 'RS256'\npublic_key = 'MIIB'", "apps[0].jwt_keys[0].public_key: "),
        (
            "alg = 'RS256'\npublic_key_file = 'rtmate.toml'",
            "apps[0].jwt_keys[0].public_key_file = \"rtmate.toml\": ",
        ),
        (
            "alg = 'HS256'\nclient_claim = 'exp'\nsecret = 'SECRET'",
            "apps[0].jwt_keys[0].client_claim = \"exp\": ",
        ),
    ] {
        let text =
            format!("[[apps]]\nid = 'a'\n[[apps.jwt_keys]]\n{key}").replace("SECRET", SECRET);
        let line = refusal(&text);
        assert!(
            line.starts_with("rtmate.toml:5: ") || line.starts_with("rtmate.toml:6: "),
            "{line}"
        );
        assert!(line.contains(words), "{line}");
    }
    let private =
        "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIA==\\n-----END PRIVATE KEY-----";
    let text =
        format!("[[apps]]\nid = 'a'\n[[apps.jwt_keys]]\nalg = 'EdDSA'\npublic_key = \"{private}\"");
    let line = refusal(&text);
    assert!(line.contains("public_key: ") && line.contains("private"), "{line}");
    assert!(!line.contains("MC4C"), "{line}");
}

#[test]
fn mistakes_of_the_environment_name_their_variable() {
    for (name, value, line) in [
        (
            "RTMATE__SERVER__LISTEN",
            "here",
            "RTMATE__SERVER__LISTEN: server.listen = \"here\": not an IP address with a port, such as 127.0.0.1:3000 or [::]:3000, nor a Unix socket, such as unix:/run/rtmate/rtmate.sock",
        ),
        (
            "RTMATE__SERVER__LISEN",
            "x",
            "RTMATE__SERVER__LISEN: server.lisen: unknown key; did you mean \"listen\"?",
        ),
        (
            "RTMATE__STORE__EPHEMERAL",
            "yes",
            "RTMATE__STORE__EPHEMERAL: store.ephemeral = \"yes\": must be true or false",
        ),
        (
            "RTMATE__LIMITS__CONNECTIONS",
            "many",
            "RTMATE__LIMITS__CONNECTIONS: limits.connections = \"many\": must be a whole number from 0 to 4294967295",
        ),
        (
            "RTMATE__DEMO__SECRET",
            "geheim",
            "RTMATE__DEMO__SECRET: demo.secret: the secret has 6 bytes; at least 32 are needed (openssl rand -hex 32)",
        ),
        ("RTMATE__SERVER", "x", "RTMATE__SERVER: server: must be a table, not a text"),
        (
            "RTMATE__APPS__0__ID",
            "x",
            "RTMATE__APPS__0__ID: apps: lists are not read from the environment; write them into rtmate.toml (a secret may still come from a variable: secret_env)",
        ),
        (
            "RTMATE__APPS[0].ID",
            "x",
            "RTMATE__APPS[0].ID: apps: lists are not read from the environment; write them into rtmate.toml (a secret may still come from a variable: secret_env)",
        ),
        (
            "RTMATE__OPERATOR__KEYS",
            "x",
            "RTMATE__OPERATOR__KEYS: operator: lists are not read from the environment; write them into rtmate.toml (a secret may still come from a variable: secret_env)",
        ),
    ] {
        let loaded = Scratch::new().load(&[(name, value)], &Flags::default());
        assert_eq!(loaded.err().unwrap().to_string(), line);
    }
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let flags = Flags { file: Some("gone.toml".into()), ..Flags::default() };
    let line = Scratch::new().load(&[], &flags).err().unwrap().to_string();
    assert_eq!(line, "--config: gone.toml: No such file or directory (os error 2)");
}

#[test]
fn a_refusal_is_one_line_whatever_the_value() {
    let line = refusal("[server]\nlisten = \"a\\nb\\u001b[31m\"");
    assert!(!line.contains(['\n', '\u{1b}']), "{line}");
    let long = "x".repeat(10_000);
    assert!(refusal(&format!("[server]\nlisten = '{long}'")).len() < 300);
}
