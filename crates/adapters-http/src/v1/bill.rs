//! What an app has to pay for a month.

use domain::{Bill, BillItem, Hour, Metric, Month};
use serde_json::{Value, json};

use super::{
    call::{Call, invalid},
    endpoint::{Param, Work, data},
};

/// `GET bill`
pub(super) fn read(call: Call) -> Work {
    Box::pin(async move {
        let month = match call.query.text("month") {
            None => call.usage.present().month(),
            Some(text) => Month::parse(text).map_err(|error| invalid(format!("month {error}")))?,
        };
        let usage = call.usage.month(&call.app.id, month).await?;
        let prices = call.usage.prices();
        let bill = Bill::of(&usage, prices);
        data(&json!({
            "app": call.app.id.as_str(),
            "month": month.to_string(),
            "currency": prices.currency,
            "final": is_final(&call, month.hours().end),
            "items": bill.items.iter().map(item).collect::<Vec<_>>(),
            "total": bill.total.to_string(),
        }))
    })
}

fn is_final(call: &Call, end: Hour) -> bool {
    call.usage.is_closed(end)
}

fn item(item: &BillItem) -> Value {
    json!({
        "metric": item.price.metric.charged_as(),
        "quantity": item.quantity,
        "included": item.price.included,
        "billed": item.billed,
        "per": item.price.per,
        "price": item.price.price.to_string(),
        "amount": item.amount.to_string(),
    })
}

pub(super) const PARAMS: &[Param] = &[Param {
    name: "month",
    place: "query",
    required: false,
    about: "Which month, UTC, such as 2026-11. Else the present one, so far.",
    schema: || json!({ "type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$" }),
}];

pub(super) fn bill_schema() -> Value {
    let count = || json!({ "type": "integer", "minimum": 0 });
    let money = |about: &str| json!({ "type": "string", "description": about });
    json!({
        "type": "object",
        "required": ["app", "month", "currency", "final", "items", "total"],
        "properties": {
            "app": { "type": "string" },
            "month": { "type": "string" },
            "currency": { "type": "string", "description": "billing.currency" },
            "final": { "type": "boolean", "description": "Whether the month is over and closed." },
            "items": {
                "type": "array",
                "description": "In the order of billing.prices.",
                "items": {
                    "type": "object",
                    "required": ["metric", "quantity", "included", "billed", "per", "price", "amount"],
                    "properties": {
                        "metric": { "type": "string", "enum": Metric::ALL.map(Metric::charged_as) },
                        "quantity": count(),
                        "included": count(),
                        "billed": count(),
                        "per": count(),
                        "price": money("Of so many."),
                        "amount": money("Rounded once, half up.")
                    }
                }
            },
            "total": money("The sum of the amounts.")
        }
    })
}
