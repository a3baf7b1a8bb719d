//! A certificate that is renewed while the server runs.

use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use crate::{
    certificate::Certificate,
    client::Client,
    server::{Server, Start},
    soon,
    tokens::Token,
};

async fn enter(certificate: &Certificate, server: &Server, name: &str) -> Client {
    let stream = certificate.connect(server).await;
    let url = format!("wss://localhost:{}/ws", server.address.port());
    let (mut client, _) = Client::over(stream, &url, &[]).await;
    let reply = client.auth("demo-app", &Token::demo(name).sign()).await;
    assert_eq!(reply["code"], 200, "{reply}");
    client
}

/// Whether who trusts this certificate alone gets a session.
async fn is_shown(certificate: &Certificate, server: &Server) -> bool {
    let stream = soon("connecting", TcpStream::connect(server.address)).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(certificate.trusted());
    soon("the TLS handshake", connector.connect(name, stream)).await.is_ok()
}

fn count(server: &Server, line: &str) -> usize {
    server.log.text().lines().filter(|known| known.contains(line)).count()
}

const RENEWED: &str = "the certificate was read anew";
const FAILED: &str = "the certificate can't be renewed; the old one stays";

#[tokio::test]
async fn new_connections_get_the_new_certificate_and_old_ones_live_on() {
    let (first, second) = (Certificate::new(), Certificate::new());
    let server = first.given_to(Start::new(), "").serve().await;
    let mut alice = enter(&first, &server, "alice").await;
    alice.subscribe("chat").await;
    second.put_into(&server.folder);
    server.log.expect(RENEWED).await;
    assert!(is_shown(&second, &server).await);
    assert!(!is_shown(&first, &server).await);
    let mut bob = enter(&second, &server, "bob").await;
    bob.say("chat", "hi").await;
    assert_eq!(alice.hears().await, "hi");
}

#[tokio::test]
async fn a_broken_pair_keeps_the_old_one_and_is_told_once() {
    let (first, second) = (Certificate::new(), Certificate::new());
    let server = first.given_to(Start::new(), "").serve().await;
    // A key that is not the certificate's, and stays so for a while.
    server.folder.write("key.pem", &second.key_pem());
    let line = server.log.expect(FAILED).await;
    assert!(line.contains("ERROR") && line.contains("key.pem: is not the key of"), "{line}");
    assert!(is_shown(&first, &server).await && !is_shown(&second, &server).await);
    // No file at all is another state, told for itself; that it was looked at again shows that the
    // one before was not told twice.
    std::fs::remove_file(server.folder.path().join("cert.pem")).unwrap();
    server.log.expect("cert.pem: can't be read").await;
    assert_eq!(count(&server, "is not the key of"), 1);
    assert!(is_shown(&first, &server).await);
    second.put_into(&server.folder);
    server.log.expect(RENEWED).await;
    assert!(is_shown(&second, &server).await);
    assert_eq!((count(&server, FAILED), count(&server, RENEWED)), (2, 1));
}
