//! Accepting connections.

use std::{
    io,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use application::{Admission, NotAdmitted};
use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::watch;
use tower_service::Service;
use tracing::warn;

use crate::{Address, Arrival, Identity, Io, TlsSocket, TrustedProxies, socket::Socket};

/// What the listener holds every connection to, before it is a WebSocket.
#[derive(Debug, Clone, Copy)]
pub struct ListenerOptions {
    /// For a TLS handshake, and for a request's head, from its beginning or from the last answer.
    pub header_timeout: Duration,
    /// For a whole connection that is never upgraded.
    pub http_lifetime: Duration,
}

impl Default for ListenerOptions {
    fn default() -> Self {
        Self { header_timeout: Duration::from_secs(10), http_lifetime: Duration::from_secs(300) }
    }
}

/// A bound socket that serves HTTP/1.1 and hands upgrades on.
pub struct Listener {
    socket: Socket,
    address: Address,
    admission: Arc<Admission>,
    options: ListenerOptions,
    /// With it everything is TLS.
    identity: Option<watch::Receiver<Identity>>,
    proxies: Arc<TrustedProxies>,
}

/// The most bytes of a request's head.
const HEAD_BYTES: usize = 16 * 1024;
/// How long to wait after the system refused to accept (no file descriptors left, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long the last answer of a connection may take to be written when the server stops.
const LAST_WRITE: Duration = Duration::from_secs(1);
/// The answer to a connection over a limit: written without waiting, not part of any service.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\n\
    content-type: application/json\r\ncontent-length: 52\r\nconnection: close\r\n\r\n\
    {\"code\":503,\"message\":\"over capacity\",\"data\":null}\r\n";
/// The same where it is part of a conversation.
const FULL_BODY: &str = "{\"code\":503,\"message\":\"over capacity\",\"data\":null}\r\n";

impl Listener {
    /// Binds the address; port 0 takes a free one.
    ///
    /// # Errors
    /// The system's; `AddrInUse` where somebody has the port or answers at the Unix socket.
    pub async fn bind(
        address: Address,
        admission: Arc<Admission>,
        options: ListenerOptions,
    ) -> io::Result<Self> {
        let (socket, address) = Socket::bind(address).await?;
        let proxies = Arc::default();
        Ok(Self { socket, address, admission, options, identity: None, proxies })
    }

    /// Takes TLS connections, and nothing else: each is shown the identity of the moment. A Unix
    /// socket has no TLS, its connections are dropped then.
    #[must_use]
    pub fn with_tls(self, identity: watch::Receiver<Identity>) -> Self {
        Self { identity: Some(identity), ..self }
    }

    /// Believes these proxies for whom they speak.
    #[must_use]
    pub fn trusting(self, proxies: Arc<TrustedProxies>) -> Self {
        Self { proxies, ..self }
    }

    /// The address that was bound.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// Serves until `stop` becomes true: then no more is accepted, and what is being answered is
    /// answered to its end. Upgraded connections are no longer the listener's.
    pub async fn serve(self, service: Router, stop: watch::Receiver<bool>) {
        let mut stopping = stop.clone();
        loop {
            tokio::select! {
                () = asked_to(&mut stopping) => return,
                accepted = self.socket.accept() => match accepted {
                    Ok((io, address)) => self.admit(io, address, &service, &stop),
                    Err(error) => pause_after(&error).await,
                },
            }
        }
    }

    fn admit(&self, io: Io, address: IpAddr, service: &Router, stop: &watch::Receiver<bool>) {
        let trusted = self.proxies.trusts(address);
        let admitted =
            if trusted { self.admission.admit_proxy() } else { self.admission.admit(address) };
        let seat = match admitted {
            Ok(seat) => seat,
            Err(error) => return turn_away(&io, error, self.identity.is_some()),
        };
        let arrival = Arrival::new(address, self.address.port().unwrap_or(0), seat);
        let arrival = if trusted { arrival.of_proxy(Arc::clone(&self.proxies)) } else { arrival };
        let (service, mut stop, options) = (service.clone(), stop.clone(), self.options);
        let identity = self.identity.as_ref().map(|identity| identity.borrow().clone());
        tokio::spawn(async move {
            if let Io::Tcp(stream) = &io {
                // Small frames must not wait for their successors. A socket without the option
                // still works.
                drop(stream.set_nodelay(true));
            }
            let io = match identity {
                None => io,
                Some(identity) => {
                    let shaken = tokio::select! {
                        () = asked_to(&mut stop) => return,
                        shaken = shake_hands(&identity, io, options) => shaken,
                    };
                    let Some(io) = shaken else { return };
                    io
                }
            };
            serve_one(io, arrival, service, options, stop).await;
        });
    }
}

/// Resolves when we shall stop; also where nobody is left who could say so.
async fn asked_to(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

fn turn_away(io: &Io, error: NotAdmitted, tls: bool) {
    tracing::debug!(target: "rtmate", reason = %error, "connection not admitted");
    if tls {
        // An answer would cost a handshake.
        return;
    }
    // What the socket's buffer does not take at once is not worth waiting for.
    drop(io.try_write(FULL));
}

async fn pause_after(error: &io::Error) {
    let gone_again = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    );
    if !gone_again {
        warn!(target: "rtmate", %error, "can't accept connections; trying again");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

/// The TLS session of a peer that makes one in time. One that speaks plain HTTP, breaks off or
/// agrees to nothing is just dropped.
async fn shake_hands(identity: &Identity, io: Io, options: ListenerOptions) -> Option<Io> {
    let Io::Tcp(stream) = io else { return None };
    let shaken = TlsSocket::accept(identity, stream);
    let error = match tokio::time::timeout(options.header_timeout, shaken).await {
        Ok(Ok(socket)) => return Some(Io::Tls(Box::new(socket))),
        Ok(Err(error)) => error,
        Err(_) => io::ErrorKind::TimedOut.into(),
    };
    tracing::debug!(target: "rtmate", %error, "no TLS session");
    None
}

/// One connection until it ends, is upgraded, or has lived its time; asked to stop, it answers
/// what it is answering and goes.
async fn serve_one(
    io: Io,
    arrival: Arrival,
    service: Router,
    options: ListenerOptions,
    mut stop: watch::Receiver<bool>,
) {
    let busy = Arc::new(AtomicBool::new(false));
    let answering = Arc::clone(&busy);
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer(service.clone(), arrival.clone(), request);
        let answering = Arc::clone(&answering);
        async move {
            answering.store(true, Ordering::SeqCst);
            let answer = answer.await;
            answering.store(false, Ordering::SeqCst);
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut lifetime = pin!(tokio::time::sleep(options.http_lifetime));
    tokio::select! {
        // A peer that breaks off or breaks the rules of HTTP is nothing to report.
        _ = connection.as_mut() => return,
        () = asked_to(&mut stop) => connection.as_mut().graceful_shutdown(),
        () = lifetime.as_mut() => connection.as_mut().graceful_shutdown(),
    }
    // A request that is being answered gets a head's time to end; one whose head has not come yet,
    // or an answer that is being written, a moment.
    let patience = if busy.load(Ordering::SeqCst) { options.header_timeout } else { LAST_WRITE };
    drop(tokio::time::timeout(patience, connection).await);
}

/// Answers one request, for whomever it comes.
async fn answer(
    mut service: Router,
    connection: Arrival,
    mut request: Request<Incoming>,
) -> Response {
    let arrival = match connection.with_request(request.headers()) {
        Ok(arrival) => arrival,
        Err(error) => {
            tracing::debug!(target: "rtmate", reason = %error, "connection not admitted");
            let headers = [(header::RETRY_AFTER, "5"), (header::CONTENT_TYPE, "application/json")];
            return (StatusCode::SERVICE_UNAVAILABLE, headers, FULL_BODY).into_response();
        }
    };
    request.extensions_mut().insert(arrival);
    let answer = service.call(request).await.into_response();
    // An upgraded connection stays with whom it is for, and takes the seat along.
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        connection.answered();
    }
    answer
}
