//! Where the server of a configuration is asked, as this machine reaches it.

use std::net::Ipv4Addr;

use listener::Address;

use crate::settings::{Refused, Settings};

/// Where it answers clients: by this scheme, or with TLS by the one with an s more.
///
/// # Errors
/// It listens on a Unix socket.
pub(super) fn for_clients(settings: &Settings, scheme: &str) -> Result<String, Refused> {
    let server = &settings.server;
    reached(&server.listen, scheme, server.tls.is_some())
}

/// Where it answers operators and backends: the internal address, where there is one, never with
/// TLS.
///
/// # Errors
/// It listens there on a Unix socket.
pub(super) fn for_operators(settings: &Settings) -> Result<String, Refused> {
    let server = &settings.server;
    match &server.internal_listen {
        Some(internal) => reached(internal, "http", false),
        None => for_clients(settings, "http"),
    }
}

fn reached(listen: &Address, scheme: &str, sealed: bool) -> Result<String, Refused> {
    let Address::Tcp(mut address) = *listen else {
        let words = "the server listens on a Unix socket; say with --url how to come in";
        return Err(Refused::new(words));
    };
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let s = if sealed { "s" } else { "" };
    Ok(format!("{scheme}{s}://{address}"))
}
