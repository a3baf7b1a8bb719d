//! Every endpoint of an operator, in the order of the documents.

use domain::{ErrorCode, Scope};

use super::{
    super::endpoint::{
        Endpoint,
        Method::{Delete, Get, Patch, Post},
    },
    Order, apps, keys, reload,
};

/// What a change may be refused with.
const CHANGED: &[ErrorCode] =
    &[ErrorCode::NotFound, ErrorCode::Conflict, ErrorCode::PayloadTooLarge];

/// The table.
pub(in super::super) static OPERATOR_ENDPOINTS: &[Endpoint<Order>] = &[
    Endpoint {
        method: Get,
        path: "/apps",
        scope: Scope::Read,
        id: "listApps",
        summary: "Lists the apps, in the order of their ids.",
        params: apps::LIST_PARAMS,
        body: None,
        data: apps::list_schema,
        refusals: &[],
        run: apps::list,
    },
    Endpoint {
        method: Post,
        path: "/apps",
        scope: Scope::Manage,
        id: "createApp",
        summary: "Makes an app, which is served from the answer on.",
        params: &[],
        body: Some(apps::document_schema),
        data: apps::shown_schema,
        refusals: &[ErrorCode::Conflict, ErrorCode::QuotaExceeded, ErrorCode::PayloadTooLarge],
        run: apps::create,
    },
    Endpoint {
        method: Get,
        path: "/apps/{app}",
        scope: Scope::Read,
        id: "showApp",
        summary: "Shows an app with its document, defaults included and secrets not.",
        params: &[],
        body: None,
        data: apps::shown_schema,
        refusals: &[ErrorCode::NotFound],
        run: apps::show,
    },
    Endpoint {
        method: Patch,
        path: "/apps/{app}",
        scope: Scope::Manage,
        id: "changeApp",
        summary: "Changes an app as a part of a document says (RFC 7396); connections stay.",
        params: &[],
        body: Some(apps::patch_schema),
        data: apps::shown_schema,
        refusals: CHANGED,
        run: apps::change,
    },
    Endpoint {
        method: Delete,
        path: "/apps/{app}",
        scope: Scope::Manage,
        id: "deleteApp",
        summary: "Deletes an app: its connections end, what its channels kept is gone.",
        params: &[],
        body: None,
        data: apps::deleted_schema,
        refusals: &[ErrorCode::NotFound, ErrorCode::Conflict],
        run: apps::delete,
    },
    Endpoint {
        method: Post,
        path: "/apps/{app}/keys",
        scope: Scope::Manage,
        id: "addKey",
        summary: "Gives an app one more key; a secret that the server makes is in this answer alone.",
        params: &[],
        body: Some(keys::body_schema),
        data: keys::added_schema,
        refusals: CHANGED,
        run: keys::add,
    },
    Endpoint {
        method: Delete,
        path: "/apps/{app}/keys/{kind}/{key}",
        scope: Scope::Manage,
        id: "removeKey",
        summary: "Takes a key of an app away. Who came in with it stays until its token ends.",
        params: &[],
        body: None,
        data: keys::removed_schema,
        refusals: &[ErrorCode::NotFound, ErrorCode::Conflict],
        run: keys::remove,
    },
    Endpoint {
        method: Post,
        path: "/reload",
        scope: Scope::Manage,
        id: "reload",
        summary: "Reads the server's configuration anew and lets count at once what can.",
        params: reload::PARAMS,
        body: None,
        data: reload::schema,
        refusals: &[ErrorCode::Conflict],
        run: reload::reload,
    },
];
