//! The one kind of socket.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

use crate::TlsSocket;

/// An accepted socket: hyper reads and writes it as a stream; a transport that took it back after
/// an upgrade uses the calls that take `&self` and never wait.
#[derive(Debug)]
pub enum Io {
    /// Plain TCP.
    Tcp(TcpStream),
    /// TLS over TCP, after the handshake.
    Tls(Box<TlsSocket>),
    /// A Unix socket.
    Unix(UnixStream),
}

impl Io {
    /// Waits until something can be read (or the peer is gone). Safe to drop and call again.
    ///
    /// # Errors
    /// The socket is broken.
    pub async fn readable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.readable().await,
            Self::Tls(socket) => socket.readable().await,
            Self::Unix(stream) => stream.readable().await,
        }
    }

    /// [`Self::readable`] for one task that polls it: only the last one that did is woken.
    ///
    /// # Errors
    /// The socket is broken.
    pub fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(context),
            Self::Tls(socket) => socket.poll_readable(context),
            Self::Unix(stream) => stream.poll_read_ready(context),
        }
    }

    /// Waits until something can be written. Safe to drop and call again.
    ///
    /// # Errors
    /// The socket is broken.
    pub async fn writable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.writable().await,
            Self::Tls(socket) => socket.writable().await,
            Self::Unix(stream) => stream.writable().await,
        }
    }

    /// Reads what is there; 0 bytes are the peer's end.
    ///
    /// # Errors
    /// `WouldBlock` where nothing is there, else the socket is broken.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_read(buffer),
            Self::Tls(socket) => socket.try_read(buffer),
            Self::Unix(stream) => stream.try_read(buffer),
        }
    }

    /// Writes what the socket takes. With TLS a part of that may still wait to be sent: see
    /// [`Self::try_flush`].
    ///
    /// # Errors
    /// `WouldBlock` where it takes nothing now, else the socket is broken.
    pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write_vectored(buffers),
            Self::Tls(socket) => socket.try_write_vectored(buffers),
            Self::Unix(stream) => stream.try_write_vectored(buffers),
        }
    }

    /// As [`Self::try_write_vectored`], of one piece.
    ///
    /// # Errors
    /// `WouldBlock` where it takes nothing now, else the socket is broken.
    pub fn try_write(&self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write(buffer),
            Self::Tls(socket) => socket.try_write_vectored(&[IoSlice::new(buffer)]),
            Self::Unix(stream) => stream.try_write(buffer),
        }
    }

    /// Hands the system what was written and still waits on this side. Only TLS has such: what a
    /// write took is not on its way before this is `Ok`.
    ///
    /// # Errors
    /// `WouldBlock` where something still waits (call again when [`Self::writable`]), else the
    /// socket is broken.
    pub fn try_flush(&self) -> io::Result<()> {
        match self {
            Self::Tcp(_) | Self::Unix(_) => Ok(()),
            Self::Tls(socket) => socket.try_flush(),
        }
    }

    /// Says that nothing more will be written; reading goes on. What [`Self::try_flush`] did not
    /// hand over is lost.
    ///
    /// # Errors
    /// The socket is broken.
    pub fn shutdown_write(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => SockRef::from(stream).shutdown(std::net::Shutdown::Write),
            Self::Tls(socket) => socket.shutdown_write(),
            Self::Unix(stream) => SockRef::from(stream).shutdown(std::net::Shutdown::Write),
        }
    }

    /// Makes the coming drop a reset: nothing that waits in the kernel is still sent.
    pub fn reset_on_drop(&self) {
        match self {
            // A socket that refuses the option is closed the usual way, which is as good.
            Self::Tcp(stream) => drop(stream.set_zero_linger()),
            Self::Tls(socket) => socket.reset_on_drop(),
            // Nothing waits in a kernel between two programs of one machine.
            Self::Unix(_) => {}
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(socket) => socket.poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(socket) => socket.poll_write(context, &[IoSlice::new(bytes)]),
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(socket) => socket.poll_flush(context),
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(socket) => socket.poll_shutdown(context),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
            Self::Tls(socket) => socket.poll_write(context, buffers),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(context, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Tls(_) => true,
            Self::Unix(stream) => stream.is_write_vectored(),
        }
    }
}
