//! A server's certificate, made for the test, and who trusts it and nothing else.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore, SupportedProtocolVersion, crypto::aws_lc_rs,
        pki_types::ServerName,
    },
};

use crate::{
    scratch::Scratch,
    server::{Server, Start},
    soon,
};

/// The certificate of `localhost` and 127.0.0.1, with its key.
pub(crate) struct Certificate {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        Self { certificate, key }
    }

    pub(crate) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// Writes `cert.pem` and `key.pem`, and adds what else the `rtmate.toml` says.
    pub(crate) fn given_to(&self, start: Start, toml: &str) -> Start {
        self.put_into(start.folder());
        start.toml(&format!("[server.tls]\ncert = \"cert.pem\"\nkey = \"key.pem\"\n{toml}"))
    }

    /// Writes `cert.pem` and `key.pem`.
    pub(crate) fn put_into(&self, folder: &Scratch) {
        folder.write("cert.pem", &self.certificate.pem());
        folder.write("key.pem", &self.key_pem());
    }

    /// For a client that trusts this certificate and nothing else.
    pub(crate) fn trusted(&self) -> Arc<ClientConfig> {
        Arc::new(self.client_config(&tokio_rustls::rustls::version::TLS13))
    }

    fn client_config(&self, version: &'static SupportedProtocolVersion) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// Connects with this version of TLS.
    pub(crate) async fn connect_with(
        &self,
        socket: TcpSocket,
        server: &Server,
        version: &'static SupportedProtocolVersion,
    ) -> TlsStream<TcpStream> {
        let mut config = self.client_config(version);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = soon("connecting", socket.connect(server.address)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        soon("the TLS handshake", connector.connect(name, stream)).await.unwrap()
    }

    pub(crate) async fn connect(&self, server: &Server) -> TlsStream<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        self.connect_with(socket, server, &tokio_rustls::rustls::version::TLS13).await
    }

    /// With as small a receive buffer as there is, so that not reading soon has an effect.
    pub(crate) async fn connect_narrow(&self, server: &Server) -> TlsStream<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        self.connect_with(socket, server, &tokio_rustls::rustls::version::TLS13).await
    }
}
