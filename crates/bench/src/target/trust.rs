//! Whom the connections of a run believe, where they speak TLS.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    client::Resumption,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
    version::TLS13,
};

use crate::{fault::Fault, link::Tls};

/// The certificates that a run believes, and the name that the server must have.
///
/// TLS 1.3, and every handshake is a full one: no crowd comes back.
#[derive(Debug, Clone)]
pub struct Trust {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Trust {
    /// Believes what the certificates of a PEM file signed, and themselves, and nothing else.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`] for a file that can't be read, [`Fault::Usage`] for one that holds no
    /// certificate and for a host that no certificate can name.
    pub fn of_file(file: &Path, host: &str) -> Result<Self, Fault> {
        let text = fs::read(file).map_err(Fault::io("reading the file of --ca"))?;
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|error| Fault::Usage(format!("{host}: {error}")))?;
        let unusable = |why: String| Fault::Usage(format!("{}: {why}", file.display()));
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unusable("holds no certificate".into()));
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), name })
    }

    /// The session of a new connection.
    pub(crate) fn session(&self) -> Result<Tls, Fault> {
        Ok(Tls::new(ClientConnection::new(Arc::clone(&self.config), self.name.clone())?))
    }
}
