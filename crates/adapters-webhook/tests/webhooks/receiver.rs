//! A receiver on a real socket, that behaves as the path says.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{FactKinds, Webhook, WebhookBatch, WebhookFormat, WebhookName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Came {
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }
}

/// `/200` and the like answer so; `/hang` never does, `/endless` never ends its answer.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    came: Arc<Mutex<Vec<Came>>>,
    news: Arc<Notify>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (came, news) = (Arc::<Mutex<Vec<Came>>>::default(), Arc::new(Notify::new()));
        let (kept, told) = (Arc::clone(&came), Arc::clone(&news));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (kept, told) = (Arc::clone(&kept), Arc::clone(&told));
                tokio::spawn(async move { serve(socket, &kept, &told).await });
            }
        });
        Self { address, came, news }
    }

    /// The requests since the last call.
    pub(crate) fn take(&self) -> Vec<Came> {
        std::mem::take(&mut *self.came.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for so many requests and takes them.
    pub(crate) async fn wait(&self, count: usize) -> Vec<Came> {
        let mut all = Vec::new();
        let wait = async {
            loop {
                let news = self.news.notified();
                all.extend(self.take());
                if all.len() >= count {
                    return;
                }
                news.await;
            }
        };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), wait).await;
        assert!(waited.is_ok(), "{count} requests were to come: {all:?}");
        all
    }

    /// An endpoint there, in the server's own words.
    pub(crate) fn endpoint(&self, name: &str, path: &str) -> Webhook {
        endpoint(name, &format!("http://{}/{path}", self.address))
    }
}

pub(crate) fn endpoint(name: &str, url: &str) -> Webhook {
    Webhook {
        name: WebhookName::parse(name).unwrap(),
        url: url.into(),
        events: FactKinds::all(),
        channels: Vec::new(),
        headers: Vec::new(),
        format: WebhookFormat::Rtmate,
        secrets: vec!["a secret that only both of us know".into()],
        batch: WebhookBatch { size: 10, delay: std::time::Duration::from_millis(10) },
        allow_private_addresses: true,
    }
}

async fn serve(mut socket: TcpStream, kept: &Mutex<Vec<Came>>, news: &Notify) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let came = read(&mut socket, &mut buffer).await?;
        let path = came.path.clone();
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(came);
        news.notify_waiters();
        news.notify_one();
        answer(&mut socket, &path).await?;
    }
}

async fn answer(socket: &mut TcpStream, path: &str) -> Option<()> {
    let (status, more) = match path.trim_start_matches('/') {
        "hang" => std::future::pending().await,
        "endless" => {
            socket.write_all(b"HTTP/1.1 200 OK\r\nconnection: keep-alive\r\n\r\n").await.ok()?;
            loop {
                socket.write_all(&[b'x'; 8192]).await.ok()?;
            }
        }
        "elsewhere" => ("302".to_owned(), "location: /200\r\n"),
        "later" => ("503".to_owned(), "retry-after: 7\r\n"),
        status => (status.to_owned(), ""),
    };
    let body = if status == "204" { "" } else { "content-length: 2\r\n" };
    let end = if status == "204" { "" } else { "ok" };
    let text = format!("HTTP/1.1 {status} X\r\n{more}{body}\r\n{end}");
    socket.write_all(text.as_bytes()).await.ok()
}

async fn read(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Came> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = buffer.drain(..end + 4).collect::<Vec<_>>();
            break String::from_utf8(head).ok()?;
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let pair = |line: &str| {
        line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()))
    };
    let headers: HashMap<_, _> = lines.filter_map(pair).collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    while buffer.len() < length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(buffer.drain(..length).collect()).ok()?;
    Some(Came { path, headers, body })
}
