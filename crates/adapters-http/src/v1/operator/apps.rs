//! Apps: listed, shown, made, changed and deleted.

use application::{AppSource, Refusal, ShownApp};
use domain::{AppId, AppStatus, ErrorCode};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    super::{
        call::invalid,
        endpoint::{Outcome, Param, Work, data},
    },
    Order,
};

/// Apps of a page, where it is not said, and at most.
const PAGE: u64 = 100;
const LARGEST_PAGE: u64 = 1000;

#[derive(Serialize)]
struct Shown {
    app: String,
    status: &'static str,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Box<RawValue>>,
}

impl Shown {
    fn of(shown: ShownApp) -> Result<Self, Refusal> {
        let document = shown.document.map(RawValue::from_string).transpose();
        Ok(Self {
            app: shown.id.to_string(),
            status: match shown.status {
                Some(AppStatus::Active) => "active",
                Some(AppStatus::Disabled) => "disabled",
                None => "unusable",
            },
            source: match shown.source {
                AppSource::Configuration => "configuration",
                AppSource::Made => "api",
                AppSource::Demo => "demo",
            },
            problem: shown.problem,
            // What shows documents writes JSON.
            document: document.map_err(|_| Refusal::plain(ErrorCode::Internal))?,
        })
    }
}

#[derive(Serialize)]
struct Listed {
    apps: Vec<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET apps`
pub(super) fn list(order: Order) -> Work {
    Box::pin(async move {
        let limit = order.query.number("limit", 1, LARGEST_PAGE)?.unwrap_or(PAGE);
        let after = order.query.text("after").map(AppId::parse).transpose();
        let after = after.map_err(|error| invalid(format!("after: {error}")))?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let page = order.operator.list(after.as_ref(), limit).await;
        let next = page.apps.last().filter(|_| page.more).map(|app| app.id.to_string());
        let apps = page.apps.into_iter().map(Shown::of).collect::<Result<_, _>>()?;
        data(&Listed { apps, next })
    })
}

/// `GET apps/{app}`
pub(super) fn show(order: Order) -> Work {
    Box::pin(async move { shown(order.operator.show(&order.app()?).await?) })
}

/// `POST apps`
pub(super) fn create(mut order: Order) -> Work {
    Box::pin(async move {
        let document = order.text().await?;
        shown(order.operator.create(document.into()).await?)
    })
}

/// `PATCH apps/{app}`
pub(super) fn change(mut order: Order) -> Work {
    Box::pin(async move {
        let (app, patch) = (order.app()?, order.text().await?);
        shown(order.operator.change(app, patch).await?)
    })
}

#[derive(Serialize)]
struct Deleted {
    app: String,
}

/// `DELETE apps/{app}`
pub(super) fn delete(order: Order) -> Work {
    Box::pin(async move {
        let app = order.app()?;
        order.operator.delete(app.clone()).await?;
        data(&Deleted { app: app.to_string() })
    })
}

fn shown(app: ShownApp) -> Outcome {
    data(&Shown::of(app)?)
}

pub(super) const LIST_PARAMS: &[Param] = &[
    Param {
        name: "limit",
        place: "query",
        required: false,
        about: "The most apps of the page.",
        schema: || json!({ "type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE }),
    },
    Param {
        name: "after",
        place: "query",
        required: false,
        about: "The page begins behind this id: what the one before gave as next.",
        schema: || json!({ "type": "string", "minLength": 1, "maxLength": 64 }),
    },
];

fn head() -> Value {
    json!({
        "app": { "type": "string" },
        "status": { "type": "string", "enum": ["active", "disabled", "unusable"] },
        "source": {
            "type": "string",
            "enum": ["configuration", "api", "demo"],
            "description": "Only apps of api can be changed here."
        },
        "problem": { "type": "string", "description": "Why it is unusable." }
    })
}

pub(super) fn list_schema() -> Value {
    json!({
        "type": "object",
        "required": ["apps"],
        "properties": {
            "apps": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["app", "status", "source"],
                    "properties": head()
                }
            },
            "next": { "type": "string", "description": "There are more behind this id." }
        }
    })
}

pub(super) fn shown_schema() -> Value {
    let mut properties = head();
    properties["document"] = json!({
        "type": "object",
        "description": "The whole document, *** for each secret. The demo app has none."
    });
    json!({
        "type": "object",
        "required": ["app", "status", "source"],
        "properties": properties
    })
}

fn document(required: &[&str]) -> Value {
    json!({
        "type": "object",
        "description": "What the configuration has as [[apps]], as JSON (docs/configuration.md): the same keys, defaults and bounds. Secrets are written out, for secret_file and its like are the configuration's alone.",
        "required": required,
        "properties": {
            "id": { "type": "string", "minLength": 1, "maxLength": 64 },
            "status": { "type": "string", "enum": ["active", "disabled"] },
            "default_grants": { "type": "object" },
            "origins": { "type": "array", "items": { "type": "string" } },
            "origin_required": { "type": "boolean" },
            "compression": { "type": "boolean" },
            "limits": { "type": "object" },
            "jwt_keys": { "type": "array", "items": { "type": "object" } },
            "pusher_keys": { "type": "array", "items": { "type": "object" } },
            "pusher": { "type": "object" },
            "api_keys": { "type": "array", "items": { "type": "object" } },
            "namespaces": { "type": "array", "items": { "type": "object" } },
            "webhooks": { "type": "array", "items": { "type": "object" } }
        }
    })
}

pub(super) fn document_schema() -> Value {
    document(&["id"])
}

pub(super) fn patch_schema() -> Value {
    document(&[])
}

pub(super) fn deleted_schema() -> Value {
    json!({
        "type": "object",
        "required": ["app"],
        "properties": { "app": { "type": "string" } }
    })
}
