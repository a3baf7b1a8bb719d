//! Every endpoint of an app, in the order of the documents.

use domain::{ErrorCode, Scope};
use serde_json::json;

use super::{
    batch, channels, clients,
    endpoint::{
        Endpoint,
        Method::{Delete, Get, Post},
        Param,
    },
    history, messages, subscriptions, tokens,
};

/// A key of an idempotent request, as a header.
const KEY: &[Param] = &[Param {
    name: "Idempotency-Key",
    place: "header",
    required: false,
    about: "The same as `key`.",
    schema: || json!({ "type": "string", "minLength": 1, "maxLength": 64 }),
}];

const CHANNEL: &[ErrorCode] = &[ErrorCode::InvalidChannel];
const KEPT: &[ErrorCode] =
    &[ErrorCode::InvalidChannel, ErrorCode::NotEnabled, ErrorCode::EpochChanged];

/// What connections may answer to an order.
const ORDERED: &[ErrorCode] = &[
    ErrorCode::InvalidChannel,
    ErrorCode::Unauthenticated,
    ErrorCode::NotSubscribed,
    ErrorCode::NotEnabled,
    ErrorCode::PayloadTooLarge,
    ErrorCode::TooManyChannels,
];

/// The table.
pub(super) static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Post,
        path: "/channels/{channel}/messages",
        scope: Scope::Publish,
        id: "publish",
        summary: "Publishes a message.",
        params: KEY,
        body: Some(messages::body_schema),
        data: messages::published_schema,
        refusals: &[
            ErrorCode::InvalidChannel,
            ErrorCode::IdempotencyConflict,
            ErrorCode::PayloadTooLarge,
        ],
        run: messages::publish,
    },
    Endpoint {
        method: Post,
        path: "/messages",
        scope: Scope::Publish,
        id: "publishMany",
        summary: "Publishes up to 100 messages, in order; each succeeds or fails by itself.",
        params: &[],
        body: Some(batch::body_schema),
        data: batch::data_schema,
        refusals: &[ErrorCode::PayloadTooLarge],
        run: batch::publish_many,
    },
    Endpoint {
        method: Get,
        path: "/channels",
        scope: Scope::Read,
        id: "listChannels",
        summary: "Lists the channels that somebody subscribes to.",
        params: channels::LIST_PARAMS,
        body: None,
        data: channels::list_schema,
        refusals: &[],
        run: channels::list,
    },
    Endpoint {
        method: Get,
        path: "/channels/{channel}",
        scope: Scope::Read,
        id: "showChannel",
        summary: "Says how a channel stands: subscribers, position, members.",
        params: &[],
        body: None,
        data: channels::state_schema,
        refusals: CHANNEL,
        run: channels::show,
    },
    Endpoint {
        method: Get,
        path: "/channels/{channel}/messages",
        scope: Scope::Read,
        id: "readHistory",
        summary: "Reads a page of what a channel has kept.",
        params: history::PARAMS,
        body: None,
        data: history::page_schema,
        refusals: KEPT,
        run: history::read,
    },
    Endpoint {
        method: Delete,
        path: "/channels/{channel}/messages",
        scope: Scope::Manage,
        id: "purgeHistory",
        summary: "Forgets what a channel has kept. Its position stays what it is.",
        params: &[],
        body: None,
        data: history::purged_schema,
        refusals: &[ErrorCode::InvalidChannel, ErrorCode::NotEnabled],
        run: history::purge,
    },
    Endpoint {
        method: Get,
        path: "/channels/{channel}/presence",
        scope: Scope::Read,
        id: "listMembers",
        summary: "Lists who is in a channel.",
        params: &[],
        body: None,
        data: channels::present_schema,
        refusals: &[ErrorCode::InvalidChannel, ErrorCode::NotEnabled],
        run: channels::present,
    },
    Endpoint {
        method: Get,
        path: "/clients/{client}",
        scope: Scope::Read,
        id: "showClient",
        summary: "Lists the connections of a client.",
        params: &[],
        body: None,
        data: clients::shown_schema,
        refusals: &[],
        run: clients::show,
    },
    Endpoint {
        method: Delete,
        path: "/clients/{client}",
        scope: Scope::Manage,
        id: "disconnectClient",
        summary: "Ends the connections of a client.",
        params: clients::DISCONNECT_PARAMS,
        body: None,
        data: clients::disconnected_schema,
        refusals: &[],
        run: clients::disconnect,
    },
    Endpoint {
        method: Post,
        path: "/clients/{client}/subscriptions",
        scope: Scope::Manage,
        id: "subscribeClient",
        summary: "Subscribes the connections of a client to a channel.",
        params: &[],
        body: Some(subscriptions::body_schema),
        data: subscriptions::data_schema,
        refusals: ORDERED,
        run: subscriptions::subscribe,
    },
    Endpoint {
        method: Delete,
        path: "/clients/{client}/subscriptions",
        scope: Scope::Manage,
        id: "unsubscribeClient",
        summary: "Ends the subscription of a client's connections to a channel.",
        params: subscriptions::CHANNEL,
        body: None,
        data: subscriptions::data_schema,
        refusals: ORDERED,
        run: subscriptions::unsubscribe,
    },
    Endpoint {
        method: Post,
        path: "/tokens/revoke",
        scope: Scope::Manage,
        id: "revokeTokens",
        summary: "Revokes tokens by id, by client or by time; connections that came in with one end.",
        params: &[],
        body: Some(tokens::body_schema),
        data: tokens::data_schema,
        refusals: &[ErrorCode::PayloadTooLarge, ErrorCode::QuotaExceeded],
        run: tokens::revoke,
    },
];
