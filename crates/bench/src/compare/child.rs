//! A server that this program started, and ends.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use crate::fault::Fault;

/// How long a server may take to say where it serves.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that ends when this does, whatever the reason.
pub struct Child {
    process: std::process::Child,
    url: String,
}

impl Child {
    /// Starts the floor of this program.
    ///
    /// # Errors
    ///
    /// [`Fault::NotStarted`].
    pub fn floor(program: &Path, gather: bool) -> Result<Self, Fault> {
        let mut command = Command::new(program);
        command.args(["floor", "--listen", "127.0.0.1:0"]);
        if gather {
            command.arg("--gather");
        }
        Self::start(&mut command)
    }

    /// Starts RTMate.
    ///
    /// # Errors
    ///
    /// [`Fault::NotStarted`].
    pub fn rtmate(program: &Path, configuration: &Path, workers: usize) -> Result<Self, Fault> {
        let mut command = Command::new(program);
        command.arg("--config").arg(configuration);
        command.env("TOKIO_WORKER_THREADS", workers.to_string());
        Self::start(&mut command)
    }

    fn start(command: &mut Command) -> Result<Self, Fault> {
        let program = command.get_program().to_string_lossy().into_owned();
        let not_started = |why: String| Fault::NotStarted { program: program.clone(), why };
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| not_started(error.to_string()))?;
        let output = process.stdout.take();
        // From here on it is ended by `Drop`.
        let mut child = Self { process, url: String::new() };
        let output = output.ok_or_else(|| not_started("it has no output".into()))?;
        let (say, said) = mpsc::channel();
        // Reads to the end, so that the server never waits for its reader.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((_, url)) = line.split_once(" serves ") {
                    drop(say.send(url.to_owned()));
                }
            }
        });
        child.url = said
            .recv_timeout(PATIENCE)
            .map_err(|_| not_started("it did not say where it serves".into()))?;
        Ok(child)
    }

    /// Where it serves.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
