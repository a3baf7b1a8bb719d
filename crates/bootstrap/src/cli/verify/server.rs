//! A server of our own: this executable, in a folder of its own.

use std::{fs, net::SocketAddr, path::PathBuf, process::Stdio, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
};

use super::{
    NoVerdict,
    hooks::Hooks,
    members::{LEAVE_DELAY, RETURN_WINDOW},
    record::Promise,
};

/// The app that the server has.
pub(super) const APP: &str = "verify";

/// So long a start may take.
const START: Duration = Duration::from_secs(30);

/// A server of our own. Killed with this value.
pub(super) struct Server {
    folder: PathBuf,
    /// With its standard output, which stays open as long as it runs.
    running: Option<(Child, BufReader<ChildStdout>)>,
    /// Chosen by the first start, the same for all others.
    address: SocketAddr,
    /// Whether the folder stays: somebody should look into it.
    kept: bool,
}

impl Server {
    /// Writes the configuration and starts.
    pub(super) async fn start(
        run: &str,
        prefix: &str,
        promise: Promise,
        secret: &SecretString,
        webhooks: Option<&Hooks>,
    ) -> Result<Self, NoVerdict> {
        let folder = std::env::temp_dir().join(format!("rtmate-verify-{run}"));
        fs::create_dir(&folder)?;
        private(&folder)?;
        fs::write(folder.join("secret"), secret.expose_secret())?;
        fs::write(folder.join("rtmate.toml"), configuration(prefix, promise, webhooks))?;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { folder, running: None, address, kept: false };
        server.restart().await?;
        Ok(server)
    }

    pub(super) fn url(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    /// Starts, after [`Self::kill`].
    pub(super) async fn restart(&mut self) -> Result<(), NoVerdict> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.join("log"))?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--config", "rtmate.toml", "--listen", &self.address.to_string(), "serve"])
            .current_dir(&self.folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let Some(out) = child.stdout.take() else { return Err(NoVerdict::Fault("the server")) };
        let mut out = BufReader::new(out);
        let mut banner = String::new();
        let read = tokio::time::timeout(START, out.read_line(&mut banner)).await;
        let address = match read {
            Ok(Ok(_)) => address_of(banner.trim_end()),
            Ok(Err(_)) | Err(_) => None,
        };
        self.address = address.ok_or_else(|| NoVerdict::NotStarted(self.last_line()))?;
        self.running = Some((child, out));
        Ok(())
    }

    /// SIGKILL: nothing is written, nothing is said.
    pub(super) async fn kill(&mut self) -> Result<(), NoVerdict> {
        if let Some((mut child, _)) = self.running.take() {
            child.kill().await?;
        }
        Ok(())
    }

    fn last_line(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        log.lines().last().unwrap_or("it said nothing").to_owned()
    }

    /// Stops it, and leaves the folder for who wants to look into it.
    pub(super) fn keep(mut self) {
        self.kept = true;
        println!("the server's data and log: {}", self.folder.display());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running = None;
        if !self.kept {
            // What can't be removed stays: it is in the folder for such things.
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// Only for who runs this: there is a secret in it.
fn private(folder: &std::path::Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// `rtmate 0.1.0 serves ws://127.0.0.1:40001/ws`
fn address_of(line: &str) -> Option<SocketAddr> {
    let (_, url) = line.split_once("ws://")?;
    url.strip_suffix("/ws")?.parse().ok()
}

fn configuration(prefix: &str, promise: Promise, webhooks: Option<&Hooks>) -> String {
    let durability = match promise {
        Promise::None => None,
        Promise::Memory => Some("memory"),
        Promise::Durable => Some("durable"),
    };
    let (window, delay) = (RETURN_WINDOW.as_secs(), LEAVE_DELAY.as_secs());
    let mut toml = format!(
        "[store]\nreturn_window = \"{window}s\"\n\n[[apps]]\nid = \"{APP}\"\n\n[[apps.jwt_keys]]\nalg = \"HS256\"\nsecret_file = \"secret\"\n\n\
         [[apps.namespaces]]\npattern = \"{prefix}*\"\n\
         presence = true\npresence_leave_delay = \"{delay}s\"\n"
    );
    if webhooks.is_some() {
        toml.push_str("events = \"data\"\n");
    }
    if let Some(durability) = durability {
        // More than any run makes: everything must be there at its end.
        toml.push_str(&format!(
            "\n[apps.namespaces.history]\nsize = 1000000\nttl = \"24h\"\nbytes = \"4GiB\"\n\
             durability = \"{durability}\"\n"
        ));
    }
    if let Some(webhooks) = webhooks {
        toml.push_str(&webhooks.configuration());
    }
    toml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_is_understood() {
        let address = address_of("rtmate 0.1.0 serves ws://127.0.0.1:40001/ws");
        assert_eq!(address, Some(SocketAddr::from(([127, 0, 0, 1], 40001))));
        assert_eq!(address_of("anything else"), None);
    }
}
