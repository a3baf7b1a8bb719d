//! Reports of usage for other programs: tables, and events for metering systems.

use std::fmt::Write as _;

use application::{UsageReport, UsageRow};
use domain::Metric;
use serde_json::{Value, json};

use super::usage::{READ, timed};

/// Comma-separated values (RFC 4180).
pub(super) const CSV: &str = "text/csv; charset=utf-8";

/// A batch of CloudEvents 1.0 in JSON.
pub(super) const CLOUD_EVENTS: &str = "application/cloudevents-batch+json";

/// A media type, and what is in it.
type Medium = (&'static str, fn() -> Value);

/// The other formats of an endpoint's success, for the documents.
pub(super) fn other_media(endpoint: &str) -> &'static [Medium] {
    if endpoint == READ { &[("text/csv", csv_schema), (CLOUD_EVENTS, events_schema)] } else { &[] }
}

/// A table with a header: from, to, then the metrics in their order. Nothing in it needs quotes.
pub(super) fn csv(report: &UsageReport) -> String {
    let mut text = String::from("from,to");
    for metric in Metric::ALL {
        text.push(',');
        text.push_str(metric.name());
    }
    text.push_str("\r\n");
    for UsageRow { from, to, usage } in &report.rows {
        // Writing to a text does not fail.
        let _ = write!(text, "{from},{to}");
        for (_, count) in usage.all() {
            let _ = write!(text, ",{count}");
        }
        text.push_str("\r\n");
    }
    text
}

fn csv_schema() -> Value {
    json!({ "type": "string", "description": "A header, then a line for each row." })
}

/// An event for each hour, whose id is the same each time: who has it knows it again.
pub(super) fn cloud_events(app: &str, report: &UsageReport) -> String {
    let event = |UsageRow { from, to, usage }: &UsageRow| {
        json!({
            "specversion": "1.0",
            "id": format!("{app}/{from}"),
            "source": format!("/v1/apps/{app}/usage"),
            "type": "rtmate.usage.hour",
            "subject": app,
            "time": to.to_string(),
            "datacontenttype": "application/json",
            "data": timed(*from, *to, usage),
        })
    };
    Value::Array(report.rows.iter().map(event).collect()).to_string()
}

fn events_schema() -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
            "properties": {
                "specversion": { "const": "1.0" },
                "id": { "type": "string", "description": "Of an app's hour: always the same." },
                "source": { "type": "string" },
                "type": { "const": "rtmate.usage.hour" },
                "subject": { "type": "string", "description": "The app." },
                "time": { "type": "string", "description": "The hour's end." },
                "datacontenttype": { "const": "application/json" },
                "data": { "type": "object", "description": "As a row of the usual answer." }
            }
        }
    })
}
