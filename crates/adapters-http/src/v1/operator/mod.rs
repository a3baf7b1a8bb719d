//! What operators do: apps come, change and go (`docs/server-api.md`, Apps).
//!
//! * `endpoints` is the table, as that of an app's endpoints.
//! * `apps`, `keys`, `overview` and `reload` are the endpoints.

mod apps;
mod endpoints;
mod keys;
mod overview;
mod reload;

use std::{collections::HashMap, sync::Arc};

use application::{Operator, Refusal, ports::Configuration};
use axum::{
    body::Body,
    extract::{Path, Request},
};
use domain::{AppId, ErrorCode};
use http::HeaderMap;
use listener::Arrival;

use crate::trace::trace_of;

use super::{
    authority,
    call::{Query, invalid},
    endpoint::{Endpoint, Outcome},
    serve::{Params, ServerApi, pairs},
};

pub(super) use endpoints::OPERATOR_ENDPOINTS;

/// One request of an operator that may be carried out.
pub(super) struct Order {
    operator: Arc<Operator>,
    configuration: Option<Arc<dyn Configuration>>,
    path: HashMap<String, String>,
    query: Query,
    headers: HeaderMap,
    body: Body,
}

impl Order {
    /// The app that the address names; what is no app's id names none.
    fn app(&self) -> Result<AppId, Refusal> {
        let app = AppId::parse(self.segment("app"));
        app.map_err(|_| Refusal::because(ErrorCode::NotFound, "no such app"))
    }

    fn segment(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// The body, which is a document or a part of one.
    async fn text(&mut self) -> Result<String, Refusal> {
        let body = std::mem::replace(&mut self.body, Body::empty());
        let bytes = super::body::read(&self.headers, body, Operator::DOCUMENT_BYTES).await?;
        String::from_utf8(bytes).map_err(|_| invalid("the body is not UTF-8"))
    }
}

/// Answers an operator.
pub(super) async fn answer(
    api: &ServerApi,
    endpoint: &Endpoint<Order>,
    path: Params,
    request: Request,
) -> Outcome {
    let (Some(arrival), Some(operator)) = (request.extensions().get::<Arrival>(), &api.operator)
    else {
        return Err(Refusal::plain(ErrorCode::Internal));
    };
    let peer = arrival.peer(request.uri(), request.headers());
    let shown = authority::bearer(request.headers());
    // Before anything else is looked at: strangers learn nothing and cost little.
    let trace = trace_of(request.headers());
    api.admit_operator(&peer, shown.as_ref(), endpoint.scope, trace.as_ref())?;
    let Ok(Path(path)) = path else { return Err(invalid("the address is not UTF-8")) };
    let query = Query::of(pairs(request.uri())?)?;
    let operator = Arc::clone(operator);
    let (parts, body) = request.into_parts();
    let (configuration, headers) = (api.configuration.clone(), parts.headers);
    (endpoint.run)(Order { operator, configuration, path, query, headers, body }).await
}
