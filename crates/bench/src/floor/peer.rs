//! One connection of the floor.

use std::io::{self, Read, Write};

use mio::net::TcpStream;
use websocket::Decoder;

/// The largest message of a client.
const MESSAGE: usize = 256 * 1024;
/// What a reader may leave lying before it is cut off.
const UNSENT: usize = 64 * 1024 * 1024;

/// A socket, and nothing else while it is idle.
pub(super) struct Peer {
    stream: TcpStream,
    /// Nothing before the upgrade.
    pub(super) decoder: Option<Decoder>,
    pub(super) room: Option<usize>,
    head: Vec<u8>,
    unsent: Vec<u8>,
}

/// What a read found.
pub(super) enum Taken {
    Bytes(usize),
    Nothing,
    End,
}

impl Peer {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self { stream, decoder: None, room: None, head: Vec::new(), unsent: Vec::new() }
    }

    pub(super) fn read(&mut self, scratch: &mut [u8]) -> Taken {
        loop {
            match self.stream.read(scratch) {
                Ok(0) => return Taken::End,
                Ok(size) => return Taken::Bytes(size),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Taken::Nothing,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Taken::End,
            }
        }
    }

    /// Answers the upgrade once its head is whole. No client sends a frame before the answer.
    pub(super) fn upgrade(&mut self, bytes: &[u8]) {
        self.head.extend_from_slice(bytes);
        if !self.head.ends_with(b"\r\n\r\n") {
            return;
        }
        let head = std::mem::take(&mut self.head);
        let head = String::from_utf8_lossy(&head);
        let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let Some(accept) = key.and_then(super::handshake::accept_key) else {
            self.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            return;
        };
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.decoder = Some(Decoder::new(MESSAGE));
        self.write(answer.as_bytes());
    }

    /// Writes, and keeps what the socket does not take. An error shows at the next read.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        let taken = if self.unsent.is_empty() { offer(&mut self.stream, bytes) } else { 0 };
        if taken < bytes.len() {
            self.unsent.extend_from_slice(&bytes[taken..]);
        }
        if self.unsent.len() > UNSENT {
            // The reader's end shows at the next read.
            drop(self.stream.shutdown(std::net::Shutdown::Both));
        }
    }

    pub(super) fn flush(&mut self) {
        if !self.unsent.is_empty() {
            let taken = offer(&mut self.stream, &self.unsent);
            self.unsent.drain(..taken);
        }
    }
}

fn offer(stream: &mut TcpStream, bytes: &[u8]) -> usize {
    let mut taken = 0;
    while taken < bytes.len() {
        match stream.write(&bytes[taken..]) {
            Ok(written) => taken += written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    taken
}
