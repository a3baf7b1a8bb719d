//! What a newcomer sees first.

use std::{io::Write, net::SocketAddr};

use listener::Address;

use crate::settings::Settings;

/// Prints the addresses and, for the demo, the page and the command that makes a token.
pub(super) fn print(settings: &Settings, address: &Address, internal: Option<&Address>) {
    let text = text(settings, address, internal, &program());
    // A reader that went away is no reason not to serve.
    drop(std::io::stdout().write_all(text.as_bytes()));
}

fn text(
    settings: &Settings,
    address: &Address,
    internal: Option<&Address>,
    program: &str,
) -> String {
    let sealed = if settings.server.tls.is_some() { "s" } else { "" };
    let version = env!("CARGO_PKG_VERSION");
    let mut lines = match address {
        Address::Tcp(address) => format!("rtmate {version} serves ws{sealed}://{address}/ws\n"),
        Address::Unix(path) => {
            format!("rtmate {version} serves ws+unix:{}:/ws\n", path.as_path().display())
        }
    };
    match internal {
        None => {}
        Some(Address::Tcp(address)) => lines.push_str(&format!("internal: http://{address}/\n")),
        Some(address) => lines.push_str(&format!("internal: {address}\n")),
    }
    if settings.store.ephemeral {
        lines.push_str("nothing is kept on disk (--ephemeral)\n");
    } else if settings.demo.enabled && settings.demo.secret.is_none() {
        lines.push_str(&format!("data directory: {}\n", settings.store.path.display()));
    }
    if let Address::Tcp(address) = address {
        lines.push_str(&pages(settings, &format!("http{sealed}://{}/", local(*address)), program));
    }
    if let Address::Tcp(address) = internal.unwrap_or(address) {
        let sealed = if internal.is_some() { "" } else { sealed };
        lines.push_str(&format!("console: http{sealed}://{}/console\n", local(*address)));
    }
    for app in &settings.apps {
        lines.push_str(&format!("app: {}\n", app.id));
    }
    lines
}

/// What is for this same machine alone; over a Unix socket that is nobody.
fn pages(settings: &Settings, page: &str, program: &str) -> String {
    if settings.demo.enabled {
        return format!(
            "demo page: {page}\n\
             demo-app is active, for programs and pages of this machine only\n{}",
            token_line(settings, program)
        );
    }
    if settings.apps.is_empty() {
        return String::new();
    }
    format!("page: {page} asks for an app and a token (this machine only)\n")
}

/// How a browser of this machine names the address.
fn local(address: SocketAddr) -> SocketAddr {
    let mut local = address;
    if address.ip().is_unspecified() {
        local.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    local
}

fn token_line(settings: &Settings, program: &str) -> String {
    if settings.store.ephemeral && settings.demo.secret.is_none() {
        return "a token: only from the demo page, its secret lives in this process alone\n".into();
    }
    format!("a token: {program} token --app demo-app --client alice\n")
}

/// How this program was started, as one would type it again, global options included.
pub(super) fn program() -> String {
    let mut words: Vec<String> = Vec::new();
    // Cargo sets this for what it runs.
    if std::env::var_os("CARGO_PKG_NAME").is_some_and(|name| name == env!("CARGO_PKG_NAME")) {
        words.push("cargo run -q -p bootstrap --".to_owned());
    } else {
        words.push(std::env::args().next().unwrap_or_else(|| "rtmate".to_owned()));
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    for (index, arg) in args.iter().enumerate() {
        if arg == "--config" {
            words.extend(args.get(index..index + 2).into_iter().flatten().cloned());
        } else if arg.starts_with("--config=") {
            words.push(arg.clone());
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Demo, Store};

    fn settings(ephemeral: bool) -> Settings {
        let demo = Demo { enabled: true, secret: None };
        let store = Store { ephemeral, ..Store::default() };
        Settings { demo, store, ..Settings::default() }
    }

    #[test]
    fn a_newcomer_is_told_what_to_do_next() {
        let address = Address::parse("0.0.0.0:3000").unwrap();
        let text = text(&settings(false), &address, None, "rtmate");
        assert_eq!(
            text.lines().skip(1).collect::<Vec<_>>(),
            [
                "data directory: ./rtmate-data",
                "demo page: http://127.0.0.1:3000/",
                "demo-app is active, for programs and pages of this machine only",
                "a token: rtmate token --app demo-app --client alice",
                "console: http://127.0.0.1:3000/console",
            ]
        );
    }

    #[test]
    fn no_command_is_named_that_would_not_work() {
        let address = Address::parse("127.0.0.1:3000").unwrap();
        assert!(!text(&settings(true), &address, None, "rtmate").contains("rtmate token"));
    }

    #[test]
    fn every_address_is_named() {
        let address = Address::parse("unix:/run/rtmate.sock").unwrap();
        for (internal, line) in [
            ("127.0.0.1:3001", "internal: http://127.0.0.1:3001/"),
            ("unix:/run/internal.sock", "internal: unix:/run/internal.sock"),
        ] {
            let internal = Address::parse(internal).unwrap();
            let text = text(&settings(true), &address, Some(&internal), "rtmate");
            assert!(text.contains("serves ws+unix:/run/rtmate.sock:/ws\n"), "{text}");
            assert!(text.lines().any(|known| known == line), "{text}");
            assert!(!text.contains("demo"), "{text}");
        }
    }
}
