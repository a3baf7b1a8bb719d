//! A backend's request whose signature holds.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
};
use domain::{App, PusherOptions, TraceId};
use http::request::Parts;
use listener::Arrival;
use protocol_pusher::api::SignedQuery;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Api, Refused};
use crate::trace::trace_of;

/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A request whose signature holds.
pub(super) struct Asked {
    pub(super) app: Arc<App>,
    pub(super) query: SignedQuery,
    /// What the backend calls it.
    pub(super) trace: Option<TraceId>,
}

/// A body that was signed, and its part of the memory that bodies may take.
pub(super) struct Signed {
    bytes: Bytes,
    _taken: OwnedSemaphorePermit,
}

impl std::ops::Deref for Signed {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Api {
    /// The request, if a key of the app `id` signed it.
    pub(super) async fn asked(&self, id: &str, parts: &Parts) -> Result<Asked, Refused> {
        let asked = self.judge(id, parts).await;
        if let Err(refused) = &asked {
            // Neither the query nor the signature: somebody may yet use them.
            let app = id.escape_debug();
            let trace = trace_of(&parts.headers);
            let trace_id = trace.as_ref().map(TraceId::as_str);
            tracing::debug!(target: "rtmate", %app, reason = %refused, trace_id, "a backend was refused");
        }
        asked
    }

    async fn judge(&self, id: &str, parts: &Parts) -> Result<Asked, Refused> {
        let arrival = parts.extensions.get::<Arrival>().ok_or(Refused::Internal)?;
        let peer = arrival.peer(&parts.uri, &parts.headers);
        let query = SignedQuery::parse(parts.uri.query().unwrap_or_default())?;
        let app = self.hub.backend().app_of_pusher_key(query.key(), &peer).await?;
        let mut keys = app.pusher_keys.iter();
        let key = keys.find(|key| *key.key == *query.key() && app.id.as_str() == id);
        let key = key.ok_or(Refused::NotItsKey)?;
        query.verify(key, parts.method.as_str(), parts.uri.path(), self.clock.now())?;
        Ok(Asked { app, query, trace: trace_of(&parts.headers) })
    }

    /// The same with its body, of which no byte is read before the signature holds.
    pub(super) async fn asked_with_body(
        &self,
        id: &str,
        request: Request,
        limit_bytes: fn(&PusherOptions) -> usize,
    ) -> Result<(Asked, Signed), Refused> {
        let (parts, body) = request.into_parts();
        let asked = self.asked(id, &parts).await?;
        let signed = read(body, limit_bytes(&asked.app.pusher), &self.bodies).await?;
        asked.query.verify_body(&signed)?;
        Ok((asked, signed))
    }
}

async fn read(body: Body, limit_bytes: usize, bodies: &Arc<Semaphore>) -> Result<Signed, Refused> {
    let hint = body.size_hint();
    let limit = u64::try_from(limit_bytes).unwrap_or(u64::MAX);
    if hint.lower() > limit {
        return Err(Refused::BodyTooLarge { limit_bytes });
    }
    let most = hint.upper().unwrap_or(limit).min(limit);
    let kib = u32::try_from(most.div_ceil(1024)).unwrap_or(u32::MAX);
    let taken = Arc::clone(bodies).try_acquire_many_owned(kib).map_err(|_| Refused::Busy)?;
    let read = tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, limit_bytes)).await;
    let bytes = read.map_err(|_| Refused::BodyTooLate)?.map_err(|_| match hint.upper() {
        // Its length was told and fits: it can only have broken off.
        Some(_) => Refused::BodyBroken,
        None => Refused::BodyTooLarge { limit_bytes },
    })?;
    Ok(Signed { bytes, _taken: taken })
}
