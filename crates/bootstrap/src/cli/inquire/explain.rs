//! `rtmate explain`

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use domain::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    ExplainArgs,
    server::{NotAnswered, Server, plain},
    times::written,
};
use crate::settings::{Loaded, Refused, Span};

/// A question that can be asked.
pub(super) struct Question {
    server: Server,
    app: String,
    query: Vec<(&'static str, String)>,
    json: bool,
}

impl Question {
    pub(super) fn parse(
        args: &ExplainArgs,
        loaded: &Loaded,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let at = args.at.as_deref().map(|text| at(text, now)).transpose()?;
        let offset = args.offset.map(|offset| offset.to_string());
        let all = [
            ("client", args.client.clone()),
            ("message", args.message.clone()),
            ("channel", args.channel.clone()),
            ("offset", offset),
            ("at", at),
            ("trace", args.trace.clone()),
            ("connection", args.connection.clone()),
        ];
        let query: Vec<_> =
            all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        if query.is_empty() {
            let why = "say what to explain: --client, --channel, --trace or --connection";
            return Err(Refused::new(why));
        }
        let server = Server::new(&args.ask, std::slice::from_ref(&args.app), loaded)?;
        Ok(Self { server, app: args.app.clone(), query, json: args.json })
    }
}

/// Unix milliseconds, given as such or as how long ago.
fn at(text: &str, now: Timestamp) -> Result<String, Refused> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return Ok(text.to_owned());
    }
    let span: Result<Span, _> = text.parse();
    let span = span.map_err(|_| {
        Refused::new(format!("--at {text}: neither Unix milliseconds nor a time such as 90s or 5m"))
    })?;
    Ok(now.before(span.get()).as_millis().to_string())
}

/// What is shown of an answer.
#[derive(Deserialize)]
struct Answer {
    verdict: String,
    says: String,
    since: u64,
    message: Option<Message>,
    #[serde(default)]
    connections: Vec<Connection>,
    facts: Vec<Fact>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    channel: String,
    ts: u64,
    offset: Option<u64>,
    bytes: u64,
    subscribers: u64,
}

#[derive(Deserialize)]
struct Connection {
    connection: Option<String>,
    says: String,
    at: Option<u64>,
}

#[derive(Deserialize)]
struct Fact {
    at: u64,
    says: String,
    connection: Option<String>,
    trace: Option<String>,
}

/// Asks and prints the answer.
pub(super) async fn run(question: Question) -> Result<(), NotAnswered> {
    let Question { server, app, query, json } = question;
    let data = server.get(&app, "explain", &query).await?;
    let text = if json { format!("{data}\n") } else { text(&data)? };
    match io::stdout().write_all(text.as_bytes()) {
        // A reader that went away (`| head`) has what it wanted.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn text(data: &RawValue) -> Result<String, NotAnswered> {
    let answer: Answer =
        serde_json::from_str(data.get()).map_err(|error| NotAnswered::Answer(error.to_string()))?;
    Ok(lines(&answer).iter().fold(String::new(), |mut text, line| {
        // To a text nothing fails.
        let _ = writeln!(text, "{}", plain(line));
        text
    }))
}

fn lines(answer: &Answer) -> Vec<String> {
    let Answer { verdict, says, since, message, connections, facts } = answer;
    let mut lines = vec![format!("{verdict}: {says}")];
    if let Some(Message { id, channel, ts, offset, bytes, subscribers }) = message {
        let place = offset.map(|offset| format!(", number {offset}")).unwrap_or_default();
        let ts = written(*ts);
        let sent = format!("message {id} in {channel}{place}: {ts}, {bytes} bytes");
        lines.push(format!("{sent}, to {subscribers} connections"));
    }
    for Connection { connection, says, at } in connections {
        let at = at.map(|at| format!(" ({})", written(at))).unwrap_or_default();
        let who = connection
            .as_deref()
            .map_or("no connection".to_owned(), |id| format!("connection {id}"));
        lines.push(format!("{who}: {says}{at}"));
    }
    lines.push(match facts.is_empty() {
        true => format!("remembered since {}: nothing", written(*since)),
        false => format!("remembered since {}, the latest first:", written(*since)),
    });
    for Fact { at, says, connection, trace } in facts {
        let mut line = format!("  {}  {says}", written(*at));
        if let Some(id) = connection {
            let _ = write!(line, "  [{}]", id.get(..8).unwrap_or(id));
        }
        if let Some(trace) = trace {
            let _ = write!(line, "  trace {trace}");
        }
        lines.push(line);
    }
    lines
}
