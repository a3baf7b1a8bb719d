//! The socket.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{Sink, Stream};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{self, Message, http::HeaderMap, protocol::WebSocketConfig},
};

use crate::Options;

/// So long the goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// The most bytes of a frame of the server.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Why a connection was not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenFailure {
    /// The network, or TLS.
    Network(String),
    /// The server answered the upgrade with an HTTP error.
    Refused {
        /// The HTTP status.
        status: u16,
        /// When to come back, where the answer said so.
        retry_after: Option<Duration>,
    },
    /// The address is none.
    BadAddress(String),
}

/// What comes of a socket.
pub(crate) enum Heard {
    Text(String),
    Alive,
    Closed(Option<u16>),
}

/// An open socket and what waits to be written. The queue needs no bound of its own: the machine
/// has a bounded number of requests without an answer.
pub(crate) struct Wire {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    queue: VecDeque<String>,
}

impl Wire {
    /// Connects and upgrades.
    pub(crate) async fn open(options: Options) -> Result<Self, OpenFailure> {
        if !["ws://", "wss://"].iter().any(|scheme| options.url.starts_with(scheme)) {
            return Err(OpenFailure::BadAddress("it must begin with ws:// or wss://".into()));
        }
        let tls = options.tls.clone().map(Connector::Rustls);
        // A replay comes in one frame.
        let config = WebSocketConfig::default()
            .max_message_size(Some(MOST_BYTES))
            .max_frame_size(Some(MOST_BYTES));
        let opening = connect_async_tls_with_config(options.address(), Some(config), true, tls);
        match opening.await {
            Ok((socket, _)) => Ok(Self { socket, queue: VecDeque::new() }),
            Err(tungstenite::Error::Http(answer)) => Err(OpenFailure::Refused {
                status: answer.status().as_u16(),
                retry_after: retry_after(answer.headers()),
            }),
            Err(tungstenite::Error::Url(error)) => Err(OpenFailure::BadAddress(error.to_string())),
            Err(tungstenite::Error::HttpFormat(error)) => {
                Err(OpenFailure::BadAddress(error.to_string()))
            }
            Err(error) => Err(OpenFailure::Network(error.to_string())),
        }
    }

    pub(crate) fn send(&mut self, text: String) {
        self.queue.push_back(text);
    }

    /// Writes what can be written and waits for what comes. Reading never waits for writing: a server
    /// that does not read may first want to be read.
    pub(crate) fn poll_heard(&mut self, cx: &mut Context<'_>) -> Poll<Heard> {
        if self.poll_write(cx).is_err() {
            return Poll::Ready(Heard::Closed(None));
        }
        let frame = match Pin::new(&mut self.socket).poll_next(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(frame) => frame,
        };
        Poll::Ready(match frame {
            Some(Ok(Message::Text(text))) => Heard::Text(text.as_str().to_owned()),
            Some(Ok(Message::Close(frame))) => Heard::Closed(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => Heard::Alive,
            Some(Err(_)) | None => Heard::Closed(None),
        })
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), tungstenite::Error> {
        let mut socket = Pin::new(&mut self.socket);
        while !self.queue.is_empty() {
            match socket.as_mut().poll_ready(cx) {
                Poll::Pending => break,
                Poll::Ready(ready) => ready?,
            }
            if let Some(text) = self.queue.pop_front() {
                socket.as_mut().start_send(Message::text(text))?;
            }
        }
        match socket.as_mut().poll_flush(cx) {
            Poll::Ready(flushed) => flushed,
            Poll::Pending => Ok(()),
        }
    }

    /// Says goodbye; what is queued is not written any more.
    pub(crate) async fn close(mut self) {
        // Whoever does not answer in time is left without an answer.
        drop(tokio::time::timeout(GOODBYE, self.socket.close(None)).await);
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
