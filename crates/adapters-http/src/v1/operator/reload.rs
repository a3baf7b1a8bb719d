//! The configuration, read anew.

use application::{
    Refusal,
    ports::{Difference, SettingChange},
};
use domain::ErrorCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    super::endpoint::{Param, Work, data},
    Order,
};

#[derive(Serialize)]
struct Reloaded {
    dry_run: bool,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    setting: String,
    change: &'static str,
    effect: &'static str,
}

impl Change {
    fn of(difference: Difference) -> Self {
        Self {
            setting: difference.setting,
            change: match difference.change {
                SettingChange::Added => "added",
                SettingChange::Changed => "changed",
                SettingChange::Removed => "removed",
            },
            effect: if difference.live { "live" } else { "restart" },
        }
    }
}

/// `POST reload`
pub(super) fn reload(order: Order) -> Work {
    Box::pin(async move {
        let dry_run = order.query.flag("dry_run")?;
        let Some(configuration) = order.configuration else {
            return Err(Refusal::plain(ErrorCode::Internal));
        };
        let reloaded = configuration.reload(dry_run).await;
        let differences =
            reloaded.map_err(|error| Refusal::because(ErrorCode::Conflict, error.to_string()))?;
        data(&Reloaded { dry_run, changes: differences.into_iter().map(Change::of).collect() })
    })
}

pub(super) const PARAMS: &[Param] = &[Param {
    name: "dry_run",
    place: "query",
    required: false,
    about: "Only say what would change.",
    schema: || json!({ "type": "boolean", "default": false }),
}];

pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["dry_run", "changes"],
        "properties": {
            "dry_run": { "type": "boolean" },
            "changes": {
                "type": "array",
                "description": "Where the configuration differs from what the server runs with.",
                "items": {
                    "type": "object",
                    "required": ["setting", "change", "effect"],
                    "properties": {
                        "setting": { "type": "string", "description": "Its place; never its value." },
                        "change": { "type": "string", "enum": ["added", "changed", "removed"] },
                        "effect": {
                            "type": "string",
                            "enum": ["live", "restart"],
                            "description": "Counts at once, or needs a restart."
                        }
                    }
                }
            }
        }
    })
}
