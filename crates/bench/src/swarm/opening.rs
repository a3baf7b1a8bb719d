//! From a socket to a connection that is authenticated and subscribed.

use std::time::{Duration, Instant};

use super::{Ear, End, Phase, Swarm};
use crate::{compression, fault::Fault};

/// Connections that are opened at once. Below the backlog that listeners usually have.
const AT_ONCE: usize = 64;
/// How long nothing may happen meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer to the upgrade.
const HEAD: usize = 16 * 1024;

impl Swarm {
    /// Opens a connection for each of these subscriptions and waits until all are ready.
    ///
    /// # Errors
    ///
    /// What keeps one of them from being ready.
    pub fn raise(
        &mut self,
        channels: impl IntoIterator<Item = Option<usize>>,
    ) -> Result<Vec<usize>, Fault> {
        let mut events = Self::events();
        let mut channels = channels.into_iter().fuse();
        let mut numbers = Vec::new();
        let mut opener = Opener::default();
        let mut progress = (0, Instant::now());
        loop {
            let room = AT_ONCE.saturating_sub(self.opening);
            for channel in channels.by_ref().take(room) {
                numbers.push(self.open(channel)?);
            }
            if self.opening == 0 {
                return Ok(numbers);
            }
            self.turn(&mut events, Duration::from_millis(100), &mut opener)?;
            if let Some(code) = opener.ended {
                return Err(Fault::Ended(code));
            }
            if progress.0 != opener.ready {
                progress = (opener.ready, Instant::now());
            } else if progress.1.elapsed() > PATIENCE {
                return Err(Fault::Stuck {
                    what: "opening connections",
                    seconds: PATIENCE.as_secs(),
                });
            }
        }
    }

    /// Where the frames begin: behind the answer to the upgrade, while that is awaited. Nothing
    /// where that answer isn't whole.
    pub(super) fn upgraded(&mut self, number: usize, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        if self.phase(number) != Some(Phase::Upgrading) {
            return Ok(Some(0));
        }
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            let fits = bytes.len() <= HEAD;
            return if fits { Ok(None) } else { Err(not_upgraded(bytes)) };
        };
        if !bytes.starts_with(b"HTTP/1.1 101 ") {
            return Err(not_upgraded(bytes));
        }
        if self.target.compress && !compression::is_agreed(&bytes[..end]) {
            return Err(Fault::NotCompressed);
        }
        self.text.clear();
        self.target.dialect.auth(&mut self.text);
        self.step(number, Phase::Authenticating);
        self.send_text(number);
        Ok(Some(end + 4))
    }

    /// A request was granted: the next one, or the end of the opening.
    pub(super) fn granted(&mut self, number: usize, ear: &mut impl Ear) {
        let Some(link) = &self.links[number] else { return };
        match (link.phase, link.channel) {
            (Phase::Authenticating, Some(channel)) => {
                self.text.clear();
                self.target.dialect.subscribe(&mut self.text, &self.channels[channel]);
                self.step(number, Phase::Subscribing);
                self.send_text(number);
            }
            (Phase::Authenticating, None) | (Phase::Subscribing, _) => {
                self.step(number, Phase::Ready);
                self.opening -= 1;
                ear.ready(number);
            }
            (Phase::Upgrading | Phase::Ready | Phase::Closing, _) => {}
        }
    }

    fn step(&mut self, number: usize, phase: Phase) {
        if let Some(link) = &mut self.links[number] {
            link.phase = phase;
        }
    }
}

fn not_upgraded(bytes: &[u8]) -> Fault {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(500)]).into_owned();
    Fault::NotUpgraded(text.replace("\r\n", " | "))
}

#[derive(Default)]
struct Opener {
    ready: usize,
    ended: Option<Option<u16>>,
}

impl Ear for Opener {
    fn ready(&mut self, _link: usize) {
        self.ready += 1;
    }

    fn ended(&mut self, _link: usize, end: End) {
        self.ended = Some(end.code);
    }
}
