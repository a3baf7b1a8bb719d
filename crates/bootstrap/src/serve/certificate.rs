//! The server's certificate, read anew when its files change.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use listener::Identity;
use tokio::{sync::watch, time::MissedTickBehavior};
use tracing::{error, info};

use crate::settings::Tls;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// What the listener shows of the moment, and the files that it comes from.
pub(super) struct Certificate {
    tls: Tls,
    current: watch::Sender<Identity>,
    seen: Mutex<Seen>,
}

/// How the files looked.
struct Seen {
    /// When they were last read.
    read: Stamps,
    /// At the last look.
    last: Stamps,
}

/// What changes with the content of the two files.
type Stamps = [Option<Stamp>; 2];

/// One that can't be looked at has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// Of the file behind all links: those who renew certificates often turn a link around.
    fn of(path: &Path) -> Option<Self> {
        let found: io::Result<fs::Metadata> = fs::metadata(path);
        found.ok().map(|found| Self {
            device: found.dev(),
            inode: found.ino(),
            bytes: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
        })
    }
}

impl Certificate {
    /// That of the settings, which were read just now.
    pub(super) fn new(tls: &Tls) -> Arc<Self> {
        let stamps = stamps(tls);
        Arc::new(Self {
            tls: tls.clone(),
            current: watch::Sender::new(tls.identity.clone()),
            seen: Mutex::new(Seen { read: stamps, last: stamps }),
        })
    }

    /// What new connections are shown.
    pub(super) fn identity(&self) -> watch::Receiver<Identity> {
        self.current.subscribe()
    }

    /// Reads the files now, changed or not: also for who is asked to reload everything. Connections
    /// from now on are shown what they say; where they can't be used the certificate stays, and one
    /// line says why.
    pub(super) fn reload(&self) {
        let stamps = stamps(&self.tls);
        self.seen().read = stamps;
        match self.tls.read_again() {
            Ok(identity) => {
                self.current.send_replace(identity);
                let file = self.tls.cert.display();
                info!(target: "rtmate", %file, "the certificate was read anew");
            }
            Err(error) => {
                error!(target: "rtmate", %error, "the certificate can't be renewed; the old one stays");
            }
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the files changed since they were read, and not since the last look: of two files
    /// that are replaced one after the other only the last state is read.
    fn is_settled_anew(&self) -> bool {
        let now = stamps(&self.tls);
        let mut seen = self.seen();
        let before = std::mem::replace(&mut seen.last, now);
        now == before && now != seen.read
    }

    /// Reads the files when they have changed, for as long as the future is polled.
    pub(super) async fn watch(&self) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if self.is_settled_anew() {
                self.reload();
            }
        }
    }
}

fn stamps(tls: &Tls) -> Stamps {
    [Stamp::of(&tls.cert), Stamp::of(&tls.key)]
}
