//! One connection of the generator.

mod tls;

use std::io::{self, Read, Write};

use mio::net::TcpStream;

pub(crate) use tls::Tls;

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The upgrade is asked for.
    Upgrading,
    /// `auth` is asked for.
    Authenticating,
    /// `subscribe` is asked for.
    Subscribing,
    /// All that was asked for is there.
    Ready,
    /// This side said that it closes.
    Closing,
}

/// A socket with the bytes that could not be read or written whole.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) stream: TcpStream,
    pub(crate) phase: Phase,
    /// The channel that it subscribes to, by its number in the swarm.
    pub(crate) channel: Option<usize>,
    /// The server said why it closes.
    pub(crate) told: bool,
    /// What came of a frame that isn't whole.
    rest: Vec<u8>,
    /// What the socket did not take. A generator that fills it is told apart by its latencies.
    unsent: Vec<u8>,
    /// Nothing where the connection is plain.
    tls: Option<Box<Tls>>,
}

/// What a read found.
pub(crate) enum Filled {
    /// So many bytes lie in the scratch buffer, earlier rests included, and so many came by the
    /// wire; `dry` where the socket had no more.
    Bytes { filled: usize, wire: usize, dry: bool },
    /// Nothing for now.
    Nothing,
    /// The other side is gone.
    End,
    /// The TLS session can't go on.
    Broken(rustls::Error),
}

impl Link {
    /// A socket that is on its way. The request goes out when it is there, and its TLS session.
    pub(crate) fn new(
        stream: TcpStream,
        tls: Option<Tls>,
        channel: Option<usize>,
        request: &[u8],
    ) -> Self {
        let mut link = Self {
            stream,
            phase: Phase::Upgrading,
            channel,
            told: false,
            rest: Vec::new(),
            unsent: Vec::new(),
            tls: tls.map(Box::new),
        };
        match &mut link.tls {
            Some(tls) => tls.keep(request),
            None => link.unsent.extend_from_slice(request),
        }
        link
    }

    /// Reads once, behind what was kept.
    pub(crate) fn read(&mut self, scratch: &mut [u8]) -> Filled {
        let had = self.rest.len();
        let room = &mut scratch[had..];
        let mut read = match &mut self.tls {
            None => read_once(&mut self.stream, room),
            Some(tls) => tls.read(&mut self.stream, room),
        };
        if let Filled::Bytes { filled, .. } = &mut read {
            *filled += had;
            scratch[..had].copy_from_slice(&self.rest);
            self.rest.clear();
        }
        read
    }

    /// Keeps what isn't whole for the next read.
    pub(crate) fn keep(&mut self, rest: &[u8]) {
        self.rest.extend_from_slice(rest);
    }

    /// Writes, and keeps what the socket does not take. An error shows at the next read.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if let Some(tls) = &mut self.tls {
            return tls.write(&mut self.stream, bytes);
        }
        let taken = if self.unsent.is_empty() { self.offer(bytes) } else { 0 };
        self.unsent.extend_from_slice(&bytes[taken..]);
    }

    /// Offers the socket what it did not take before.
    pub(crate) fn flush(&mut self) {
        if let Some(tls) = &mut self.tls {
            return tls.flush(&mut self.stream);
        }
        if !self.unsent.is_empty() {
            let unsent = std::mem::take(&mut self.unsent);
            let taken = self.offer(&unsent);
            self.unsent = unsent;
            self.unsent.drain(..taken);
        }
    }

    fn offer(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() {
            match self.stream.write(&bytes[taken..]) {
                Ok(written) => taken += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        taken
    }
}

/// Reads a socket once into `room`.
fn read_once(socket: &mut impl Read, room: &mut [u8]) -> Filled {
    loop {
        match socket.read(room) {
            Ok(0) => return Filled::End,
            // A stream socket that gave less than asked is empty (epoll(7)).
            Ok(read) => {
                return Filled::Bytes { filled: read, wire: read, dry: read < room.len() };
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Filled::Nothing,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Filled::End,
        }
    }
}
