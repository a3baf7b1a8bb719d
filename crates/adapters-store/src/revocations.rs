//! What is revoked, in a file of its own beside the store: small, whole, and synced before it counts.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use application::ports::{Clock, RevocationError, Revocations};
use async_trait::async_trait;
use domain::{AppId, ClientId, Revocation, RevocationList, Revoked, Timestamp, TokenMark};
use tokio::sync::Mutex;
use xxhash_rust::xxh3::xxh3_64;

/// The first line of the file.
const FORMAT: &str = "rtmate-revocations 1";

/// Why the file was not read. A server that went on without it would take tokens that were revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevocationsError {
    /// It can't be read.
    #[error("{path} can't be read: {error}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is not what this program wrote.
    #[error("{path} is damaged: delete it, and all that it revoked is good again")]
    Damaged {
        /// Which.
        path: PathBuf,
    },
}

/// Knows which tokens are no longer good; keeps it in a file, which is written anew with each
/// revocation.
pub struct FileRevocations {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    /// Makes the file's folder.
    prepare: fn(&Path) -> io::Result<()>,
    /// Short lock: one look, or the next list in place of the one before.
    list: Arc<RwLock<RevocationList>>,
    /// Held from the making of the next list until it is on disk: one at a time.
    writing: Mutex<()>,
}

impl FileRevocations {
    /// What the file says; nothing where there is none yet. `prepare` makes the folder that it is
    /// in, before the first one is written.
    ///
    /// # Errors
    /// The file is there and can't be read.
    pub fn open(
        path: &Path,
        clock: Arc<dyn Clock>,
        prepare: fn(&Path) -> io::Result<()>,
    ) -> Result<Self, RevocationsError> {
        let list = match fs::read_to_string(path) {
            Ok(text) => read(&text, clock.now())
                .ok_or_else(|| RevocationsError::Damaged { path: path.to_owned() })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => RevocationList::default(),
            Err(error) => return Err(RevocationsError::Io { path: path.to_owned(), error }),
        };
        let (path, list) = (path.to_owned(), Arc::new(RwLock::new(list)));
        Ok(Self { path, clock, prepare, list, writing: Mutex::default() })
    }
}

#[async_trait]
impl Revocations for FileRevocations {
    async fn revoke(&self, app: &AppId, revocation: Revocation) -> Result<(), RevocationError> {
        let _writing = self.writing.lock().await;
        let now = self.clock.now();
        let mut next = self.list.read().unwrap_or_else(PoisonError::into_inner).clone();
        next.add(app, revocation, now).map_err(|_| RevocationError::Full)?;
        let (path, prepare, list) = (self.path.clone(), self.prepare, Arc::clone(&self.list));
        // In place once it is on disk, also where nobody waits for it any more.
        let written = tokio::task::spawn_blocking(move || {
            write(&path, &text(&next, now), prepare)?;
            *list.write().unwrap_or_else(PoisonError::into_inner) = next;
            Ok::<(), io::Error>(())
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(RevocationError::Unavailable(error.into())),
            Err(error) => Err(RevocationError::Unavailable(error.into())),
        }
    }

    fn is_revoked(&self, app: &AppId, client: &ClientId, token: &TokenMark) -> bool {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.has(app, client, token, self.clock.now())
    }
}

/// A file of another name, synced, then renamed: the old one or the new one is there, whole.
fn write(path: &Path, text: &str, prepare: fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    prepare(folder)?;
    let next = path.with_extension("next");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&next)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&next, path)?;
    File::open(folder)?.sync_all()
}

/// A line per revocation: app, kind, name (a token's id in hex), before, until. The last line is a
/// checksum of those before it.
fn text(list: &RevocationList, now: Timestamp) -> String {
    let mut text = format!("{FORMAT}\n");
    for (app, Revocation { what, until }) in list.iter(now) {
        let until = until.map_or_else(|| "-".to_owned(), |until| until.as_millis().to_string());
        let (kind, name, before) = match &what {
            Revoked::Token(id) => ("token", hex(id.as_bytes()), Timestamp::from_millis(0)),
            Revoked::Client { client, before } => ("client", client.to_string(), *before),
            Revoked::Everyone { before } => ("everyone", "-".to_owned(), *before),
        };
        text += &format!("{app} {kind} {name} {} {until}\n", before.as_millis());
    }
    let sum = xxh3_64(text.as_bytes());
    text + &format!("end {sum:016x}\n")
}

/// Nothing where anything at all is wrong.
fn read(text: &str, now: Timestamp) -> Option<RevocationList> {
    let (whole, sum) = text.strip_suffix('\n')?.rsplit_once("\nend ")?;
    let whole = format!("{whole}\n");
    let mut lines = whole.lines();
    let sound = format!("{:016x}", xxh3_64(whole.as_bytes())) == sum;
    if !sound || lines.next() != Some(FORMAT) {
        return None;
    }
    let mut list = RevocationList::default();
    for line in lines {
        let (app, revocation) = entry(line)?;
        list.add(&app, revocation, now).ok()?;
    }
    Some(list)
}

fn entry(line: &str) -> Option<(AppId, Revocation)> {
    let fields: Vec<&str> = line.split(' ').collect();
    let [app, kind, name, before, until] = fields[..] else { return None };
    let before = Timestamp::from_millis(before.parse().ok()?);
    let until = match until {
        "-" => None,
        until => Some(Timestamp::from_millis(until.parse().ok()?)),
    };
    let what = match kind {
        "token" => Revoked::Token(unhex(name)?.into()),
        "client" => Revoked::Client { client: ClientId::parse(name).ok()?, before },
        "everyone" => Revoked::Everyone { before },
        _ => return None,
    };
    Some((AppId::parse(app).ok()?, Revocation { what, until }))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<String> {
    let digits = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(digits).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use testkit::{
        ManualClock,
        contracts::revocations::{self as suite, RevocationsFixture},
    };

    use super::*;

    fn list() -> RevocationList {
        let mut list = RevocationList::default();
        let (app, now) = (AppId::parse("shop").unwrap(), Timestamp::from_secs(1));
        let (before, until) = (Timestamp::from_secs(5), Some(Timestamp::from_secs(9)));
        let client = ClientId::parse("a|b@c").unwrap();
        for (what, until) in [
            (Revoked::Token("a b\n\u{1F600}".into()), until),
            (Revoked::Token("".into()), None),
            (Revoked::Client { client, before }, None),
            (Revoked::Everyone { before }, until),
        ] {
            list.add(&app, Revocation { what, until }, now).unwrap();
        }
        list
    }

    fn sorted(list: &RevocationList) -> Vec<String> {
        let all = list.iter(Timestamp::from_secs(1)).map(|entry| format!("{entry:?}"));
        let mut all: Vec<_> = all.collect();
        all.sort();
        all
    }

    struct Folder(tempfile::TempDir, Arc<ManualClock>);

    impl Folder {
        fn new() -> Self {
            let clock = ManualClock::new(Timestamp::from_secs(1_800_000_000));
            Self(tempfile::tempdir().unwrap(), Arc::new(clock))
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("made").join("revocations")
        }
    }

    impl RevocationsFixture for Folder {
        fn clock(&self) -> Arc<ManualClock> {
            Arc::clone(&self.1)
        }

        fn open(&self) -> Arc<dyn Revocations> {
            let opened = FileRevocations::open(&self.path(), self.clock(), |folder| {
                fs::create_dir_all(folder)
            });
            Arc::new(opened.unwrap())
        }

        fn is_durable(&self) -> bool {
            true
        }
    }

    #[tokio::test]
    async fn revocations_1_what_is_revoked_is_until_its_end() {
        suite::what_is_revoked_is_until_its_end(&Folder::new()).await;
    }

    #[tokio::test]
    async fn revocations_2_a_full_list_refuses() {
        let folder = Folder::new();
        let filled = async |list: RevocationList| {
            fs::create_dir_all(folder.path().parent().unwrap()).unwrap();
            fs::write(folder.path(), text(&list, folder.1.now())).unwrap();
            folder.open()
        };
        suite::a_full_list_refuses(&folder, filled).await;
    }

    #[tokio::test]
    async fn revocations_3_apps_are_apart() {
        suite::apps_are_apart(&Folder::new()).await;
    }

    #[tokio::test]
    async fn revocations_4_what_is_revoked_stays_so() {
        suite::what_is_revoked_stays_so(&Folder::new()).await;
    }

    #[tokio::test]
    async fn what_cannot_be_kept_is_not_revoked() {
        let folder = Folder::new();
        fs::write(folder.0.path().join("made"), "in the way").unwrap();
        let clock = folder.clock();
        let path = folder.0.path().join("revocations");
        let refuse = |_: &Path| Err(io::Error::other("no folder"));
        let revocations = FileRevocations::open(&path, clock, refuse).unwrap();
        let (app, client) = (AppId::parse("shop").unwrap(), ClientId::parse("alice").unwrap());
        let before = Timestamp::from_secs(1_800_000_000);
        let all = Revocation { what: Revoked::Everyone { before }, until: None };
        let refused = revocations.revoke(&app, all).await;
        assert!(matches!(refused, Err(RevocationError::Unavailable(_))));
        assert!(!revocations.is_revoked(&app, &client, &TokenMark::NONE));
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let now = Timestamp::from_secs(1);
        let text = text(&list(), now);
        assert_eq!(sorted(&read(&text, now).unwrap()), sorted(&list()));
        assert_eq!(sorted(&list()).len(), 4);
        for end in 0..text.len() {
            assert!(read(&text[..end], now).is_none(), "cut at {end}");
        }
        assert!(read(&text.replace("client", "klient"), now).is_none());
        assert!(read("", now).is_none());
    }
}
