//! The generator over TLS, against a floor behind something that ends TLS.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use std::{
    fs,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use bench::{
    args::{ScenarioName, Size, Transport},
    compare::child::Child,
    dialect::Native,
    fault::Fault,
    figures::Figures,
    scenario::Scenario,
    target::Target,
};
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ServerConfig, ServerConnection,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};

/// A certificate for 127.0.0.1 that nobody else signed, with a file to trust it by.
struct Certificate {
    file: PathBuf,
    chain: CertificateDer<'static>,
    key: KeyPair,
}

impl Certificate {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pem"));
        fs::write(&file, certificate.pem()).unwrap();
        Self { file, chain: certificate.der().clone(), key }
    }

    fn server(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.chain.clone()], key);
        Arc::new(config.unwrap())
    }
}

/// Ends TLS in front of a plain server. Says where.
fn end_tls(config: Arc<ServerConfig>, plain: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://{}/ws", listener.local_addr().unwrap());
    thread::spawn(move || {
        for outer in listener.incoming() {
            let (outer, inner) = (outer.unwrap(), TcpStream::connect(&plain).unwrap());
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            thread::spawn(move || pass_on(session, outer, inner));
        }
    });
    url
}

/// Carries bytes both ways until one side is gone.
fn pass_on(mut session: ServerConnection, mut outer: TcpStream, mut inner: TcpStream) {
    // Reads that wait a moment by turns: slow, but with nothing to get wrong.
    for socket in [&outer, &inner] {
        socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        socket.set_nodelay(true).unwrap();
    }
    loop {
        let outwards = carry_in(&mut session, &mut outer, &mut inner);
        let inwards = outwards.and_then(|()| carry_out(&mut session, &mut outer, &mut inner));
        if inwards.is_err() {
            drop(outer.shutdown(Shutdown::Both));
            return;
        }
    }
}

fn carry_in(
    session: &mut ServerConnection,
    outer: &mut TcpStream,
    inner: &mut TcpStream,
) -> io::Result<()> {
    match session.read_tls(outer) {
        Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
        Err(error) if !is_timeout(&error) => return Err(error),
        Ok(_) | Err(_) => {}
    }
    let broken = session.process_new_packets().err();
    while session.wants_write() {
        session.write_tls(outer)?;
    }
    let mut opened = Vec::new();
    match session.reader().read_to_end(&mut opened) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
        Ok(_) | Err(_) => inner.write_all(&opened)?,
    }
    broken.map_or(Ok(()), |error| Err(io::Error::other(error)))
}

fn carry_out(
    session: &mut ServerConnection,
    outer: &mut TcpStream,
    inner: &mut TcpStream,
) -> io::Result<()> {
    let mut room = [0; 16 * 1024];
    match inner.read(&mut room) {
        Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(read) => session.writer().write_all(&room[..read])?,
        Err(error) if is_timeout(&error) => {}
        Err(error) => return Err(error),
    }
    while session.wants_write() {
        session.write_tls(outer)?;
    }
    Ok(())
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// A fan-out to a server that shows one certificate, by those who trust another, or the same.
fn run(shown: &Certificate, trusted: &Certificate, payload: usize) -> Result<Figures, Fault> {
    let floor = Child::floor(Path::new(env!("CARGO_BIN_EXE_rtmate-bench")), true).unwrap();
    let plain = floor.url().trim_start_matches("ws://").trim_end_matches("/ws").to_owned();
    let url = end_tls(shown.server(), plain);
    let native = Native { app: "bench".into(), token: "t".into() };
    let transport = Transport { ca: Some(trusted.file.clone()), ..Transport::default() };
    let target = Target::at(&url, native, &transport)?;
    let size = Size {
        subscribers: Some(5),
        in_flight: Some(4),
        messages: Some(60),
        payload: Some(payload),
        ..Size::default()
    };
    Scenario { name: ScenarioName::Fanout, size }.run(&target, None)
}

#[test]
fn nothing_is_lost_in_records_of_any_size() {
    let certificate = Certificate::new("sizes");
    // Several messages in a record, and messages over several records.
    for payload in [128, 40 * 1024] {
        let figures = run(&certificate, &certificate, payload).unwrap();
        for key in ["lost", "surplus", "disordered", "dropped_connections"] {
            assert_eq!(figures.get(key), Some(0.0), "{key} with {payload}");
        }
        assert!(figures.get("deliveries").unwrap() > 0.0);
        assert!(figures.get("wire_bytes_per_delivery").unwrap() > payload as f64);
    }
}

#[test]
fn a_server_that_is_not_trusted_ends_the_run() {
    let (shown, trusted) = (Certificate::new("shown"), Certificate::new("trusted"));
    let fault = run(&shown, &trusted, 128).map(drop).unwrap_err();
    assert!(matches!(fault, Fault::Tls(_)), "{fault}");
}
