//! Telling of channels and their users, as they are at this moment.

use application::Backend;
use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use domain::{App, ChannelKey, ChannelName, ClientId};
use protocol_pusher::{
    ChannelKind,
    api::{self, Attributes, Facts, Fault, write_by_channel, write_channel, write_users},
};

use super::{Api, Refused, answer};

/// `GET /apps/{id}/channels`
pub(super) async fn channels(
    State(api): State<Api>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refused> {
    let asked = api.asked(&id, &request.into_parts().0).await?;
    let prefix = asked.query.get("filter_by_prefix").unwrap_or_default();
    let attributes = Attributes::parse(asked.query.get("info")).of_prefix(prefix)?;
    let mut occupied = api.hub.backend().channels(&asked.app.id, prefix);
    // Those of single users are the server's own.
    occupied.retain(|occupied| !occupied.channel.is_reserved());
    let mut all = Vec::with_capacity(occupied.len());
    for occupied in &occupied {
        // An app can have very many; others have their turn between.
        if attributes.users {
            tokio::task::yield_now().await;
        }
        let users = Attributes { subscriptions: false, ..attributes };
        let mut facts = api.facts(&asked.app, &occupied.channel, users).await?;
        facts.subscriptions = attributes.subscriptions.then_some(occupied.subscribers);
        all.push((&occupied.channel, facts));
    }
    Ok(answer(write_by_channel(all)))
}

/// `GET /apps/{id}/channels/{name}`
pub(super) async fn channel(
    State(api): State<Api>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Refused> {
    let asked = api.asked(&id, &request.into_parts().0).await?;
    let channel = api::channel(&name)?;
    let attributes = Attributes::parse(asked.query.get("info")).of_channel(&channel)?;
    let facts = api.facts(&asked.app, &channel, attributes).await?;
    let occupied = api.hub.backend().subscribers(&key(&asked.app, &channel)) > 0;
    Ok(answer(write_channel(occupied, facts)))
}

/// `GET /apps/{id}/channels/{name}/users`
pub(super) async fn users(
    State(api): State<Api>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Refused> {
    let asked = api.asked(&id, &request.into_parts().0).await?;
    let channel = api::channel(&name)?;
    if !ChannelKind::of(&channel).presence {
        let text = "users are known in presence channels only: their names begin with presence-";
        return Err(Fault::Invalid(text.into()).into());
    }
    let users = present(&api.hub.backend(), &asked.app, &channel).await?;
    Ok(answer(write_users(users.iter())))
}

impl Api {
    /// What was asked of a channel.
    pub(super) async fn facts(
        &self,
        app: &App,
        channel: &ChannelName,
        attributes: Attributes,
    ) -> Result<Facts, Refused> {
        let backend = self.hub.backend();
        let subscriptions = || backend.subscribers(&key(app, channel));
        Ok(Facts {
            users: match attributes.users {
                true => Some(present(&backend, app, channel).await?.len()),
                false => None,
            },
            subscriptions: attributes.subscriptions.then(subscriptions),
        })
    }
}

/// Who is in a presence channel with a connection. Those who are only waited for, so that others
/// need not see them leave and return, are not.
async fn present(
    backend: &Backend,
    app: &App,
    channel: &ChannelName,
) -> Result<Vec<ClientId>, Refused> {
    // All of them: how many may be there is the channel's own limit.
    let roster = backend.members(&key(app, channel), usize::MAX).await?;
    let members = roster.members.unwrap_or_default().into_iter();
    Ok(members.filter(|member| member.connections > 0).map(|member| member.client).collect())
}

fn key(app: &App, channel: &ChannelName) -> ChannelKey {
    ChannelKey { app: app.id.clone(), channel: channel.clone() }
}
