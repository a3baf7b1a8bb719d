//! The demo app's secrets: random, made at the first start, kept in the data directory. Never
//! constants, for then anybody could sign a demo token.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{data_dir, random};

/// The file in the data directory.
pub const FILE_NAME: &str = "demo.toml";

/// The demo app's secrets.
#[derive(Debug, Clone)]
pub struct DemoSecrets {
    /// Signs tokens.
    pub jwt_secret: SecretString,
    /// Signs what the Pusher protocol asks for.
    pub pusher_secret: SecretString,
    /// Opens the operator's side of the server.
    pub operator_key: SecretString,
}

/// Why there are no demo secrets.
#[derive(Debug, thiserror::Error)]
pub enum DemoSecretsError {
    /// The data directory can't be made or written.
    #[error("the demo app's secrets can't be kept: {0}")]
    Io(#[from] io::Error),
    /// The file is not what this program wrote.
    #[error("{FILE_NAME} is damaged ({0}); delete it and new secrets are made")]
    Damaged(String),
    /// No randomness.
    #[error(transparent)]
    NoRandomness(#[from] random::NoRandomness),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    jwt_secret: String,
    pusher_secret: String,
    operator_key: String,
}

impl DemoSecrets {
    /// New ones that live as long as this value.
    ///
    /// # Errors
    /// The system gives no random bits.
    pub fn ephemeral() -> Result<Self, random::NoRandomness> {
        let secret = || random::hex_256().map(SecretString::from);
        Ok(Self { jwt_secret: secret()?, pusher_secret: secret()?, operator_key: secret()? })
    }

    /// All of them the same, given by `[demo] secret`.
    #[must_use]
    pub fn from_given(secret: &SecretString) -> Self {
        Self {
            jwt_secret: secret.clone(),
            pusher_secret: secret.clone(),
            operator_key: secret.clone(),
        }
    }

    /// Those of a data directory, if there are any.
    ///
    /// # Errors
    /// They can't be read.
    pub fn load(directory: &Path) -> Result<Option<Self>, DemoSecretsError> {
        match fs::read_to_string(directory.join(FILE_NAME)) {
            Ok(text) => Self::parse(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Those of a data directory; makes directory and secrets where there are none. Processes
    /// that do so at once agree.
    ///
    /// # Errors
    /// They can't be read or kept.
    pub fn load_or_create(directory: &Path) -> Result<Self, DemoSecretsError> {
        data_dir::prepare(directory)?;
        if let Some(present) = Self::load(directory)? {
            return Ok(present);
        }
        let made = Self::ephemeral()?;
        if made.keep(directory)? {
            return Ok(made);
        }
        let winners = Self::load(directory)?;
        winners.ok_or_else(|| DemoSecretsError::Damaged("it vanished".to_owned()))
    }

    /// Writes a file of one's own and links it to the name: the whole file appears at once, and
    /// never in place of another. Says whether it did.
    fn keep(&self, directory: &Path) -> Result<bool, DemoSecretsError> {
        let own = directory.join(format!(".{FILE_NAME}.{}", random::hex_256()?));
        let linked = write_private(&own, &self.to_toml())
            .and_then(|()| fs::hard_link(&own, directory.join(FILE_NAME)));
        let removed = fs::remove_file(&own);
        match linked {
            Ok(()) => {
                removed?;
                sync_directory(directory)?;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The error names no value: the library's own text would quote the file.
    fn parse(text: &str) -> Result<Self, DemoSecretsError> {
        let stored: Stored = toml::from_str(text)
            .map_err(|error| DemoSecretsError::Damaged(error.message().to_owned()))?;
        Ok(Self {
            jwt_secret: stored.jwt_secret.into(),
            pusher_secret: stored.pusher_secret.into(),
            operator_key: stored.operator_key.into(),
        })
    }

    /// In the clear, as the file has them.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let line = |key: &str, secret: &SecretString| {
            let text = serde_json::Value::from(secret.expose_secret());
            format!("{key} = {text}\n")
        };
        [
            line("jwt_secret", &self.jwt_secret),
            line("pusher_secret", &self.pusher_secret),
            line("operator_key", &self.operator_key),
        ]
        .concat()
    }
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(b"# The demo app's secrets. Delete this file and new ones are made.\n")?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes the new name last. Directories are files only on Unix.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}
