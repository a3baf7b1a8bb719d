//! A TLS session and its socket, driven without waiting.

#[cfg(test)]
mod tests;

use std::{
    io::{self, IoSlice, Read, Write},
    net::Shutdown,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use socket2::SockRef;
use tokio::{
    io::{Interest, ReadBuf},
    net::TcpStream,
    task::coop,
};
use tokio_rustls::rustls::ServerConnection;

use crate::Identity;

/// A socket after its TLS handshake. Every call takes `&self` and none waits but those that say so.
///
/// What was accepted and sealed but not taken by the socket waits in the session: at most
/// 64 KiB, for nothing more is accepted while anything waits.
#[derive(Debug)]
pub struct TlsSocket {
    stream: TcpStream,
    /// Short: held over reads and writes that do not wait.
    session: Mutex<ServerConnection>,
    /// Bytes that came since the last plaintext. Changed under the session's lock only.
    barren: AtomicUsize,
}

/// The most bytes that one write takes: four records, one system call.
const SEALED: usize = 64 * 1024;
/// The most bytes that may come without plaintext in them: a record of the greatest length, and
/// much else. rustls counts empty records and changes of keys, but each of them begins the count of
/// the other anew: who sends both in turn would keep a read, and its worker, busy without an end.
const BARREN: usize = 32 * 1024;

impl TlsSocket {
    /// Shakes hands. Waits for the peer without a deadline: that is the caller's.
    ///
    /// # Errors
    /// The peer broke off, speaks no TLS, or nothing that both sides can.
    pub async fn accept(identity: &Identity, stream: TcpStream) -> io::Result<Self> {
        let (stream, mut session) = identity.acceptor().accept(stream).await?.into_inner();
        session.set_buffer_limit(Some(SEALED));
        Ok(Self { stream, session: Mutex::new(session), barren: AtomicUsize::new(0) })
    }

    fn session(&self) -> MutexGuard<'_, ServerConnection> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the socket what waits; `WouldBlock` where it does not take everything.
    fn flush(&self, session: &mut ServerConnection) -> io::Result<()> {
        while session.wants_write() {
            if session.write_tls(&mut Wire(&self.stream))? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    /// Waits until a read gives something; at once where the session holds plaintext, or the end.
    pub(crate) async fn readable(&self) -> io::Result<()> {
        if !self.session().wants_read() {
            return Ok(());
        }
        self.stream.readable().await
    }

    pub(crate) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.session().wants_read() {
            return Poll::Ready(Ok(()));
        }
        self.stream.poll_read_ready(context)
    }

    pub(crate) async fn writable(&self) -> io::Result<()> {
        self.stream.writable().await
    }

    /// As [`crate::Io::try_read`]; 0 bytes are the peer's `close_notify`. An end of the stream
    /// without one is an error: somebody on the way may have cut it.
    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let session = &mut *self.session();
        loop {
            match session.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                known => {
                    self.barren.store(0, Ordering::Relaxed);
                    return known;
                }
            }
            // 0 is the end of the stream, which the reader judges.
            let count = session.read_tls(&mut Wire(&self.stream))?;
            if self.barren.fetch_add(count, Ordering::Relaxed) > BARREN {
                let what = "records without content";
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            let processed = session.process_new_packets();
            // What the session itself has to say: an answer to a change of keys, or an alert. What
            // the socket does not take goes before the next write; if it is broken, that one says.
            drop(self.flush(session));
            processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
    }

    /// As [`crate::Io::try_write_vectored`]; what was taken may still wait in the session
    /// ([`Self::try_flush`]), and while anything does nothing is taken.
    pub(crate) fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let session = &mut *self.session();
        self.flush(session)?;
        let taken = session.writer().write_vectored(buffers)?;
        match self.flush(session) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            Ok(()) | Err(_) => Ok(taken),
        }
    }

    /// As [`crate::Io::try_flush`].
    pub(crate) fn try_flush(&self) -> io::Result<()> {
        self.flush(&mut self.session())
    }

    /// Says `close_notify` and closes the writing side. Call it when nothing waits: what the
    /// socket does not take at once is lost.
    pub(crate) fn shutdown_write(&self) -> io::Result<()> {
        let session = &mut *self.session();
        session.send_close_notify();
        match self.flush(session) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            Ok(()) | Err(_) => SockRef::from(&self.stream).shutdown(Shutdown::Write),
        }
    }

    pub(crate) fn reset_on_drop(&self) {
        // A socket that refuses the option is closed the usual way, which is as good.
        drop(self.stream.set_zero_linger());
    }

    pub(crate) fn poll_read(
        &self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = ready!(self.poll(context, Interest::READABLE, || {
            self.try_read(buffer.initialize_unfilled())
        }))?;
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_write(
        &self,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll(context, Interest::WRITABLE, || self.try_write_vectored(buffers))
    }

    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(context, Interest::WRITABLE, || self.try_flush())
    }

    pub(crate) fn poll_shutdown(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Said once, however often it is asked for.
        self.session().send_close_notify();
        ready!(self.poll_flush(context))?;
        Poll::Ready(SockRef::from(&self.stream).shutdown(Shutdown::Write))
    }

    /// Tries until something comes of it or the socket has to be waited for. Spends of the task's
    /// budget as tokio's own sockets do: records of one byte each would otherwise be read in one
    /// turn, as fast as they come.
    fn poll<T>(
        &self,
        context: &mut Context<'_>,
        interest: Interest,
        mut attempt: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let budget = ready!(coop::poll_proceed(context));
        loop {
            match attempt() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => {
                    budget.made_progress();
                    return Poll::Ready(done);
                }
            }
            ready!(if interest.is_readable() {
                self.stream.poll_read_ready(context)
            } else {
                self.stream.poll_write_ready(context)
            })?;
        }
    }
}

/// The socket as the session wants it: calls that never wait.
struct Wire<'a>(&'a TcpStream);

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(buffers)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
