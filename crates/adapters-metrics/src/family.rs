//! Every metric: its name, kind, labels and meaning. `docs/operations.md` has the same table.

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only goes up; begins anew with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Values by size: `_bucket`, `_sum` and `_count`.
    Histogram,
}

impl Kind {
    /// As the page names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Its name, the unit included.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// The names of its labels, `le` of a histogram aside.
    pub labels: &'static [&'static str],
    /// What it says, in a sentence.
    pub help: &'static str,
}

macro_rules! families {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(pub(crate) const $constant: Family = Family {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: $help,
        };)*

        /// Every metric, in the order of the page.
        pub const FAMILIES: &[Family] = &[$($constant),*];
    };
}

families! {
    BUILD: Gauge "rtmate_build_info" ["version"] "Always 1; says which version runs.";
    CONNECTIONS: Gauge "rtmate_connections" [] "Connections that are open or saying goodbye.";
    CONNECTIONS_LIMIT: Gauge "rtmate_connections_limit" [] "Connections that may be open (limits.connections).";
    AUTHENTICATED: Gauge "rtmate_authenticated_connections" ["app"] "Connections whose client is known.";
    OPENED: Counter "rtmate_connections_opened_total" [] "Connections that began.";
    CLOSES: Counter "rtmate_closes_total" ["reason"] "Connections that ended.";
    SUBSCRIPTIONS: Gauge "rtmate_subscriptions" ["app"] "Subscriptions.";
    CHANNELS: Gauge "rtmate_channels" [] "Channels with subscribers.";
    WATCHED: Gauge "rtmate_watched_channels" [] "Channels whose members somebody watches.";
    MEMBERS: Gauge "rtmate_presence_members" [] "Members of channels, those among them whose return is waited for.";
    QUEUE: Gauge "rtmate_queue_bytes" [] "Bytes that wait to be sent, with what it costs to keep them.";
    QUEUE_LIMIT: Gauge "rtmate_queue_bytes_limit" [] "Bytes that may wait to be sent (limits.queues).";
    DRAINING: Gauge "rtmate_draining" [] "1 while the server shuts down.";
    AUTH: Counter "rtmate_auth_total" ["result"] "Decided auth requests: accepted, or why not.";
    REFUSALS: Counter "rtmate_refusals_total" ["app", "reason"] "Refused requests; app is empty before auth.";
    LIMIT_REFUSALS: Counter "rtmate_limit_refusals_total" ["app", "limit"] "What limits refused; app is empty for attempts_per_address.";
    LIMIT_WARNINGS: Counter "rtmate_limit_warnings_total" ["app", "limit"] "How often 80 % of a limit were passed upwards.";
    FAULTS: Counter "rtmate_faults_total" [] "Requests that failed by a fault of the server; the log has the cause.";
    COMMANDS: Histogram "rtmate_command_seconds" ["command"] "From a request's arrival to its reply.";
    PUBLISHED: Counter "rtmate_messages_published_total" ["app"] "Messages that came in and were taken.";
    PUBLISHED_BYTES: Counter "rtmate_published_bytes_total" ["app"] "Bytes of their data.";
    DELIVERED: Counter "rtmate_messages_delivered_total" ["app"] "Messages handed to subscribers, each counted for each.";
    DELIVERED_BYTES: Counter "rtmate_delivered_bytes_total" ["app"] "Bytes of their frames.";
    DELIVERY: Histogram "rtmate_delivery_seconds" [] "From a message's stamp to the write for its last subscriber; once per write of gathered messages.";
    RECEIVED_BYTES: Counter "rtmate_received_bytes_total" [] "Bytes of requests over WebSocket, inflated.";
    REPLY_BYTES: Counter "rtmate_reply_bytes_total" [] "Bytes of their replies.";
    RECOVERIES: Counter "rtmate_recoveries_total" ["app", "verdict"] "Subscribers that said where they were: recovered, or lost.";
    COMMITS: Histogram "rtmate_store_commit_seconds" [] "Writing and syncing a group of the durable store.";
    GROUPS: Histogram "rtmate_store_commit_commands" [] "Commands in such a group.";
    STORE_FAULTS: Counter "rtmate_store_faults_total" [] "Writes and syncs that failed; all is refused until the store is open again.";
    WRITABLE: Gauge "rtmate_store_writable" [] "1 while the store takes writes, or where there is none.";
    WEBHOOKS: Counter "rtmate_webhook_requests_total" ["app", "result"] "Requests to webhooks: taken, or failed; dead ones were given up, lost ones too, and could not be kept.";
    WEBHOOK_EVENTS: Counter "rtmate_webhook_events_total" ["app"] "Events in requests that were taken.";
    WEBHOOK_GAPS: Counter "rtmate_webhook_gaps_total" ["app"] "How often the log no longer had events that a webhook was to be told.";
    WEBHOOK_LAG: Gauge "rtmate_webhook_lag_seconds" ["app"] "How long the oldest event has waited that one of the app's webhooks has not taken.";
    WEBHOOK_SECONDS: Histogram "rtmate_webhook_seconds" [] "Requests to webhooks that were taken.";
    RESIDENT: Gauge "process_resident_memory_bytes" [] "Memory of the process; Linux only.";
    CPU: Counter "process_cpu_seconds_total" [] "CPU time of the process, user and system; Linux only.";
    OPEN_FILES: Gauge "process_max_fds" [] "Files and sockets that the process may have open; Linux only.";
}
