//! A server of key sets that does what a test tells it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What the server answers.
#[derive(Clone)]
pub(crate) enum Answer {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes after a while.
    Late(Duration, Vec<u8>),
    /// Nothing, and it keeps the connection.
    Silence,
    /// A head, and then a piece now and then without an end.
    Drip,
}

impl Answer {
    pub(crate) fn keys(keys: impl IntoIterator<Item = serde_json::Value>) -> Self {
        let keys: Vec<_> = keys.into_iter().collect();
        Self::body(&serde_json::json!({ "keys": keys }).to_string())
    }

    pub(crate) fn body(text: &str) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
        Self::Bytes(format!("{head}{text}").into_bytes())
    }

    /// A body whose length nobody says.
    pub(crate) fn endless(length: usize) -> Self {
        let mut bytes = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
        bytes.resize(bytes.len() + length, b' ');
        Self::Bytes(bytes)
    }

    pub(crate) fn status(line: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n").into_bytes())
    }

    pub(crate) fn late(self, by: Duration) -> Self {
        let Self::Bytes(bytes) = self else { panic!("only bytes can be late") };
        Self::Late(by, bytes)
    }
}

pub(crate) struct KeyServer {
    address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    hits: Arc<AtomicUsize>,
    serving: tokio::task::JoinHandle<()>,
}

impl KeyServer {
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(Mutex::new(answer));
        let hits = Arc::new(AtomicUsize::new(0));
        let (shared, counted) = (Arc::clone(&answer), Arc::clone(&hits));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let answer = shared.lock().unwrap().clone();
                tokio::spawn(serve(stream, answer));
            }
        });
        Self { address, answer, hits, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/jwks.json", self.address)
    }

    pub(crate) fn set(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// How many connections came.
    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: Answer) {
    let mut request = Vec::new();
    let mut piece = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 => request.extend_from_slice(&piece[..count]),
            _ => return,
        }
    }
    match answer {
        Answer::Bytes(bytes) => drop(stream.write_all(&bytes).await),
        Answer::Late(by, bytes) => {
            tokio::time::sleep(by).await;
            drop(stream.write_all(&bytes).await);
        }
        Answer::Silence => drop(stream.read(&mut piece).await),
        Answer::Drip => {
            let mut bytes: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n";
            while stream.write_all(bytes).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                bytes = b" ";
            }
        }
    }
    let _ = stream.shutdown().await;
}
