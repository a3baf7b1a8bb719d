//! A bound socket of either kind.

use std::{io, net::IpAddr};

use domain::Peer;
use tokio::net::{TcpListener, UnixListener};

use crate::{
    Address, Io,
    unix_socket::{self, SocketFile},
};

/// What connections are accepted from.
pub(crate) enum Socket {
    Tcp(TcpListener),
    Unix {
        /// Goes first: nobody can have replaced the file while this socket is there.
        _file: SocketFile,
        socket: UnixListener,
    },
}

impl Socket {
    /// Binds the address; gives the one that was bound, with its port.
    pub(crate) async fn bind(address: Address) -> io::Result<(Self, Address)> {
        match &address {
            Address::Tcp(wanted) => {
                let socket = TcpListener::bind(wanted).await?;
                let bound = socket.local_addr()?;
                Ok((Self::Tcp(socket), bound.into()))
            }
            Address::Unix(path) => {
                let (socket, file) = unix_socket::bind(path.as_path()).await?;
                Ok((Self::Unix { _file: file, socket }, address))
            }
        }
    }

    /// The next connection, and where it comes from.
    pub(crate) async fn accept(&self) -> io::Result<(Io, IpAddr)> {
        match self {
            Self::Tcp(socket) => {
                let (stream, address) = socket.accept().await?;
                Ok((Io::Tcp(stream), address.ip()))
            }
            Self::Unix { socket, .. } => {
                let (stream, _) = socket.accept().await?;
                Ok((Io::Unix(stream), Peer::UNIX))
            }
        }
    }
}
