//! Where the server is, and how to speak to it.

use std::net::{SocketAddr, ToSocketAddrs};

use crate::{dialect::Native, fault::Fault};

/// A server under load.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where connections go.
    pub address: SocketAddr,
    /// The request that opens a connection.
    pub upgrade: Vec<u8>,
    /// What is spoken.
    pub dialect: Native,
}

impl Target {
    /// The server at a `ws://HOST:PORT/PATH`. Its name is looked up once.
    ///
    /// # Errors
    ///
    /// [`Fault::Usage`] for any other address, and [`Fault::Io`] for a name that leads nowhere.
    pub fn at(url: &str, dialect: Native) -> Result<Self, Fault> {
        let rest = url.strip_prefix("ws://");
        let rest = rest.ok_or_else(|| Fault::Usage(format!("{url} does not begin with ws://")))?;
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = if path.is_empty() { "/ws" } else { path };
        let named = if has_port(host) { host.to_owned() } else { format!("{host}:80") };
        let mut addresses = named.to_socket_addrs().map_err(Fault::io("looking the server up"))?;
        let address = addresses.next();
        let address = address.ok_or_else(|| Fault::Usage(format!("{host} has no address")))?;
        // The key is the base64 of 16 bytes. It proves nothing that a load generator needs.
        let upgrade = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cnRtYXRlLWJlbmNoISEhIQ==\r\n\r\n"
        );
        Ok(Self { address, upgrade: upgrade.into_bytes(), dialect })
    }
}

fn has_port(host: &str) -> bool {
    let name_end = host.rfind(']').unwrap_or(0);
    host[name_end..].contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Result<Target, Fault> {
        Target::at(url, Native { app: String::new(), token: String::new() })
    }

    #[test]
    fn addresses_are_taken_apart() {
        let target = at("ws://127.0.0.1:3000/ws?lang=en").unwrap();
        assert_eq!(target.address.to_string(), "127.0.0.1:3000");
        assert!(
            target.upgrade.starts_with(b"GET /ws?lang=en HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n")
        );
        assert_eq!(at("ws://[::1]").unwrap().address.to_string(), "[::1]:80");
        assert!(at("wss://127.0.0.1:3000/ws").is_err());
    }
}
