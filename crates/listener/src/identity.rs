//! Who the server is, for TLS.

use std::{fmt, sync::Arc};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
        version::{TLS12, TLS13},
    },
};

/// A chain of certificates and the private key of its first one, ready for handshakes: TLS 1.2
/// and 1.3, `http/1.1`, no certificates of clients.
#[derive(Clone)]
pub struct Identity(Arc<ServerConfig>);

/// Why texts make no [`Identity`]. None of them is quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The certificates can't be used.
    #[error("{0}")]
    Certificate(Box<str>),
    /// The private key can't be used.
    #[error("{0}")]
    Key(Box<str>),
}

impl Identity {
    /// Reads two PEM texts: the chain, the server's own certificate first, and the private key
    /// (PKCS #8, PKCS #1 or SEC 1, not encrypted).
    ///
    /// # Errors
    /// One of the texts can't be used, or the key is not that of the first certificate.
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, IdentityError> {
        let chain = certificates(chain)?;
        let key = private_key(key)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| IdentityError::Key(error.to_string().into()))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(refused)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Tickets hold what a session takes up again: no memory here, and a crowd that returns
        // costs no signatures. Without randomness every handshake is a full one.
        if let Ok(ticketer) = aws_lc_rs::Ticketer::new() {
            config.ticketer = ticketer;
        }
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0))
    }
}

fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let refuse = |words: &str| IdentityError::Certificate(words.into());
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let chain = chain.map_err(|_| refuse("is broken PEM"))?;
    if chain.is_empty() {
        return Err(refuse("holds no certificate (-----BEGIN CERTIFICATE-----)"));
    }
    Ok(chain)
}

fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, IdentityError> {
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| {
        let words = if matches!(error, pem::Error::NoItemsFound) {
            "holds no private key that is not encrypted (-----BEGIN PRIVATE KEY-----)"
        } else {
            "is broken PEM"
        };
        IdentityError::Key(words.into())
    })
}

/// The builder looks at the key first, then whether the two belong together.
fn refused(error: rustls::Error) -> IdentityError {
    if matches!(error, rustls::Error::InconsistentKeys(_)) {
        return IdentityError::Key("is not the key of the certificate".into());
    }
    if matches!(error, rustls::Error::InvalidCertificate(_)) {
        let words = "holds a first certificate that is not understood";
        return IdentityError::Certificate(words.into());
    }
    IdentityError::Key("holds a kind of key that is not supported".into())
}

impl PartialEq for Identity {
    /// Whether both are the same value, not merely alike.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Identity {}

impl fmt::Debug for Identity {
    /// Never the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
