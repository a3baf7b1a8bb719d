//! Secrets: written in place, in a file, or in a variable of the environment.

use std::{fs, path::Path};

use secrecy::{ExposeSecret, SecretString};

use super::{
    key_path::KeyPath,
    problem::Problem,
    scalar::{Hidden, Text},
    surroundings::Surroundings,
};

/// The fewest bytes of a shared secret: as many as SHA-256 gives.
pub(crate) const FEWEST_BYTES: usize = 32;

/// The most bytes of a file that holds a secret or a key.
const FILE_LIMIT: u64 = 64 * 1024;

/// Where secrets of the configuration are found.
pub(crate) struct Vault<'a> {
    /// Holds the variables.
    pub(crate) around: &'a Surroundings,
    /// What the names of files are relative to.
    pub(crate) folder: &'a Path,
}

/// The three ways to give a secret, of which one is used.
pub(crate) struct RawSecret {
    /// `secret`
    pub(crate) here: Option<Hidden>,
    /// `secret_file`
    pub(crate) file: Option<Text>,
    /// `secret_env`
    pub(crate) env: Option<Text>,
}

impl Vault<'_> {
    /// The secret of the table at `path`, and the key that gave it; nothing where none is given.
    fn find(
        &self,
        fewest: usize,
        path: &KeyPath,
        raw: RawSecret,
    ) -> Result<Option<(KeyPath, SecretString)>, Problem> {
        let (place, secret) = match (raw.here, raw.file, raw.env) {
            (None, None, None) => return Ok(None),
            (Some(here), None, None) => (path.key("secret"), here.0),
            (None, Some(file), None) => {
                let place = path.key("secret_file");
                let text = self.file(&place, &file)?;
                (place, text.into())
            }
            (None, None, Some(name)) => {
                let place = path.key("secret_env");
                let text = self.variable(&place, &name)?;
                (place, text.into())
            }
            _ => {
                let message = "give only one of secret, secret_file, secret_env";
                return Err(Problem::at(path, message));
            }
        };
        check_of(fewest, &place, &secret)?;
        Ok(Some((place, secret)))
    }

    /// As [`Self::find`], where there must be one.
    pub(crate) fn need(
        &self,
        path: &KeyPath,
        raw: RawSecret,
    ) -> Result<(KeyPath, SecretString), Problem> {
        self.need_of(FEWEST_BYTES, path, raw)
    }

    /// The same for a secret that may be shorter, or must be longer.
    pub(crate) fn need_of(
        &self,
        fewest: usize,
        path: &KeyPath,
        raw: RawSecret,
    ) -> Result<(KeyPath, SecretString), Problem> {
        self.find(fewest, path, raw)?.ok_or_else(|| {
            Problem::at(path, "a secret is required: secret, secret_file or secret_env")
        })
    }

    /// The text of a file, without the newline at its end.
    pub(crate) fn file(&self, path: &KeyPath, name: &str) -> Result<String, Problem> {
        read_file(&self.folder.join(name)).map_err(|words| Problem::value(path, words))
    }

    fn variable(&self, path: &KeyPath, name: &str) -> Result<String, Problem> {
        let refuse = |words: &str| {
            // What does not look like a variable's name may be the secret itself.
            let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            if name.chars().all(plain) {
                Problem::value(path, words)
            } else {
                Problem::at(path, words)
            }
        };
        let value = self.around.variable(name);
        let value = value.ok_or_else(|| refuse("the environment has no such variable"))?;
        let text = value.to_str().ok_or_else(|| refuse("the variable is not UTF-8 text"))?;
        Ok(text.to_owned())
    }
}

/// The text of a file, without the newline at its end; the error is words.
pub(crate) fn read_file(file: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("can't be read: {error}");
    if fs::metadata(file).map_err(failed)?.len() > FILE_LIMIT {
        return Err(format!("has more than {FILE_LIMIT} bytes"));
    }
    let text = fs::read_to_string(file).map_err(failed)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Refuses a secret that could be guessed for its length.
pub(crate) fn check(path: &KeyPath, secret: &SecretString) -> Result<(), Problem> {
    check_of(FEWEST_BYTES, path, secret)
}

fn check_of(fewest: usize, path: &KeyPath, secret: &SecretString) -> Result<(), Problem> {
    let length = secret.expose_secret().len();
    if length >= fewest {
        return Ok(());
    }
    let message = format!(
        "the secret has {length} bytes; at least {fewest} are needed (openssl rand -hex 32)"
    );
    Err(Problem::value(path, message))
}
