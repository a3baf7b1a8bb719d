//! What an app used.

use application::{Refusal, Step, UsageReport};
use domain::{Hour, Metric, Usage};
use http::header;
use serde_json::{Map, Value, json};

use super::{
    call::{Call, invalid},
    endpoint::{Data, Param, Work, data},
    usage_formats::{CLOUD_EVENTS, CSV, cloud_events, csv},
};

/// The id of the endpoint, whose success has other formats as well.
pub(super) const READ: &str = "readUsage";

/// How a report is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
    CloudEvents,
}

/// `GET usage`
pub(super) fn read(call: Call) -> Work {
    Box::pin(async move {
        let format = format(&call)?;
        let step = match call.query.text("step") {
            // Each event is about an hour, so that it stays what it is.
            None if format == Format::CloudEvents => Step::Hour,
            None | Some("day") => Step::Day,
            Some("hour") => Step::Hour,
            Some("month") => Step::Month,
            Some(_) => return Err(invalid("step is not hour, day or month")),
        };
        if format == Format::CloudEvents && step != Step::Hour {
            return Err(invalid("events are about hours: step is hour, or left out"));
        }
        let (from, to) = (hour(&call, "from")?, hour(&call, "to")?);
        let mut report = call.usage.report(&call.app.id, from, to, step).await?;
        match format {
            Format::Json => data(&json(&call, &report, step)),
            Format::Csv => Ok(Data::Text { media: CSV, text: csv(&report) }),
            Format::CloudEvents => {
                report.rows.retain(|row| call.usage.is_closed(row.to));
                let text = cloud_events(call.app.id.as_str(), &report);
                Ok(Data::Text { media: CLOUD_EVENTS, text })
            }
        }
    })
}

/// What the query says, else what is accepted.
fn format(call: &Call) -> Result<Format, Refusal> {
    match call.query.text("format") {
        Some("json") => Ok(Format::Json),
        Some("csv") => Ok(Format::Csv),
        Some("cloudevents") => Ok(Format::CloudEvents),
        Some(_) => Err(invalid("format is not json, csv or cloudevents")),
        None => {
            let accepted = call.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
            let accepts = |media: &str| {
                let mut kinds = accepted.unwrap_or_default().split(',');
                kinds.any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == media))
            };
            Ok(if accepts("text/csv") {
                Format::Csv
            } else if accepts(CLOUD_EVENTS) {
                Format::CloudEvents
            } else {
                Format::Json
            })
        }
    }
}

fn hour(call: &Call, key: &str) -> Result<Option<Hour>, Refusal> {
    let hour = call.query.text(key).map(Hour::parse).transpose();
    hour.map_err(|error| invalid(format!("{key} {error}")))
}

fn json(call: &Call, report: &UsageReport, step: Step) -> Value {
    let rows = report.rows.iter().map(|row| timed(row.from, row.to, &row.usage));
    json!({
        "app": call.app.id.as_str(),
        "step": step.name(),
        "from": report.from.to_string(),
        "to": report.to.to_string(),
        "rows": rows.collect::<Vec<_>>(),
        "total": numbers(&report.total),
    })
}

/// Numbers with the time that they are of.
pub(super) fn timed(from: Hour, to: Hour, usage: &Usage) -> Value {
    let mut row = numbers(usage);
    row.insert("from".to_owned(), from.to_string().into());
    row.insert("to".to_owned(), to.to_string().into());
    Value::Object(row)
}

fn numbers(usage: &Usage) -> Map<String, Value> {
    usage.all().map(|(metric, count)| (metric.name().to_owned(), count.into())).collect()
}

pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "from",
        place: "query",
        required: false,
        about: "The first hour, UTC: 2026-11-23, or 2026-11-23T10:00:00Z. Else that of the month.",
        schema: hour_schema,
    },
    Param {
        name: "to",
        place: "query",
        required: false,
        about: "The hour behind the last one, in the same way. Else the one behind the present hour.",
        schema: hour_schema,
    },
    Param {
        name: "step",
        place: "query",
        required: false,
        about: "How long a row's time is: of hours at most 31 days, of days and months at most 400 days.",
        schema: || json!({ "type": "string", "enum": ["hour", "day", "month"], "default": "day" }),
    },
    Param {
        name: "format",
        place: "query",
        required: false,
        about: "How it is written; else as the header Accept asks for. cloudevents has only hours that are closed.",
        schema: || json!({ "type": "string", "enum": ["json", "csv", "cloudevents"] }),
    },
];

fn hour_schema() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:00:00Z)?$" })
}

const fn about(metric: Metric) -> &'static str {
    match metric {
        Metric::Messages => "Messages that were taken; repeated ones are none.",
        Metric::Deliveries => "Messages that connections were given, pushed or in a reply.",
        Metric::BytesIn => "Bytes of the frames that authenticated connections sent.",
        Metric::BytesOut => "Bytes of the frames of messages and replies that they were given.",
        Metric::ConnectionMs => "Milliseconds of all authenticated connections together.",
        Metric::PresenceMs => "Milliseconds of all members of channels together.",
        Metric::PeakConnections => "The most authenticated connections at once.",
        Metric::PeakChannels => "The most channels with subscribers at once.",
        Metric::HistoryBytes => "Bytes of data that were added to histories.",
        Metric::WebhookDeliveries => "Webhook calls that were delivered.",
        Metric::Recoveries => "Subscriptions that were given all they had missed.",
    }
}

fn numbers_schema() -> Map<String, Value> {
    let number = |metric: Metric| {
        let schema = json!({ "type": "integer", "minimum": 0, "description": about(metric) });
        (metric.name().to_owned(), schema)
    };
    Metric::ALL.into_iter().map(number).collect()
}

pub(super) fn report_schema() -> Value {
    let names = Metric::ALL.map(Metric::name).to_vec();
    let timed: Vec<_> = ["from", "to"].into_iter().chain(names.iter().copied()).collect();
    let mut row = numbers_schema();
    row.insert("from".to_owned(), hour_schema());
    row.insert("to".to_owned(), hour_schema());
    json!({
        "type": "object",
        "required": ["app", "step", "from", "to", "rows", "total"],
        "properties": {
            "app": { "type": "string" },
            "step": { "type": "string", "enum": ["hour", "day", "month"] },
            "from": hour_schema(),
            "to": hour_schema(),
            "rows": {
                "type": "array",
                "description": "Those with usage, in order.",
                "items": {
                    "type": "object",
                    "required": timed,
                    "properties": row
                }
            },
            "total": { "type": "object", "required": names, "properties": numbers_schema() }
        }
    })
}
