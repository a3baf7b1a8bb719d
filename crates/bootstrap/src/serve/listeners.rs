//! The addresses that are listened on: one for clients and, where it is set, one for what is not
//! public.

use std::{io, sync::Arc, time::Duration};

use application::{Admission, AdmissionLimits};
use axum::Router;
use listener::{Address, Listener, ListenerOptions};
use tokio::{
    sync::watch,
    task::{JoinError, JoinHandle},
};

use super::{NotStarted, banner, certificate::Certificate};
use crate::settings::Settings;

/// Connections of the internal address: monitors, operators and backends. They have no part in
/// `limits.connections`, so that a full server can still be asked how it is.
const INTERNAL: u32 = 1024;
/// How long the internal address may take to end, after all else has.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Bound, not serving yet.
pub(super) struct Listeners {
    public: Listener,
    internal: Option<Internal>,
}

struct Internal {
    listener: Listener,
    admission: Arc<Admission>,
}

impl Listeners {
    /// Binds the addresses of the settings. `admission` counts the connections of the first one.
    pub(super) async fn bind(
        settings: &Settings,
        admission: Arc<Admission>,
        certificate: Option<&Certificate>,
    ) -> Result<Self, NotStarted> {
        let proxies = Arc::new(settings.server.trusted_proxies.iter().copied().collect());
        let options = ListenerOptions {
            header_timeout: settings.limits.header_timeout,
            ..ListenerOptions::default()
        };
        let public = bind(&settings.server.listen, admission, options).await?;
        let public = public.trusting(Arc::clone(&proxies));
        let public = match certificate {
            Some(certificate) => public.with_tls(certificate.identity()),
            None => public,
        };
        let internal = match &settings.server.internal_listen {
            None => None,
            Some(address) => {
                let admission = Admission::new(AdmissionLimits {
                    total: INTERNAL,
                    unauthenticated: INTERNAL,
                    unauthenticated_per_address: INTERNAL,
                });
                let listener = bind(address, Arc::clone(&admission), options).await?;
                Some(Internal { listener: listener.trusting(proxies), admission })
            }
        };
        Ok(Self { public, internal })
    }

    /// The address for clients.
    pub(super) const fn address(&self) -> &Address {
        self.public.address()
    }

    /// The one for what is not public, where there is one.
    pub(super) fn internal_address(&self) -> Option<&Address> {
        self.internal.as_ref().map(|internal| internal.listener.address())
    }

    /// Serves.
    pub(super) fn serve(self, routes: Routes) -> Serving {
        let (stop, stopped) = watch::channel(false);
        let (close, closed) = watch::channel(false);
        let public = tokio::spawn(self.public.serve(routes.public, stopped));
        let internal = self.internal.map(|internal| {
            let accepting = tokio::spawn(internal.listener.serve(routes.internal, closed));
            (accepting, internal.admission)
        });
        Serving { stop, close, public, internal }
    }
}

async fn bind(
    address: &Address,
    admission: Arc<Admission>,
    options: ListenerOptions,
) -> Result<Listener, NotStarted> {
    Listener::bind(address.clone(), admission, options).await.map_err(|error| {
        let address = address.clone();
        if error.kind() == io::ErrorKind::AddrInUse {
            NotStarted::AddressInUse { address, program: banner::program() }
        } else {
            NotStarted::NoListener { address, error }
        }
    })
}

/// What is answered where.
pub(super) struct Routes {
    pub(super) public: Router,
    /// Not served where there is no internal address.
    pub(super) internal: Router,
}

/// The accept loops.
pub(super) struct Serving {
    stop: watch::Sender<bool>,
    close: watch::Sender<bool>,
    public: JoinHandle<()>,
    internal: Option<(JoinHandle<()>, Arc<Admission>)>,
}

impl Serving {
    /// Resolves when one of the loops ended, which none does by itself.
    pub(super) async fn ended(&mut self) -> Result<(), JoinError> {
        match &mut self.internal {
            None => (&mut self.public).await,
            Some((internal, _)) => tokio::select! {
                ended = &mut self.public => ended,
                ended = internal => ended,
            },
        }
    }

    /// Accepts no more clients. The internal address goes on to tell how the server is.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// The end, once the clients are gone.
    pub(super) async fn close(self) {
        self.public.abort();
        self.close.send_replace(true);
        if let Some((accepting, admission)) = self.internal {
            drop(tokio::time::timeout(LAST_ANSWERS, admission.emptied()).await);
            accepting.abort();
        }
    }
}
