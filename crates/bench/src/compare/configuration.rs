//! RTMate's configuration for a comparison: an app with limits that no run meets.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use crate::{fault::Fault, token};

/// The app of the runs.
pub(super) const APP: &str = "bench";

/// A folder with the configuration, which goes away with this.
pub(super) struct Configuration {
    folder: PathBuf,
    file: PathBuf,
    secret: String,
}

impl Configuration {
    pub(super) fn write() -> Result<Self, Fault> {
        let secret = random_secret().map_err(Fault::io("reading random bytes"))?;
        let folder = std::env::temp_dir().join(format!("rtmate-bench-{}", std::process::id()));
        let file = folder.join("rtmate.toml");
        fs::create_dir(&folder).map_err(Fault::io("making a temporary folder"))?;
        let configuration = Self { folder, file, secret };
        fs::write(&configuration.file, text(&configuration.secret))
            .map_err(Fault::io("writing a configuration"))?;
        Ok(configuration)
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn token(&self) -> Result<String, Fault> {
        token::sign(APP, &self.secret)
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        // What can't be removed stays in the system's temporary folder.
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn random_secret() -> std::io::Result<String> {
    let mut bytes = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `apps.limits.queue` keeps its default, for the slow readers' bar is measured against it.
fn text(secret: &str) -> String {
    format!(
        r#"[server]
listen = "127.0.0.1:0"

[store]
ephemeral = true

[log]
filter = "warn"

[limits]
unauthenticated_per_address = 100000
unauthenticated = 100000

[[apps]]
id = "{APP}"

[apps.default_grants]
"*" = ["subscribe", "send"]

[apps.limits]
requests_per_second = 1000000
requests_burst = 1000000

[[apps.jwt_keys]]
alg = "HS256"
secret = "{secret}"
"#
    )
}
