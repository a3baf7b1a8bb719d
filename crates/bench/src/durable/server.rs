//! A server with durable history in a folder of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use crate::{
    args::{DurableArgs, Transport},
    compare::{
        child::Child,
        configuration::{APP, random_secret, with_app},
    },
    dialect::Native,
    fault::Fault,
    process::Process,
    target::Target,
    token,
};

/// More than any run makes, so that nothing is let go meanwhile.
const HISTORY: &str = r#"
[[apps.namespaces]]
pattern = "bench:*"

[apps.namespaces.history]
size = 1000000
ttl = "24h"
bytes = "4GiB"
durability = "durable"
"#;

/// Tells the folders of one process apart.
static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A folder with a configuration and the server's data, which goes away with this.
pub(super) struct Bed {
    program: PathBuf,
    folder: PathBuf,
    token: String,
    running: Option<Child>,
}

impl Bed {
    /// Makes the folder; the server is started by [`Self::start`].
    pub(super) fn new(args: &DurableArgs) -> Result<Self, Fault> {
        let secret = random_secret().map_err(Fault::io("reading random bytes"))?;
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("rtmate-bench-durable-{}-{number}", std::process::id());
        let folder = args.folder.clone().unwrap_or_else(std::env::temp_dir).join(name);
        fs::create_dir(&folder).map_err(Fault::io("making a folder"))?;
        let token = token::sign_for(APP, &secret, &["subscribe", "send", "history"])?;
        // The child may be started from elsewhere.
        let program = fs::canonicalize(&args.server).map_err(Fault::io("finding the server"))?;
        let bed = Self { program, folder, token, running: None };
        let data = bed.folder.join("data");
        let app = with_app(&format!("path = {:?}", data.display().to_string()), &secret);
        // The namespace belongs to the app, whose table it must follow.
        let text = format!("{}{HISTORY}", app.replace(GRANTS, GRANTS_WITH_HISTORY));
        fs::write(bed.folder.join("rtmate.toml"), text)
            .map_err(Fault::io("writing a configuration"))?;
        Ok(bed)
    }

    /// Starts the server on all cores; it has told where it serves when this returns.
    pub(super) fn start(&mut self) -> Result<(), Fault> {
        let workers = thread::available_parallelism().map_or(2, usize::from);
        let configuration = self.folder.join("rtmate.toml");
        self.running = Some(Child::rtmate(&self.program, &configuration, workers)?);
        Ok(())
    }

    /// SIGKILL: nothing is written, nothing is said.
    pub(super) fn kill(&mut self) {
        self.running = None;
    }

    fn child(&self) -> Result<&Child, Fault> {
        self.running.as_ref().ok_or_else(|| Fault::Usage("the server is not running".into()))
    }

    pub(super) fn target(&self) -> Result<Target, Fault> {
        let dialect = Native { app: APP.to_owned(), token: self.token.clone() };
        Target::at(self.child()?.url(), dialect, &Transport::default())
    }

    pub(super) fn process(&self) -> Result<Process, Fault> {
        Process::of_pid(self.child()?.pid())
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.running = None;
        // What can't be removed stays in the folder for such things.
        drop(fs::remove_dir_all(&self.folder));
    }
}

const GRANTS: &str = r#""*" = ["subscribe", "send"]"#;
const GRANTS_WITH_HISTORY: &str = r#""*" = ["subscribe", "send", "history"]"#;
