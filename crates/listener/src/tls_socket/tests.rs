//! Over loopback, with a client that is not ours.

mod forger;

use std::{future::poll_fn, pin::Pin, sync::Arc};

use forger::{Forger, Secret};
use rcgen::{CertificateParams, KeyPair};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName},
};

use super::*;
use crate::Io;

/// More than the buffers of the system hold.
const LARGE: usize = 16 * 1024 * 1024;

/// Both ends of a session; the client's receive buffer is as small as can be.
async fn pair() -> (Io, TlsStream<TcpStream>) {
    pair_with(|_| ()).await
}

/// The same with another client.
async fn pair_with(change: impl FnOnce(&mut ClientConfig)) -> (Io, TlsStream<TcpStream>) {
    let key = KeyPair::generate().unwrap();
    let names = ["localhost".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let identity = Identity::from_pem(&certificate.pem(), &key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    change(&mut config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(listener.local_addr().unwrap()).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("localhost").unwrap();
    let (server, client) =
        tokio::join!(TlsSocket::accept(&identity, accepted), connector.connect(name, stream));
    (Io::Tls(Box::new(server.unwrap())), client.unwrap())
}

/// No two places look alike.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| u8::try_from((at * 31 + at / 251) % 256).unwrap()).collect()
}

/// As a transport writes: what is accepted, in pieces of odd sizes, until all is flushed.
async fn write(io: &Io, bytes: &[u8]) {
    let mut left = bytes;
    while !left.is_empty() {
        let (first, rest) = left.split_at(left.len().min(7));
        let second = &rest[..rest.len().min(100_000)];
        match io.try_write_vectored(&[IoSlice::new(first), IoSlice::new(second)]) {
            Ok(count) => left = &left[count..],
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                io.writable().await.unwrap();
            }
        }
    }
    while let Err(error) = io.try_flush() {
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        io.writable().await.unwrap();
    }
}

/// As a transport reads, to the end.
async fn read(io: &Io) -> Vec<u8> {
    let (mut all, mut buffer) = (Vec::new(), vec![0; 8 * 1024]);
    loop {
        io.readable().await.unwrap();
        match io.try_read(&mut buffer) {
            Ok(0) => return all,
            Ok(count) => all.extend_from_slice(&buffer[..count]),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
        }
    }
}

/// What comes next.
async fn next(io: &Io) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; 64];
    loop {
        io.readable().await?;
        match io.try_read(&mut buffer) {
            Ok(count) => return Ok(buffer[..count].to_vec()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

#[tokio::test]
async fn large_transfers_both_ways_are_exact() {
    let (io, client) = pair().await;
    let (down, up) = (bytes(LARGE), bytes(LARGE / 2));
    let (mut reading, mut writing) = tokio::io::split(client);
    let serving = async {
        let writing = async {
            write(&io, &down).await;
            io.shutdown_write().unwrap();
        };
        tokio::join!(writing, read(&io)).1
    };
    let receiving = async {
        let (mut all, mut piece) = (Vec::new(), vec![0; 3_000]);
        loop {
            match reading.read(&mut piece).await.unwrap() {
                0 => return all,
                count => all.extend_from_slice(&piece[..count]),
            }
            tokio::task::yield_now().await;
        }
    };
    let sending = async {
        writing.write_all(&up).await.unwrap();
        writing.shutdown().await.unwrap();
    };
    let (came_up, came_down, ()) = tokio::join!(serving, receiving, sending);
    assert!(came_up == up && came_down == down);
}

#[tokio::test]
async fn what_waits_is_bounded_and_flushed() {
    let (io, mut client) = pair().await;
    let piece = bytes(1 << 20);
    let mut taken = 0;
    let refused = loop {
        match io.try_write_vectored(&[IoSlice::new(&piece[taken % piece.len()..])]) {
            Ok(count) => {
                assert!(count <= SEALED);
                taken += count;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
    assert_eq!(io.try_flush().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    let flushing = async {
        while io.try_flush().is_err() {
            io.writable().await.unwrap();
        }
        io.shutdown_write().unwrap();
    };
    let mut all = Vec::new();
    let ((), received) = tokio::join!(flushing, client.read_to_end(&mut all));
    assert_eq!(received.unwrap(), taken);
    assert!(all.chunks(piece.len()).all(|chunk| *chunk == piece[..chunk.len()]));
}

#[tokio::test]
async fn plaintext_in_the_session_is_readable_at_once() {
    let (io, mut client) = pair().await;
    client.write_all(b"hello").await.unwrap();
    // Byte by byte: the socket is empty after the first.
    for byte in b"hello" {
        io.readable().await.unwrap();
        let mut one = [0];
        let count = loop {
            match io.try_read(&mut one) {
                Ok(count) => break count,
                Err(_) => io.readable().await.unwrap(),
            }
        };
        assert_eq!((count, one[0]), (1, *byte));
    }
    assert_eq!(io.try_read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn each_side_may_end_first() {
    let (io, mut client) = pair().await;
    client.write_all(b"last words").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(read(&io).await, b"last words");
    // The end stays the end, and the other direction is open.
    assert_eq!(io.try_read(&mut [0; 8]).unwrap(), 0);
    write(&io, b"an answer").await;
    io.shutdown_write().unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"an answer");
}

#[tokio::test]
async fn an_end_that_nobody_said_is_an_error() {
    let (io, mut client) = pair().await;
    client.write_all(b"half").await.unwrap();
    let (mut stream, _) = client.into_inner();
    stream.shutdown().await.unwrap();
    assert_eq!(next(&io).await.unwrap(), b"half");
    assert_eq!(next(&io).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn garbage_is_an_error_not_a_wait() {
    let (io, client) = pair().await;
    let (mut stream, _) = client.into_inner();
    stream.write_all(&[b'x'; 64]).await.unwrap();
    assert_eq!(next(&io).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
}

/// Each of them is legal, and rustls alone would go on with them for ever.
#[tokio::test]
async fn records_without_content_end_the_session() {
    let secret = Arc::new(Secret::default());
    let (io, client) = pair_with(|config| config.key_log = Arc::clone(&secret) as _).await;
    let mut forger = Forger::with(&secret);
    let (mut stream, _) = client.into_inner();
    stream.write_all(&forger.content(b"hello")).await.unwrap();
    assert_eq!(next(&io).await.unwrap(), b"hello", "the forger knows its trade");
    let mut flood = Vec::new();
    for _ in 0..2000 {
        flood.extend(forger.key_update());
        flood.extend(forger.content(b""));
    }
    flood.extend(forger.content(b"the flood is over"));
    let flooding = tokio::spawn(async move { stream.write_all(&flood).await });
    assert_eq!(next(&io).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    drop(io);
    // Broken off or not: what came is what counts.
    drop(flooding.await);
}

#[tokio::test]
async fn a_stream_for_hyper_carries_the_same() {
    let (mut io, mut client) = pair().await;
    let sent = bytes(LARGE / 4);
    let serving = async {
        let mut heard = [0; 5];
        io.read_exact(&mut heard).await.unwrap();
        io.write_all(&sent).await.unwrap();
        io.flush().await.unwrap();
        io.shutdown().await.unwrap();
        heard
    };
    let asking = async {
        client.write_all(b"hello").await.unwrap();
        let mut all = Vec::new();
        client.read_to_end(&mut all).await.unwrap();
        all
    };
    let (heard, received) = tokio::join!(serving, asking);
    assert_eq!(&heard, b"hello");
    assert!(received == sent);
}

/// As from any socket: others get their turn before all of many small records is read.
#[tokio::test]
async fn a_stream_for_hyper_gives_way() {
    const RECORDS: usize = 1000;
    let (mut io, mut client) = pair().await;
    for _ in 0..RECORDS {
        client.write_all(b"x").await.unwrap();
        client.flush().await.unwrap();
    }
    let mut read = move |context: &mut Context<'_>| {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        Pin::new(&mut io).poll_read(context, &mut buffer).map_ok(|()| buffer.filled().len())
    };
    let (mut all, mut most) = (0, 0);
    while all < RECORDS {
        let in_a_row = poll_fn(|context| {
            let ready = |_: &usize| matches!(read(context), Poll::Ready(Ok(1)));
            Poll::Ready((0..RECORDS).take_while(ready).count())
        });
        let count = in_a_row.await;
        tokio::task::yield_now().await;
        (all, most) = (all + count, most.max(count));
    }
    assert!(most < RECORDS / 2, "{most} in a row");
}
