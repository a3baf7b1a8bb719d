//! RTMate's configuration for a comparison: an app with limits that no run meets.

use std::{fs, io::Read, path::PathBuf};

use rcgen::{CertificateParams, KeyPair};

use crate::{fault::Fault, token};

/// The app of the runs.
pub(crate) const APP: &str = "bench";

/// A folder with a configuration for plain connections and one for TLS, which goes away with this.
pub(super) struct Configuration {
    folder: PathBuf,
    secret: String,
}

impl Configuration {
    pub(super) fn write() -> Result<Self, Fault> {
        let secret = random_secret().map_err(Fault::io("reading random bytes"))?;
        let folder = std::env::temp_dir().join(format!("rtmate-bench-{}", std::process::id()));
        fs::create_dir(&folder).map_err(Fault::io("making a temporary folder"))?;
        let configuration = Self { folder, secret };
        let (certificate, key) = certificate()
            .map_err(|error| Fault::Usage(format!("no certificate could be made: {error}")))?;
        let put = |file: PathBuf, text: &str| {
            fs::write(file, text).map_err(Fault::io("writing a configuration"))
        };
        let text = text(&configuration.secret);
        put(configuration.plain(), &text)?;
        put(configuration.tls(), &format!("{text}{TLS}"))?;
        put(configuration.certificate(), &certificate)?;
        put(configuration.folder.join("key.pem"), &key)?;
        Ok(configuration)
    }

    /// The file for plain connections.
    pub(super) fn plain(&self) -> PathBuf {
        self.folder.join("plain.toml")
    }

    /// The file for TLS.
    pub(super) fn tls(&self) -> PathBuf {
        self.folder.join("tls.toml")
    }

    /// The certificate that the server shows, which nobody else signed.
    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.join("cert.pem")
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

pub(crate) fn random_secret() -> std::io::Result<String> {
    let mut bytes = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A certificate of this machine and its key (ECDSA on P-256, as authorities sign them now), as PEM.
fn certificate() -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names)?.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Files are looked for beside the configuration.
const TLS: &str = r#"
[server.tls]
cert = "cert.pem"
key = "key.pem"
"#;

/// Compression is there for those who offer it, and nothing to the others. `apps.limits.queue` keeps its default, for the slow readers' bar is measured against it.
fn text(secret: &str) -> String {
    let app = with_app("ephemeral = true", secret);
    app.replace("compression = false", "compression = true")
}

/// A server with this store, and an app with limits that no run meets.
pub(crate) fn with_app(store: &str, secret: &str) -> String {
    format!(
        r#"[server]
listen = "127.0.0.1:0"

[store]
{store}

[log]
filter = "warn"

[limits]
unauthenticated_per_address = 100000
unauthenticated = 100000

[[apps]]
id = "{APP}"
compression = false

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
