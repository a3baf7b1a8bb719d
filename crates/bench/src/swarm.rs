//! All connections of the generator, driven by one thread through one epoll.

mod opening;

use std::{
    io,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

use crate::{
    compression::Fronts,
    dialect::{Heard, Native},
    fault::Fault,
    frame::{self, Kind, LONGEST, Masks},
    link::{Filled, Link, Phase},
    target::{Target, Trust},
};

/// The most that one read takes.
const READ: usize = 256 * 1024;
/// Reads of one socket before others have their turn.
const READS: usize = 4;
/// Sockets of one turn. Few, so that what a turn brings is answered soon.
const SOCKETS: usize = 128;

/// What a swarm tells its owner. Connections are known by their number.
pub trait Ear {
    /// The connection is authenticated and has its subscription.
    fn ready(&mut self, _link: usize) {}
    /// A request of [`Swarm::ask`] was granted. `now` is the swarm's clock.
    fn answered(&mut self, _link: usize, _text: &[u8], _now: u64) {}
    /// A message came; `data` begins with its data. `now` is the swarm's clock.
    fn message(&mut self, _link: usize, _data: &[u8], _now: u64) {}
    /// A request of [`Swarm::ask`] or [`Swarm::publish`] was refused, which ends a run that does not
    /// ask for it.
    ///
    /// # Errors
    ///
    /// Why the run can't go on.
    fn refused(&mut self, _link: usize, text: &[u8]) -> Result<(), Fault> {
        Err(Fault::Refused(String::from_utf8_lossy(text).into_owned()))
    }
    /// The connection is gone.
    fn ended(&mut self, link: usize, end: End);
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The close code, where one came.
    pub code: Option<u16>,
    /// Whether the server said why before it closed.
    pub told: bool,
    /// Whether the end was asked for on this side.
    pub ours: bool,
}

/// Connections to one server.
pub struct Swarm {
    target: Target,
    channels: Vec<String>,
    poll: Poll,
    links: Vec<Option<Link>>,
    /// Connections that are not ready yet.
    opening: usize,
    scratch: Vec<u8>,
    /// Where outgoing texts and frames are put together.
    text: Vec<u8>,
    frame: Vec<u8>,
    masks: Masks,
    /// Nothing where no compression was offered.
    fronts: Option<Fronts>,
    /// Bytes that came by the wire.
    received: u64,
    born: Instant,
    /// Time in which nothing but waiting was done on the CPU.
    spun: Duration,
}

impl Swarm {
    /// No connections yet. `channels` are the names that connections may subscribe to.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] where there is no epoll to be had.
    pub fn new(target: Target, channels: Vec<String>) -> Result<Self, Fault> {
        Ok(Self {
            fronts: target.compress.then(Fronts::default),
            received: 0,
            target,
            channels,
            poll: Poll::new().map_err(Fault::io("making an epoll"))?,
            links: Vec::new(),
            opening: 0,
            scratch: vec![0; LONGEST + READ],
            text: Vec::new(),
            frame: Vec::new(),
            masks: Masks::new(0x9e37_79b9_7f4a_7c15),
            born: Instant::now(),
            spun: Duration::ZERO,
        })
    }

    /// Nanoseconds since the swarm was made.
    #[must_use]
    pub fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Time that went into waiting for less than the kernel's shortest timeout.
    #[must_use]
    pub const fn spun(&self) -> Duration {
        self.spun
    }

    /// Bytes that came by the wire, of TLS those that it sealed.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Random bits.
    pub fn random(&mut self) -> u64 {
        self.masks.bits()
    }

    /// Begins a connection that shall subscribe to a channel.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] where the system has no more sockets or ports, [`Fault::Tls`] where there is
    /// no session to be had.
    pub fn open(&mut self, channel: Option<usize>) -> Result<usize, Fault> {
        let number = self.links.len();
        self.links.push(None);
        self.reopen(number, channel)?;
        Ok(number)
    }

    /// Begins a connection under the number of one that ended.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn reopen(&mut self, number: usize, channel: Option<usize>) -> Result<(), Fault> {
        let mut stream =
            TcpStream::connect(self.target.address).map_err(Fault::io("connecting"))?;
        stream.set_nodelay(true).map_err(Fault::io("setting TCP_NODELAY"))?;
        self.poll
            .registry()
            .register(&mut stream, Token(number), Interest::READABLE | Interest::WRITABLE)
            .map_err(Fault::io("registering a socket"))?;
        let tls = self.target.trust.as_ref().map(Trust::session).transpose()?;
        self.links[number] = Some(Link::new(stream, tls, channel, &self.target.upgrade));
        self.opening += 1;
        Ok(())
    }

    /// Sends data to a channel.
    pub fn publish(&mut self, number: usize, channel: usize, data: &[u8]) {
        self.text.clear();
        self.target.dialect.publish(&mut self.text, &self.channels[channel], data);
        self.send_text(number);
    }

    /// Asks for anything; one who is ready hears of the answer.
    pub fn ask(&mut self, number: usize, text: &[u8]) {
        self.send(number, Kind::Text, text);
    }

    /// What is spoken.
    #[must_use]
    pub const fn dialect(&self) -> &Native {
        &self.target.dialect
    }

    /// Says goodbye. The connection ends when the server said it too.
    pub fn close(&mut self, number: usize) {
        if let Some(link) = &mut self.links[number] {
            link.phase = Phase::Closing;
            self.send(number, Kind::Close, &1000u16.to_be_bytes());
        }
    }

    /// Stops reading a connection. The kernel's buffers fill, then those of the server.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] of the system.
    pub fn deafen(&mut self, number: usize) -> Result<(), Fault> {
        let Some(link) = &mut self.links[number] else { return Ok(()) };
        self.poll
            .registry()
            .deregister(&mut link.stream)
            .map_err(Fault::io("leaving a socket alone"))
    }

    /// Reads a connection again.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] of the system.
    pub fn listen(&mut self, number: usize) -> Result<(), Fault> {
        let Some(link) = &mut self.links[number] else { return Ok(()) };
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut link.stream, Token(number), both)
            .map_err(Fault::io("registering a socket"))
    }

    /// Waits for at most `wait` and does what there is to do.
    ///
    /// # Errors
    ///
    /// What the server did wrong, or the system.
    pub fn turn(
        &mut self,
        events: &mut Events,
        wait: Duration,
        ear: &mut impl Ear,
    ) -> Result<(), Fault> {
        // The kernel counts whole milliseconds, and rounding up would send late.
        let whole = Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        let began = whole.is_zero().then(Instant::now);
        match self.poll.poll(events, Some(whole)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            other => other.map_err(Fault::io("waiting for sockets"))?,
        }
        if let Some(began) = began.filter(|_| events.is_empty()) {
            self.spun += began.elapsed();
        }
        for event in events.iter() {
            let Token(number) = event.token();
            if event.is_writable()
                && let Some(link) = &mut self.links[number]
            {
                link.flush();
            }
            if event.is_readable() || event.is_error() {
                self.read(number, ear)?;
            }
        }
        Ok(())
    }

    /// Room for what one turn finds.
    #[must_use]
    pub fn events() -> Events {
        Events::with_capacity(SOCKETS)
    }

    fn read(&mut self, number: usize, ear: &mut impl Ear) -> Result<(), Fault> {
        let mut scratch = std::mem::take(&mut self.scratch);
        let done = self.read_into(&mut scratch, number, ear);
        self.scratch = scratch;
        done
    }

    fn read_into(
        &mut self,
        scratch: &mut [u8],
        number: usize,
        ear: &mut impl Ear,
    ) -> Result<(), Fault> {
        for _ in 0..READS {
            let Some(link) = &mut self.links[number] else { return Ok(()) };
            match link.read(scratch) {
                Filled::Nothing => return Ok(()),
                Filled::End => {
                    self.drop_link(number, None, ear);
                    return Ok(());
                }
                Filled::Broken(error) => return Err(Fault::Tls(error)),
                Filled::Bytes { filled, wire, dry } => {
                    self.received += wire as u64;
                    let used = self.take(number, &scratch[..filled], ear)?;
                    if let Some(link) = &mut self.links[number] {
                        link.keep(&scratch[used..filled]);
                    }
                    if dry {
                        return Ok(());
                    }
                }
            }
        }
        // There may be more, and an edge is told once: ask for it anew.
        let Some(link) = &mut self.links[number] else { return Ok(()) };
        let both = Interest::READABLE | Interest::WRITABLE;
        let asked = self.poll.registry().reregister(&mut link.stream, Token(number), both);
        asked.map_err(Fault::io("registering a socket"))
    }

    /// Does what whole frames ask for. Says how many bytes they took.
    fn take(&mut self, number: usize, bytes: &[u8], ear: &mut impl Ear) -> Result<usize, Fault> {
        let now = self.now();
        let Some(mut at) = self.upgraded(number, bytes)? else { return Ok(0) };
        while let Some(frame) = frame::first(&bytes[at..])? {
            at += frame.size;
            match frame.kind {
                Kind::Text => self.hear(number, frame.payload, now, ear)?,
                Kind::Compressed => self.hear_front(number, frame.payload, now, ear)?,
                Kind::Ping => self.send(number, Kind::Pong, frame.payload),
                Kind::Pong => {}
                Kind::Close => {
                    let code = frame.payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                    let ours = self.phase(number) == Some(Phase::Closing);
                    if !ours {
                        let said = frame.payload.len().min(2);
                        self.send(number, Kind::Close, &frame.payload[..said]);
                    }
                    self.drop_link(number, code, ear);
                    return Ok(bytes.len());
                }
            }
        }
        Ok(at)
    }

    fn hear(
        &mut self,
        number: usize,
        text: &[u8],
        now: u64,
        ear: &mut impl Ear,
    ) -> Result<(), Fault> {
        match self.target.dialect.hear(text) {
            Heard::Message(data) => ear.message(number, data, now),
            Heard::Granted if self.phase(number) == Some(Phase::Ready) => {
                ear.answered(number, text, now);
            }
            Heard::Granted => self.granted(number, ear),
            Heard::Refused if self.phase(number) == Some(Phase::Ready) => {
                ear.refused(number, text)?;
            }
            Heard::Refused => {
                return Err(Fault::Refused(String::from_utf8_lossy(text).into_owned()));
            }
            Heard::Goodbye => {
                if let Some(link) = &mut self.links[number] {
                    link.told = true;
                }
            }
            Heard::Other => {}
        }
        Ok(())
    }

    /// Hears the front of a compressed text, which has all that counts.
    fn hear_front(
        &mut self,
        number: usize,
        compressed: &[u8],
        now: u64,
        ear: &mut impl Ear,
    ) -> Result<(), Fault> {
        let Some(mut fronts) = self.fronts.take() else {
            return Err(Fault::BadFrame("a compressed message that nobody agreed to"));
        };
        let front = fronts.front(compressed);
        let done = front.and_then(|text| self.hear(number, text, now, ear));
        self.fronts = Some(fronts);
        done
    }

    fn phase(&self, number: usize) -> Option<Phase> {
        Some(self.links[number].as_ref()?.phase)
    }

    fn drop_link(&mut self, number: usize, code: Option<u16>, ear: &mut impl Ear) {
        let Some(link) = self.links[number].take() else { return };
        let ours = link.phase == Phase::Closing;
        if !ours && link.phase != Phase::Ready {
            self.opening -= 1;
        }
        ear.ended(number, End { code, told: link.told, ours });
    }

    /// Sends `self.text`.
    fn send_text(&mut self, number: usize) {
        let text = std::mem::take(&mut self.text);
        self.send(number, Kind::Text, &text);
        self.text = text;
    }

    fn send(&mut self, number: usize, kind: Kind, payload: &[u8]) {
        self.frame.clear();
        frame::push_masked(&mut self.frame, kind, payload, self.masks.key());
        if let Some(link) = &mut self.links[number] {
            link.write(&self.frame);
        }
    }
}
