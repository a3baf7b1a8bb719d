//! TLS of one connection, driven by the swarm like everything else.

use std::io::{self, Read, Write};

use rustls::ClientConnection;

use super::{Filled, read_once};

/// A session. What the socket does not take waits in it.
#[derive(Debug)]
pub(crate) struct Tls(ClientConnection);

impl Tls {
    pub(crate) fn new(mut session: ClientConnection) -> Self {
        // A generator keeps what it sends, however much the socket leaves lying.
        session.set_buffer_limit(None);
        Self(session)
    }

    /// Reads the socket once and opens what came.
    pub(super) fn read<S: Read + Write>(&mut self, socket: &mut S, room: &mut [u8]) -> Filled {
        // Three times as much room for the plaintext: what came is less than that, with the record
        // that was cut off before.
        let (room, sealed) = room.split_at_mut(room.len() / 4 * 3);
        let read = read_once(socket, sealed);
        let Filled::Bytes { wire, dry, .. } = read else { return read };
        let opened = self.open(&sealed[..wire], room);
        // The handshake goes on, or an alert says why it does not.
        self.flush(socket);
        match opened {
            Ok(filled) => Filled::Bytes { filled, wire, dry },
            Err(error) => Filled::Broken(error),
        }
    }

    /// Seals, and gives the socket what it takes.
    pub(super) fn write(&mut self, socket: &mut impl Write, bytes: &[u8]) {
        self.keep(bytes);
        self.flush(socket);
    }

    /// Keeps for the next flush. Before the handshake's end that is no write yet.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        // A buffer without a limit takes everything.
        drop(self.0.writer().write_all(bytes));
    }

    /// Offers the socket what waits. An error shows at the next read.
    pub(super) fn flush(&mut self, socket: &mut impl Write) {
        while self.0.wants_write() {
            match self.0.write_tls(socket) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
            }
        }
    }

    fn open(&mut self, mut sealed: &[u8], room: &mut [u8]) -> Result<usize, rustls::Error> {
        let mut filled = 0;
        while !sealed.is_empty() {
            match self.0.read_tls(&mut sealed) {
                // Nothing counts behind `close_notify`.
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Err(rustls::Error::General(error.to_string())),
            }
            self.0.process_new_packets()?;
            filled += self.drain(&mut room[filled..]);
        }
        Ok(filled)
    }

    fn drain(&mut self, room: &mut [u8]) -> usize {
        let mut filled = 0;
        while let Ok(read @ 1..) = self.0.reader().read(&mut room[filled..]) {
            filled += read;
        }
        filled
    }
}
