//! The real binary.

use std::{
    net::SocketAddr,
    process::{ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::watch,
};

use crate::{scratch::Scratch, small_disk::SmallDisk, soon};

/// The demo app's secret in these tests.
pub(crate) const DEMO_SECRET: &str = "the-demo-secret-of-the-end-to-end-tests";

/// How a server is started.
pub(crate) struct Start {
    folder: Arc<Scratch>,
    args: Vec<String>,
    environment: Vec<(String, String)>,
    /// How many files the process may have open.
    files: Option<u32>,
    /// What its data directory is on, where it is not the folder's own disk.
    disk: Option<SmallDisk>,
}

impl Start {
    /// On a free port of this machine, keeping nothing, the demo app with [`DEMO_SECRET`].
    pub(crate) fn new() -> Self {
        Self::bare()
            .args(&["--listen", "127.0.0.1:0", "--ephemeral"])
            .env("RTMATE__DEMO__SECRET", DEMO_SECRET)
    }

    /// With nothing said.
    pub(crate) fn bare() -> Self {
        Self {
            folder: Arc::new(Scratch::new()),
            args: Vec::new(),
            environment: Vec::new(),
            files: None,
            disk: None,
        }
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(ToString::to_string));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With so few open files.
    pub(crate) fn files(self, most: u32) -> Self {
        Self { files: Some(most), ..self }
    }

    /// With its data directory on a small disk.
    pub(crate) fn disk(self, disk: SmallDisk) -> Self {
        Self { disk: Some(disk), ..self }
    }

    /// With this `rtmate.toml`.
    pub(crate) fn toml(self, text: &str) -> Self {
        self.folder.write("rtmate.toml", text);
        self
    }

    pub(crate) fn folder(&self) -> &Scratch {
        &self.folder
    }

    fn command(&self) -> Command {
        let mut command = match (self.files, self.disk) {
            (None, None) => command(&self.folder, PROGRAM),
            (None, Some(disk)) => within(&self.folder, disk.command(PROGRAM)),
            (Some(most), _) => {
                let mut command = command(&self.folder, "sh");
                let limited = format!("ulimit -n {most} && exec \"$0\" \"$@\"");
                command.args(["-c", &limited, PROGRAM]);
                command
            }
        };
        command.args(&self.args);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs to the end: for what does not serve.
    pub(crate) async fn output(&self) -> Output {
        soon("the end of the process", self.command().output()).await.unwrap()
    }

    /// Serves. Returns when the address is known.
    pub(crate) async fn serve(self) -> Server {
        let mut command = self.command();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let banner = Lines::of(child.stdout.take().unwrap());
        let log = Lines::of(child.stderr.take().unwrap());
        let first = soon("the banner", banner.line(" serves ws")).await;
        let Some(address) = first.as_deref().and_then(address_of) else {
            panic!("no address: {}{}", banner.text(), log.text());
        };
        Server { child, address, folder: self.folder, banner, log }
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_rtmate");

/// A program in this folder, with a clean environment.
fn command(folder: &Scratch, program: &str) -> Command {
    within(folder, Command::new(program))
}

fn within(folder: &Scratch, mut command: Command) -> Command {
    command.current_dir(folder.path()).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// `rtmate 0.1.0 serves ws://127.0.0.1:40001/ws`, or `wss`; nothing to connect to with `ws+unix`
fn address_of(line: &str) -> Option<SocketAddr> {
    if line.contains("ws+unix:") {
        // Nobody connects to it.
        return Some(SocketAddr::from(([0, 0, 0, 0], 0)));
    }
    let (_, url) = line.split_once("://")?;
    url.strip_suffix("/ws")?.parse().ok()
}

/// A running server; killed with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) folder: Arc<Scratch>,
    /// Standard output.
    pub(crate) banner: Lines,
    /// Standard error.
    pub(crate) log: Lines,
}

impl Server {
    /// The demo app and nothing else.
    pub(crate) async fn demo() -> Self {
        Start::new().serve().await
    }

    /// What this `rtmate.toml` says.
    pub(crate) async fn with(toml: &str) -> Self {
        Start::new().toml(toml).serve().await
    }

    /// Runs another command in the server's folder.
    pub(crate) async fn run(&self, args: &[&str]) -> Output {
        soon("the end of the process", command(&self.folder, PROGRAM).args(args).output())
            .await
            .unwrap()
    }

    /// Begins another command in the server's folder.
    pub(crate) fn begin(&self, args: &[&str]) -> Begun {
        self.begin_with(args, &[])
    }

    /// The same with these variables.
    pub(crate) fn begin_with(&self, args: &[&str], environment: &[(&str, &str)]) -> Begun {
        let mut command = command(&self.folder, PROGRAM);
        command.envs(environment.iter().copied());
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = Lines::of(child.stdout.take().unwrap());
        let err = Lines::of(child.stderr.take().unwrap());
        Begun { child, out, err }
    }

    /// The same folder for another start.
    pub(crate) fn again(&self, start: Start) -> Start {
        Start { folder: Arc::clone(&self.folder), ..start }
    }

    /// The id of the process, which runs.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Sends a signal, by its name: to this process alone.
    pub(crate) async fn signal(&self, name: &str) {
        signal(self.pid(), name).await;
    }

    /// Waits for the end of the process.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        soon("the end of the server", self.child.wait()).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- {}\n{}{}---", self.address, self.banner.text(), self.log.text());
        }
    }
}

async fn signal(pid: u32, name: &str) {
    let kill = format!("kill -s {name} {pid}");
    let status = Command::new("sh").args(["-c", &kill]).status().await.unwrap();
    assert!(status.success(), "{kill}");
}

/// A command that runs; killed with this value.
pub(crate) struct Begun {
    child: Child,
    pub(crate) out: Lines,
    pub(crate) err: Lines,
}

impl Begun {
    /// Sends a signal, by its name.
    pub(crate) async fn signal(&self, name: &str) {
        signal(self.child.id().unwrap(), name).await;
    }

    /// All that it prints.
    pub(crate) async fn output(self) -> String {
        self.out.all().await
    }

    /// Waits for the end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        soon("the end of the command", self.child.wait()).await.unwrap()
    }
}

/// The lines of a stream, as they come.
#[derive(Clone)]
pub(crate) struct Lines {
    text: Arc<Mutex<String>>,
    /// Lines so far; the sender is gone when the stream has ended.
    count: watch::Receiver<usize>,
}

impl Lines {
    fn of(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (counted, count) = watch::channel(0);
        let text: Arc<Mutex<String>> = Arc::default();
        let kept = Arc::clone(&text);
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
                counted.send_modify(|count| *count += 1);
            }
        });
        Self { text, count }
    }

    /// All so far.
    pub(crate) fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    /// The first line with this text; waits for it, nothing at the end of the stream.
    pub(crate) async fn line(&self, part: &str) -> Option<String> {
        let mut count = self.count.clone();
        loop {
            count.mark_unchanged();
            let found = self.text().lines().find(|line| line.contains(part)).map(str::to_owned);
            if found.is_some() {
                return found;
            }
            if count.changed().await.is_err() {
                return self.text().lines().find(|line| line.contains(part)).map(str::to_owned);
            }
        }
    }

    /// The first line with this text, which comes soon.
    pub(crate) async fn expect(&self, part: &str) -> String {
        match soon(part, self.line(part)).await {
            Some(line) => line,
            None => panic!("{part:?} is not in\n{}", self.text()),
        }
    }

    /// Waits for the end of the stream.
    pub(crate) async fn all(&self) -> String {
        let mut count = self.count.clone();
        soon("the end of the stream", async { while count.changed().await.is_ok() {} }).await;
        self.text()
    }
}
