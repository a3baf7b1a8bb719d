//! A client that sends whatever bytes it likes.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream, tcp::ReadHalf},
};

use crate::{client::Goodbye, http::UPGRADE, server::Server, soon};

/// Bytes that are sent at a time.
const PIECE: usize = 16 * 1024;

/// A connection without manners.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
}

/// Reads to the end, however it comes.
pub(crate) async fn read_all(mut reading: ReadHalf<'_>, received: &mut Vec<u8>) {
    drop(reading.read_to_end(received).await);
}

/// A frame of the server.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) opcode: u8,
    /// RSV1.
    pub(crate) compressed: bool,
    pub(crate) payload: Vec<u8>,
}

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;

impl Raw {
    /// Connects; no byte is sent yet.
    pub(crate) async fn connect(server: &Server) -> Self {
        Self::over(TcpSocket::new_v4().unwrap(), server).await
    }

    /// With as small a receive buffer as there is, so that not reading soon has an effect.
    pub(crate) async fn connect_narrow(server: &Server) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self::over(socket, server).await
    }

    async fn over(socket: TcpSocket, server: &Server) -> Self {
        let stream = soon("connecting", socket.connect(server.address)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    /// A WebSocket.
    pub(crate) async fn open(server: &Server) -> Self {
        Self::connect(server).await.upgrade(server).await
    }

    pub(crate) async fn upgrade(mut self, server: &Server) -> Self {
        let head = self.ask_to_upgrade(server, &UPGRADE).await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        self
    }

    /// The head of the answer to a request for `/ws` with these headers.
    pub(crate) async fn ask_to_upgrade(
        &mut self,
        server: &Server,
        headers: &[(&str, &str)],
    ) -> String {
        self.ask_for(server, "/ws", headers).await
    }

    /// The same for any target.
    pub(crate) async fn ask_for(
        &mut self,
        server: &Server,
        target: &str,
        headers: &[(&str, &str)],
    ) -> String {
        let mut head = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n", server.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.write(format!("{head}\r\n").as_bytes()).await;
        self.head().await
    }

    /// Authenticated.
    pub(crate) async fn enter(mut self, app: &str, token: &str) -> Self {
        let auth = serde_json::json!({"event": "auth", "payload": {"appId": app, "token": token}});
        self.send(&auth.to_string()).await;
        let reply = self.json().await;
        assert_eq!(reply["code"], 200, "{reply}");
        self
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        soon("writing", self.stream.write_all(bytes)).await.unwrap();
    }

    /// Whether the bytes could still be handed over.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> bool {
        soon("writing", self.stream.write_all(bytes)).await.is_ok()
    }

    /// A text in one frame.
    pub(crate) async fn send(&mut self, text: &str) {
        self.write(&frame(0x80 | TEXT, text.as_bytes())).await;
    }

    /// Up to the empty line of an HTTP answer.
    pub(crate) async fn head(&mut self) -> String {
        let head = self.try_head().await;
        head.unwrap_or_else(|| panic!("the connection ended within the head"))
    }

    /// The same; nothing where the connection ends before.
    pub(crate) async fn try_head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.read.drain(..end + 4).collect();
                return Some(String::from_utf8(head).unwrap());
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next so many bytes.
    pub(crate) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.read.len() < count {
            assert!(self.more().await, "the connection ended before {count} bytes had come");
        }
        self.read.drain(..count).collect()
    }

    /// Reads on; false at the end, however it came.
    async fn more(&mut self) -> bool {
        let mut buffer = vec![0; 64 * 1024];
        match soon("bytes", self.stream.read(&mut buffer)).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.read.extend_from_slice(&buffer[..count]);
                true
            }
        }
    }

    /// The next frame; nothing at the end.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, used)) = parse(&self.read) {
                self.read.drain(..used);
                return Some(frame);
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next frame but for pings, which is JSON.
    pub(crate) async fn json(&mut self) -> Value {
        let mut frame = self.frame().await.unwrap();
        while frame.opcode == PING {
            frame = self.frame().await.unwrap();
        }
        assert_eq!(frame.opcode, TEXT, "{frame:?}");
        serde_json::from_slice(&frame.payload).unwrap()
    }

    /// Waits for the end, and tells how the server said goodbye.
    pub(crate) async fn goodbye(&mut self) -> Goodbye {
        let (mut before, mut code) = (Vec::new(), None);
        while let Some(Frame { opcode, payload, .. }) = self.frame().await {
            match opcode {
                TEXT => before.push(serde_json::from_slice::<Value>(&payload).unwrap()),
                CLOSE => code = payload.first_chunk().map(|code| u16::from_be_bytes(*code)),
                _ => {}
            }
        }
        let last = before.pop_if(|frame| frame["event"] == "disconnect");
        Goodbye { disconnect: last.map(|mut push| push["payload"].take()), code, before }
    }

    /// The goodbye's code; nothing where the connection ended without one.
    pub(crate) async fn goodbye_or_reset(&mut self) -> Option<u16> {
        self.goodbye().await.code
    }

    /// Goes on sending so many bytes of a frame until the server's goodbye has come.
    pub(crate) async fn goodbye_while_sending(&mut self, bytes: usize) -> Goodbye {
        let pieces = bytes.div_ceil(PIECE);
        self.goodbye_while(&[b'x'; PIECE], pieces, Duration::ZERO).await
    }

    /// Goes on asking until the server's goodbye has come, and is in the middle of it.
    pub(crate) async fn goodbye_while_talking(&mut self) -> Goodbye {
        let ping = frame(0x80 | TEXT, br#"{"event":"ping"}"#);
        self.goodbye_while(&ping, usize::MAX, Duration::from_millis(20)).await
    }

    /// Goes on sending a piece, so many times, until the server's goodbye has come.
    pub(crate) async fn goodbye_while(
        &mut self,
        piece: &[u8],
        times: usize,
        pause: Duration,
    ) -> Goodbye {
        let (reading, mut writing) = self.stream.split();
        let sending = async {
            for _ in 0..times {
                // The server may stop listening at last, not before it has said why.
                if writing.write_all(piece).await.is_err() {
                    break;
                }
                tokio::time::sleep(pause).await;
            }
            std::future::pending().await
        };
        let mut received = Vec::new();
        tokio::select! {
            () = sending => {}
            () = soon("the goodbye", read_all(reading, &mut received)) => {}
        }
        self.read.append(&mut received);
        self.goodbye().await
    }

    /// Everything until the end, and when it came.
    pub(crate) async fn rest(&mut self) -> (Vec<u8>, Instant) {
        while self.more().await {}
        (std::mem::take(&mut self.read), Instant::now())
    }
}

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The header of a client's frame; `first` has FIN, RSV and the opcode.
pub(crate) fn header(first: u8, length: usize) -> Vec<u8> {
    let mut header = vec![first];
    match u16::try_from(length) {
        Ok(short @ 0..=125) => header.push(0x80 | u8::try_from(short).unwrap()),
        Ok(long) => {
            header.push(0x80 | 126);
            header.extend(long.to_be_bytes());
        }
        Err(_) => {
            header.push(0x80 | 127);
            header.extend(u64::try_from(length).unwrap().to_be_bytes());
        }
    }
    header.extend(MASK);
    header
}

/// A masked frame.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len());
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The first frame of what came, and its bytes; the server does not mask, nor cut.
fn parse(read: &[u8]) -> Option<(Frame, usize)> {
    let (&[first, second], rest) = read.split_first_chunk()?;
    assert!(second < 0x80, "the server masks");
    let (length, rest) = match second {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::try_from(u64::from_be_bytes(*length)).unwrap(), rest)
        }
        short => (usize::from(short), rest),
    };
    let payload = rest.get(..length)?.to_vec();
    let used = read.len() - rest.len() + length;
    let frame = Frame { opcode: first & 0x0f, compressed: first & 0x40 != 0, payload };
    Some((frame, used))
}
