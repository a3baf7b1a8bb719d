//! Where the server is, and how to speak to it.

mod trust;

use std::net::{SocketAddr, ToSocketAddrs};

use crate::{args::Transport, compression, dialect::Native, fault::Fault};

pub use trust::Trust;

/// A server under load.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where connections go.
    pub address: SocketAddr,
    /// The request that opens a connection.
    pub upgrade: Vec<u8>,
    /// What is spoken.
    pub dialect: Native,
    /// Whom a TLS session trusts. Nothing where connections are plain.
    pub trust: Option<Trust>,
    /// Compression is offered, and has to be agreed to.
    pub compress: bool,
}

impl Target {
    /// The server at a `ws://HOST:PORT/PATH` or `wss://HOST:PORT/PATH`. Its name is looked up once.
    ///
    /// # Errors
    ///
    /// [`Fault::Usage`] for any other address and for `wss://` without certificates that can be
    /// trusted, [`Fault::Io`] for a name that leads nowhere.
    pub fn at(url: &str, dialect: Native, transport: &Transport) -> Result<Self, Fault> {
        let (host, path, sealed) = parts(url)?;
        let (name, port) = name_and_port(host);
        let port = port.unwrap_or(if sealed { "443" } else { "80" });
        let named = format!("{name}:{port}");
        let mut addresses = named.to_socket_addrs().map_err(Fault::io("looking the server up"))?;
        let address = addresses.next();
        let address = address.ok_or_else(|| Fault::Usage(format!("{host} has no address")))?;
        let trust = match (sealed, &transport.ca) {
            (false, _) => None,
            (true, Some(file)) => Some(Trust::of_file(file, name)?),
            (true, None) => return Err(Fault::Usage("wss:// needs --ca FILE".into())),
        };
        let compress = transport.compress;
        let upgrade = upgrade(host, path, compress.then_some(dialect.app.as_str()));
        Ok(Self { address, upgrade, dialect, trust, compress })
    }
}

/// Host with port, path, and whether TLS is spoken.
fn parts(url: &str) -> Result<(&str, &str, bool), Fault> {
    let plain = url.strip_prefix("ws://").map(|rest| (rest, false));
    let found = plain.or_else(|| url.strip_prefix("wss://").map(|rest| (rest, true)));
    let refused = || Fault::Usage(format!("{url} begins neither with ws:// nor with wss://"));
    let (rest, sealed) = found.ok_or_else(refused)?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Ok((host, if path.is_empty() { "/ws" } else { path }, sealed))
}

/// Colons inside brackets are an IPv6 address's own.
fn name_and_port(host: &str) -> (&str, Option<&str>) {
    let name_end = host.rfind(']').unwrap_or(0);
    match host[name_end..].find(':') {
        Some(colon) => (&host[..name_end + colon], Some(&host[name_end + colon + 1..])),
        None => (host, None),
    }
}

/// The request that opens a connection. Who compresses names the app, which decides on it.
fn upgrade(host: &str, path: &str, compresses_for: Option<&str>) -> Vec<u8> {
    let (query, offer) = compresses_for.map_or_else(Default::default, |app| {
        let sign = if path.contains('?') { '&' } else { '?' };
        let offer = format!("Sec-WebSocket-Extensions: {}\r\n", compression::OFFER);
        (format!("{sign}app={app}"), offer)
    });
    // The key is the base64 of 16 bytes. It proves nothing that a load generator needs.
    format!(
        "GET {path}{query} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: cnRtYXRlLWJlbmNoISEhIQ==\r\n{offer}\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Result<Target, Fault> {
        to(url, &Transport::default())
    }

    fn to(url: &str, transport: &Transport) -> Result<Target, Fault> {
        Target::at(url, Native { app: "my-app".into(), token: String::new() }, transport)
    }

    #[test]
    fn addresses_are_taken_apart() {
        let target = at("ws://127.0.0.1:3000/ws?lang=en").unwrap();
        assert_eq!(target.address.to_string(), "127.0.0.1:3000");
        assert!(
            target.upgrade.starts_with(b"GET /ws?lang=en HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n")
        );
        assert_eq!(at("ws://[::1]").unwrap().address.to_string(), "[::1]:80");
        assert!(at("http://127.0.0.1:3000/ws").is_err());
    }

    #[test]
    fn who_compresses_names_the_app() {
        let transport = Transport { compress: true, ..Transport::default() };
        for (url, path) in [
            ("ws://127.0.0.1:3000", "/ws?app=my-app"),
            ("ws://127.0.0.1:3000/ws?lang=en", "/ws?lang=en&app=my-app"),
        ] {
            let target = to(url, &transport).unwrap();
            let request = String::from_utf8(target.upgrade).unwrap();
            assert!(request.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{request}");
            assert!(request.contains("\r\nSec-WebSocket-Extensions: permessage-deflate; "));
            assert!(request.ends_with("\r\n\r\n"));
        }
    }

    #[test]
    fn tls_trusts_what_it_is_given() {
        let why = |transport: &Transport| to("wss://127.0.0.1", transport).unwrap_err().to_string();
        assert_eq!(why(&Transport::default()), "wss:// needs --ca FILE");
        let ca = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into());
        assert!(why(&Transport { ca, ..Transport::default() }).ends_with("holds no certificate"));
    }
}
