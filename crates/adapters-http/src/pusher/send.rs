//! Sending events.

use std::collections::HashMap;

use application::{BackendMessage, Refusal};
use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use domain::ChannelName;
use futures_util::future::join_all;
use protocol_pusher::api::{
    self, Attributes, Event, batch_bytes, event_bytes, write_batch, write_by_channel,
};

use super::{Api, Refused, answer, asked::Asked};

/// `POST /apps/{id}/events`
pub(super) async fn events(
    State(api): State<Api>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let (asked, body) = api.asked_with_body(&id, request, event_bytes).await?;
    let event = api::events(&body, &asked.app.pusher)?;
    let (attributes, channels) = (event.attributes, event.channels.clone());
    api.send(&asked, vec![event]).await?;
    if attributes == Attributes::default() {
        return Ok(answer(b"{}".to_vec()));
    }
    let mut all = Vec::with_capacity(channels.len());
    for channel in &channels {
        all.push((channel, api.facts(&asked.app, channel, attributes.fitting(channel)).await?));
    }
    Ok(answer(write_by_channel(all)))
}

/// `POST /apps/{id}/batch_events`
pub(super) async fn batch(
    State(api): State<Api>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let (asked, body) = api.asked_with_body(&id, request, batch_bytes).await?;
    let events = api::batch(&body, &asked.app.pusher)?;
    let wishes: Vec<_> =
        events.iter().map(|event| (event.channels.clone(), event.attributes)).collect();
    api.send(&asked, events).await?;
    if wishes.iter().all(|(_, attributes)| *attributes == Attributes::default()) {
        return Ok(answer(b"{}".to_vec()));
    }
    let mut all = Vec::with_capacity(wishes.len());
    // One channel each.
    for (channel, attributes) in wishes.iter().filter_map(|(to, info)| Some((to.first()?, info))) {
        all.push(api.facts(&asked.app, channel, attributes.fitting(channel)).await?);
    }
    Ok(answer(write_batch(&all)))
}

impl Api {
    /// Sends what was judged before, all of it or, where the app is at a limit, nothing: in one
    /// channel in the given order, different channels at once, so that a disk that is waited for is
    /// waited for once.
    async fn send(&self, asked: &Asked, events: Vec<Event>) -> Result<(), Refused> {
        let (backend, app, trace) = (&self.hub.backend(), &asked.app, asked.trace.as_ref());
        let refused = |channel: Option<&ChannelName>, refusal: Refusal| {
            backend.note_refused(&app.id, "events", channel, refusal.code, trace);
            refusal
        };
        let by_channel = by_channel(events);
        backend
            .admit(app, by_channel.iter().flatten())
            .map_err(|refusal| refused(None, refusal))?;
        let all = by_channel.into_iter().map(|messages| async move {
            for message in messages {
                let channel = message.channel.clone();
                backend
                    .publish_admitted(app, message, trace)
                    .await
                    .map_err(|refusal| refused(Some(&channel), refusal))?;
            }
            Ok::<(), Refusal>(())
        });
        // Nothing is given up because something else failed.
        let outcomes = join_all(all).await;
        outcomes.into_iter().collect::<Result<(), _>>().map_err(Refused::NotSent)
    }
}

fn by_channel(events: Vec<Event>) -> Vec<Vec<BackendMessage>> {
    let mut places: HashMap<ChannelName, usize> = HashMap::new();
    let mut messages: Vec<Vec<BackendMessage>> = Vec::new();
    for Event { name, data, channels, exclude, .. } in events {
        for channel in channels {
            let place = *places.entry(channel.clone()).or_insert(messages.len());
            if place == messages.len() {
                messages.push(Vec::new());
            }
            let (name, data) = (Some(name.clone()), data.clone());
            messages[place].push(BackendMessage { channel, name, data, key: None, exclude });
        }
    }
    messages
}
