//! A data directory on a disk of its own, which is soon full.

use std::process::Stdio;

use tokio::process::Command;

use crate::{scratch::Scratch, soon};

/// How a process gets a small disk that nobody else sees: in a mount namespace of its own, which
/// ends with it.
#[derive(Clone, Copy)]
pub(crate) struct SmallDisk(&'static [&'static str]);

/// Mounts, and becomes the program: the process keeps its id.
const MOUNTED: &str = "mkdir -p rtmate-data && \
     mount -t tmpfs -o size=16m,mode=700 tmpfs rtmate-data && exec \"$0\" \"$@\"";

impl SmallDisk {
    /// As whoever runs the test, or as root.
    const WAYS: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];

    /// The way that works on this machine. A machine where none does fails the test: a test that
    /// passes without having looked would be worse than none.
    pub(crate) async fn new() -> Self {
        let mut refusals = String::new();
        for way in Self::WAYS {
            let folder = Scratch::new();
            let mut attempt = Self(way).command("true");
            attempt.current_dir(folder.path()).stdin(Stdio::null());
            match soon("a mount", attempt.output()).await {
                Ok(output) if output.status.success() => return Self(way),
                Ok(output) => refusals.push_str(&String::from_utf8_lossy(&output.stderr)),
                Err(error) => refusals.push_str(&format!("unshare: {error}\n")),
            }
        }
        panic!(
            "this test needs a small disk and can't have one: neither unprivileged mount namespaces \
             (`unshare --user --map-root-user --mount`) nor `unshare --mount` as root work here, with \
             a tmpfs mounted inside. Allow one of them, or run the other tests without this one \
             (`--skip full_disk`).\n{refusals}"
        )
    }

    /// The program with its data directory on the small disk, in the folder that it is started in.
    pub(crate) fn command(self, program: &str) -> Command {
        let mut command = Command::new("unshare");
        command.args(self.0).args(["sh", "-c", MOUNTED, program]);
        command
    }
}
