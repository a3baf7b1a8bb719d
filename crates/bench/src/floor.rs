//! The least server that can be: one epoll loop that does no more than it must.
//!
//! It speaks just enough of the native protocol for the generator, checks nothing and bounds
//! nothing but what a reader may leave lying. What it costs is what nobody can avoid.

mod peer;
mod replies;
mod request;

use std::{collections::HashMap, io, net::SocketAddr};

use mio::{Events, Interest, Poll, Token, net::TcpListener};
use websocket::{Event, Opcode, close_frame, handshake, header, pong};

use crate::fault::Fault;
use peer::{Peer, Taken};
use request::Request;

const LISTENER: Token = Token(usize::MAX);
/// The most that one read takes.
const READ: usize = 256 * 1024;
/// Sockets of one turn.
const SOCKETS: usize = 1024;

/// A server without rules.
pub struct Floor {
    poll: Poll,
    listener: TcpListener,
    peers: Vec<Option<Peer>>,
    /// Numbers of peers that are gone.
    free: Vec<usize>,
    names: HashMap<String, usize>,
    rooms: Vec<Room>,
    /// Rooms with something gathered.
    dirty: Vec<usize>,
    gather: bool,
    scratch: Vec<u8>,
    frame: Vec<u8>,
}

/// A channel.
#[derive(Default)]
struct Room {
    members: Vec<usize>,
    /// Frames of this turn, where they are gathered.
    run: Vec<u8>,
}

impl Floor {
    /// Listens.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] where the address can't be had.
    pub fn bind(address: SocketAddr, gather: bool) -> Result<Self, Fault> {
        let poll = Poll::new().map_err(Fault::io("making an epoll"))?;
        let mut listener = TcpListener::bind(address).map_err(Fault::io("listening"))?;
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)
            .map_err(Fault::io("registering a socket"))?;
        Ok(Self {
            poll,
            listener,
            peers: Vec::new(),
            free: Vec::new(),
            names: HashMap::new(),
            rooms: Vec::new(),
            dirty: Vec::new(),
            gather,
            scratch: vec![0; READ],
            frame: Vec::new(),
        })
    }

    /// Where it serves.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] of the system.
    pub fn address(&self) -> Result<SocketAddr, Fault> {
        self.listener.local_addr().map_err(Fault::io("asking for the address"))
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] of the system.
    pub fn serve(&mut self) -> Result<(), Fault> {
        let mut events = Events::with_capacity(SOCKETS);
        loop {
            match self.poll.poll(&mut events, None) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other.map_err(Fault::io("waiting for sockets"))?,
            }
            for event in events.iter() {
                match event.token() {
                    LISTENER => self.accept()?,
                    Token(number) => {
                        if event.is_writable()
                            && let Some(Some(peer)) = self.peers.get_mut(number)
                        {
                            peer.flush();
                        }
                        if event.is_readable() || event.is_error() {
                            self.read(number);
                        }
                    }
                }
            }
            self.flush_rooms();
        }
    }

    fn accept(&mut self) -> Result<(), Fault> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(Fault::Io { what: "accepting", error }),
            };
            stream.set_nodelay(true).map_err(Fault::io("setting TCP_NODELAY"))?;
            let number = self.free.pop().unwrap_or_else(|| {
                self.peers.push(None);
                self.peers.len() - 1
            });
            self.poll
                .registry()
                .register(&mut stream, Token(number), Interest::READABLE | Interest::WRITABLE)
                .map_err(Fault::io("registering a socket"))?;
            self.peers[number] = Some(Peer::new(stream));
        }
    }

    fn read(&mut self, number: usize) {
        let mut scratch = std::mem::take(&mut self.scratch);
        while let Some(Some(peer)) = self.peers.get_mut(number) {
            match peer.read(&mut scratch) {
                Taken::Nothing => break,
                Taken::End => {
                    self.part(number);
                    break;
                }
                Taken::Bytes(size) => {
                    self.take(number, &mut scratch[..size]);
                    if size < READ {
                        break;
                    }
                }
            }
        }
        self.scratch = scratch;
    }

    fn take(&mut self, number: usize, bytes: &mut [u8]) {
        let Some(Some(peer)) = self.peers.get_mut(number) else { return };
        let Some(mut decoder) = peer.decoder.take() else {
            peer.upgrade(bytes);
            return;
        };
        let mut at = 0;
        while at < bytes.len() {
            let Ok(step) = decoder.step(&mut bytes[at..]) else {
                self.part(number);
                return;
            };
            at += step.consumed;
            match step.event {
                Some(Event::Text(text)) => self.serve_text(number, text),
                Some(Event::Ping(payload)) => self.write(number, &pong(payload)),
                Some(Event::Close(_)) => {
                    self.write(number, &close_frame(1000, ""));
                    self.part(number);
                    return;
                }
                Some(Event::Binary(_) | Event::Pong(_)) | None => {}
            }
        }
        decoder.release();
        if let Some(Some(peer)) = self.peers.get_mut(number) {
            peer.decoder = Some(decoder);
        }
    }

    fn serve_text(&mut self, number: usize, text: &str) {
        match Request::read(text) {
            Some(Request::Auth) => self.reply(number, replies::AUTH),
            Some(Request::Subscribe { channel }) => {
                let room = self.room(channel);
                self.rooms[room].members.push(number);
                if let Some(Some(peer)) = self.peers.get_mut(number) {
                    peer.room = Some(room);
                }
                self.reply(number, replies::GRANTED);
            }
            Some(Request::Send { channel, data }) => {
                let room = self.room(channel);
                self.frame.clear();
                replies::push(&mut self.frame, channel, data);
                self.reply(number, replies::SENT);
                self.deliver(room);
            }
            None => self.reply(number, replies::REFUSED),
        }
    }

    fn room(&mut self, channel: &str) -> usize {
        if let Some(room) = self.names.get(channel) {
            return *room;
        }
        self.rooms.push(Room::default());
        self.names.insert(channel.to_owned(), self.rooms.len() - 1);
        self.rooms.len() - 1
    }

    /// Brings `self.frame` to all members, now or at the end of the turn.
    fn deliver(&mut self, room: usize) {
        let Room { members, run } = &mut self.rooms[room];
        if self.gather {
            if run.is_empty() {
                self.dirty.push(room);
            }
            run.extend_from_slice(&self.frame);
            return;
        }
        for member in members {
            if let Some(peer) = &mut self.peers[*member] {
                peer.write(&self.frame);
            }
        }
    }

    fn flush_rooms(&mut self) {
        while let Some(room) = self.dirty.pop() {
            let Room { members, run } = &mut self.rooms[room];
            for member in members {
                if let Some(peer) = &mut self.peers[*member] {
                    peer.write(run);
                }
            }
            run.clear();
        }
    }

    fn reply(&mut self, number: usize, text: &[u8]) {
        let head = header(Opcode::Text, text.len());
        self.write(number, &[head.as_slice(), text].concat());
    }

    fn write(&mut self, number: usize, bytes: &[u8]) {
        if let Some(Some(peer)) = self.peers.get_mut(number) {
            peer.write(bytes);
        }
    }

    fn part(&mut self, number: usize) {
        let Some(peer) = self.peers.get_mut(number).and_then(Option::take) else { return };
        if let Some(room) = peer.room {
            self.rooms[room].members.retain(|member| *member != number);
        }
        self.free.push(number);
    }
}
