//! From a request to an endpoint and back to an answer.

use std::{collections::HashMap, sync::Arc};

use application::{
    Backend, Operator, Refusal, UsageReports, Webhooks,
    ports::{AppRegistry, Clock, Configuration},
};
use axum::{
    Router,
    extract::{Path, Query as AxumQuery, Request, State, rejection::PathRejection},
    response::{IntoResponse, Response},
    routing::{MethodFilter, any, on},
};
use domain::{ApiKey, ErrorCode, Language};
use http::{HeaderValue, StatusCode, Uri, header};
use listener::{
    Arrival,
    envelope::{refused, success},
};

use super::{
    authority::{self, Shown},
    call::{Call, Query, invalid},
    endpoint::{Data, Endpoint, Method, Outcome},
    endpoints::ENDPOINTS,
    failures::Failures,
    keys::hash_of_key,
    operator::{self, OPERATOR_ENDPOINTS},
    reference,
    sessions::{self, SESSION_ENDPOINTS, Sessions},
};
use crate::trace::trace_of;

/// What the server API is made of.
#[derive(Clone)]
pub struct ServerApi {
    pub(super) backend: Arc<Backend>,
    webhooks: Option<Arc<Webhooks>>,
    pub(super) registry: Arc<dyn AppRegistry>,
    pub(super) operator_keys: Arc<[ApiKey]>,
    pub(super) operator: Option<Arc<Operator>>,
    pub(super) configuration: Option<Arc<dyn Configuration>>,
    /// An operator's key for this same machine alone.
    pub(super) local_operator: Option<ApiKey>,
    pub(super) failures: Arc<Failures>,
    pub(super) sessions: Arc<Sessions>,
    /// Whether only those come whom the network lets come: what is no secret needs no key then.
    pub(super) is_internal: bool,
    usage: Arc<UsageReports>,
    language: Language,
}

impl ServerApi {
    /// An API over these apps. `operator_keys` are good for all of them; `language` is that of
    /// texts for people, where the request asks for none.
    #[must_use]
    pub fn new(
        backend: Backend,
        registry: Arc<dyn AppRegistry>,
        operator_keys: Vec<ApiKey>,
        clock: Arc<dyn Clock>,
        language: Language,
        usage: Arc<UsageReports>,
    ) -> Self {
        let failures = Arc::new(Failures::new(Arc::clone(&clock)));
        let sessions = Arc::new(Sessions::new(clock));
        let (backend, operator_keys) = (Arc::new(backend), operator_keys.into());
        Self {
            backend,
            webhooks: None,
            registry,
            operator_keys,
            operator: None,
            configuration: None,
            local_operator: None,
            failures,
            sessions,
            is_internal: false,
            usage,
            language,
        }
    }

    /// With what operators may do; `local` is a key of one for this same machine alone.
    #[must_use]
    pub fn operated_by(self, operator: Arc<Operator>, local: Option<ApiKey>) -> Self {
        Self { operator: Some(operator), local_operator: local, ..self }
    }

    /// With a configuration that can be read anew.
    #[must_use]
    pub fn configured_by(self, configuration: Arc<dyn Configuration>) -> Self {
        Self { configuration: Some(configuration), ..self }
    }

    /// With what is known of webhooks, where the server has them.
    #[must_use]
    pub fn with_webhooks(self, webhooks: Option<Arc<Webhooks>>) -> Self {
        Self { webhooks, ..self }
    }

    /// On an address that is not public: `/docs` and the document it shows need no key. Everything
    /// else does, as everywhere.
    #[must_use]
    pub fn on_internal_address(self) -> Self {
        Self { is_internal: true, ..self }
    }

    /// The answer to a request.
    fn finish(&self, uri: &Uri, outcome: Outcome) -> Response {
        match outcome {
            Ok(Data::Json(data)) => success(self.language_of(uri), data),
            Ok(Data::Text { media, text }) => {
                let headers = [(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, "no-store")];
                (headers, text).into_response()
            }
            Err(refusal) => self.refused(uri, &refusal, "Bearer"),
        }
    }

    /// A refusal; where it is for want of a key, with what asks for one.
    pub(crate) fn refused(&self, uri: &Uri, refusal: &Refusal, scheme: &'static str) -> Response {
        let mut response = refused(self.language_of(uri), refusal);
        if response.status() == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static(scheme);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// Where everything is.
pub(super) const ROOT: &str = "/v1";

/// Where the endpoints of an app are.
pub(super) const BASE: &str = "/v1/apps/{app}";

/// `/v1/...`, and the page that describes it.
pub fn server_api(api: ServerApi) -> Router {
    let mut router = Router::new();
    for endpoint in ENDPOINTS {
        let serve = move |State(api): State<ServerApi>, path: Params, request: Request| async move {
            serve(api, endpoint, path, request).await
        };
        let path = format!("{BASE}{}", endpoint.path);
        router = router.route(&path, on(filter(endpoint.method), serve));
    }
    for endpoint in OPERATOR_ENDPOINTS {
        let serve = move |State(api): State<ServerApi>, path: Params, request: Request| async move {
            let uri = request.uri().clone();
            let outcome = operator::answer(&api, endpoint, path, request).await;
            api.finish(&uri, outcome)
        };
        let path = format!("{ROOT}{}", endpoint.path);
        router = router.route(&path, on(filter(endpoint.method), serve));
    }
    for endpoint in SESSION_ENDPOINTS {
        let serve = move |State(api): State<ServerApi>, request: Request| async move {
            let uri = request.uri().clone();
            let outcome = sessions::answer(&api, endpoint, request).await;
            api.finish(&uri, outcome)
        };
        let path = format!("{ROOT}{}", endpoint.path);
        router = router.route(&path, on(filter(endpoint.method), serve));
    }
    router
        .merge(reference::routes())
        .method_not_allowed_fallback(not_allowed)
        .route("/v1/{*rest}", any(not_found))
        .with_state(api)
}

const fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

pub(super) type Params = Result<Path<HashMap<String, String>>, PathRejection>;

async fn serve(
    api: ServerApi,
    endpoint: &'static Endpoint<Call>,
    path: Params,
    request: Request,
) -> Response {
    let uri = request.uri().clone();
    let outcome = answer(&api, endpoint, path, request).await;
    api.finish(&uri, outcome)
}

async fn answer(
    api: &ServerApi,
    endpoint: &Endpoint<Call>,
    path: Params,
    request: Request,
) -> Outcome {
    let Some(arrival) = request.extensions().get::<Arrival>() else {
        return Err(Refusal::plain(ErrorCode::Internal));
    };
    let peer = arrival.peer(request.uri(), request.headers());
    let trace = trace_of(request.headers());
    let Ok(Path(path)) = path else { return Err(invalid("the address is not UTF-8")) };
    let app = path.get("app").map_or("", String::as_str);
    let shown = authority::bearer(request.headers());
    // Before anything else is looked at: strangers learn nothing and cost little.
    let app = api.admit(&peer, shown.as_ref(), app, endpoint.scope, trace.as_ref()).await?;
    let query = Query::of(pairs(request.uri())?)?;
    let (parts, body) = request.into_parts();
    let call = Call {
        backend: Arc::clone(&api.backend),
        usage: Arc::clone(&api.usage),
        webhooks: api.webhooks.clone(),
        app,
        shown: hash_of_key(shown.as_ref().map_or("", Shown::reveal)),
        language: api.language_of(&parts.uri),
        path,
        query,
        trace: trace.clone(),
        headers: parts.headers,
        body,
    };
    let (backend, app, channel) =
        (Arc::clone(&api.backend), call.app.id.clone(), call.channel().ok());
    let outcome = (endpoint.run)(call).await;
    if let Err(refusal) = &outcome {
        backend.note_refused(&app, endpoint.id, channel.as_ref(), refusal.code, trace.as_ref());
    }
    outcome
}

pub(super) fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Refusal> {
    let pairs = AxumQuery::<Vec<(String, String)>>::try_from_uri(uri);
    pairs.map(|AxumQuery(pairs)| pairs).map_err(|_| invalid("the query is not readable"))
}

impl ServerApi {
    /// `?lang=en`, else the server's own.
    pub(super) fn language_of(&self, uri: &Uri) -> Language {
        let pairs = pairs(uri).unwrap_or_default();
        let asked = pairs.iter().find(|(key, _)| key == "lang");
        asked.and_then(|(_, tag)| Language::parse(tag)).unwrap_or(self.language)
    }
}

async fn not_found(State(api): State<ServerApi>, uri: Uri) -> Response {
    let refusal = Refusal::because(ErrorCode::NotFound, "no such address");
    refused(api.language_of(&uri), &refusal)
}

async fn not_allowed(State(api): State<ServerApi>, uri: Uri) -> Response {
    refused(api.language_of(&uri), &Refusal::plain(ErrorCode::MethodNotAllowed))
}
