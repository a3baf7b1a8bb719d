//! A way to the server that falls silent and breaks nothing: half-open TCP.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::server::Server;

/// Carries bytes between clients and a server, until it is cut: then every socket stays open and
/// nothing is carried any more, as with a cable that was pulled.
pub(crate) struct CutCable {
    pub(crate) address: SocketAddr,
    cut: watch::Sender<bool>,
}

impl CutCable {
    pub(crate) async fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, server) = (listener.local_addr().unwrap(), server.address);
        let (cut, carrying) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(server).await.unwrap();
                let (near_in, near_out) = near.into_split();
                let (far_in, far_out) = far.into_split();
                tokio::spawn(carry(near_in, far_out, carrying.clone()));
                tokio::spawn(carry(far_in, near_out, carrying.clone()));
            }
        });
        Self { address, cut }
    }

    /// From now on nothing comes through.
    pub(crate) fn cut(&self) {
        self.cut.send_replace(true);
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut cut: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 4096];
    let carrying = async {
        while let Ok(length) = from.read(&mut bytes).await {
            if length == 0 || to.write_all(&bytes[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        biased;
        _ = cut.wait_for(|cut| *cut) => {}
        () = carrying => return,
    }
    // Keeps both sockets.
    std::future::pending().await
}
