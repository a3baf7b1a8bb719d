//! What is answered at which address.

use std::sync::Arc;

use adapters_http::{Health, Metrics, ServerApi};
use adapters_ws::{Endpoint, GuestEndpoint};
use application::{DemoToken, Hub, ports::Clock};
use axum::Router;
use protocol_native::SUBPROTOCOL;

use super::{codecs, listeners::Routes};
use crate::settings::Settings;

/// Everything that can be asked over HTTP.
pub(super) struct Surface<'a> {
    pub(super) settings: &'a Settings,
    pub(super) hub: &'a Arc<Hub>,
    pub(super) health: Health,
    pub(super) tokens: Arc<DemoToken>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) api: ServerApi,
    pub(super) metrics: Metrics,
}

impl Surface<'_> {
    /// With an internal address, what is not public is there alone; else all is on the first.
    pub(super) fn routes(self) -> Routes {
        let public = self.clients();
        let health = adapters_http::health(self.health.clone());
        if self.settings.server.internal_listen.is_some() {
            let internal = self.operators(|api| api.on_internal_address());
            let backends = adapters_http::pusher_api(Arc::clone(self.hub), Arc::clone(&self.clock));
            // Whoever operates watches from there, by the SDK.
            let internal = internal.merge(backends).merge(self.native());
            let internal = internal.merge(adapters_http::sdk_files()).merge(health.clone());
            return Routes { public: public.merge(health), internal };
        }
        let public = public.merge(self.operators(|api| api)).merge(health);
        Routes { public, internal: Router::new() }
    }

    /// Who connects, the demo, and what backends of the Pusher protocol sign: their libraries know
    /// one address.
    fn clients(&self) -> Router {
        let language = self.settings.server.language;
        let guests = GuestEndpoint {
            hub: Arc::clone(self.hub),
            codecs: Arc::new(codecs::pusher()),
            versions: codecs::PUSHER_VERSIONS,
        };
        self.native()
            .merge(adapters_ws::guest_routes(guests))
            .merge(adapters_http::demo_page())
            .merge(adapters_http::sdk_files())
            .merge(adapters_http::demo_token(Arc::clone(&self.tokens), language))
            .merge(adapters_http::demo_pusher(Arc::clone(&self.tokens), language))
            .merge(adapters_http::pusher_api(Arc::clone(self.hub), Arc::clone(&self.clock)))
    }

    /// `/ws`.
    fn native(&self) -> Router {
        adapters_ws::routes(Endpoint {
            hub: Arc::clone(self.hub),
            codecs: Arc::new(codecs::native()),
            language: self.settings.server.language,
            subprotocol: SUBPROTOCOL,
        })
    }

    /// What operators and backends ask.
    fn operators(&self, at: impl FnOnce(ServerApi) -> ServerApi) -> Router {
        let api = at(self.api.clone());
        let router = adapters_http::metrics(self.metrics.clone(), api.clone())
            .merge(adapters_http::server_api(api))
            .merge(adapters_http::console_files());
        if !self.settings.debug.echo {
            return router;
        }
        router.merge(adapters_ws::echo_route(Arc::clone(self.hub)))
    }
}
