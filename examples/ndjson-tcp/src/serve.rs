//! Accepting, reading, and the end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use application::{Admission, Entry, Hub, Opening, Session, ports::Outbound};
use bytes::Bytes;
use domain::{CloseReason, Language, Peer};
use protocol_native::NativeCodec;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream, tcp::OwnedReadHalf};

use crate::{LineFraming, LineQueue};

/// Serves for as long as it is polled. Somebody has to poll `hub.run_timers()`, too.
pub async fn serve(listener: TcpListener, hub: Arc<Hub>) {
    let admission = Admission::new(Default::default());
    loop {
        let Ok((stream, from)) = listener.accept().await else {
            // Out of file descriptors, say: others will give some back.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let queue = Arc::new(LineQueue::default());
        // Who is over a limit is dropped before a byte is read.
        if let (Ok(seat), Ok(peer)) = (admission.admit(from.ip()), peer(&stream, from)) {
            let (outbound, language) = (Arc::clone(&queue) as Arc<dyn Outbound>, Language::English);
            let codec = Arc::new(NativeCodec::<LineFraming>::new(language));
            let opening = Opening {
                outbound,
                codec,
                peer,
                language,
                seat: Some(seat),
                entry: Entry::Token(None),
            };
            tokio::spawn(talk(stream, queue, hub.open(opening)));
        }
    }
}

fn peer(stream: &TcpStream, from: SocketAddr) -> io::Result<Peer> {
    let (address, server_port) = (from.ip(), stream.local_addr()?.port());
    Ok(Peer { address, host: None, origin: None, forwarded: false, server_port })
}

/// One connection's life.
async fn talk(stream: TcpStream, queue: Arc<LineQueue>, mut session: Session) {
    let (mut reading, mut writing) = stream.into_split();
    let (written, seen) = {
        let mut write = std::pin::pin!(queue.write_to(&mut writing));
        tokio::select! {
            written = &mut write => (written, CloseReason::PeerLost),
            seen = read(&mut reading, &queue, &mut session) => {
                // `printf ... | nc` is done sending, and still wants its answers.
                queue.close(Bytes::new(), seen);
                (write.await, seen)
            }
        }
    };
    let _parting = session.end(seen).await; // Until the socket is closed the connection counts.
    if written.is_err() {
        return drop(writing.as_ref().set_zero_linger());
    }
    // Closing with unread bytes would reset the connection, and the last line would be lost.
    let linger = async { (writing.shutdown().await, copy(&mut reading, &mut sink()).await) };
    drop(tokio::time::timeout(Duration::from_secs(2), linger).await);
}

/// Reads line by line, none longer than the session allows at that time.
async fn read(socket: &mut OwnedReadHalf, queue: &LineQueue, session: &mut Session) -> CloseReason {
    let (mut line, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        queue.room().await;
        let nudges = queue.nudges(); // Before looking, so that none is missed.
        session.carry_out_orders().await;
        let count = tokio::select! {
            () = session.progress() => continue,
            () = queue.nudged_since(nudges) => continue,
            read = socket.read(&mut chunk) => match read {
                Ok(0) => return CloseReason::ClientLeft,
                Ok(count) => count,
                Err(_) => return CloseReason::PeerLost,
            },
        };
        session.heard();
        for piece in chunk[..count].split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(piece);
            if line.len() > session.frame_limit() + "\r\n".len() {
                session.violate(CloseReason::FrameTooLarge);
                return CloseReason::PeerLost;
            }
            if line.ends_with(b"\n") {
                match line.trim_ascii() {
                    b"" => session.spend_overhead(1),
                    text => session.receive(text).await,
                }
                line.clear();
            }
        }
    }
}
