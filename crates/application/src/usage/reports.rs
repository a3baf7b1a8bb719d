//! What the ledger says, hour by hour, or for whole days and months.

use std::sync::Arc;

use domain::{AppId, ErrorCode, Hour, Month, PriceList, Usage};

use super::Checkpoints;
use crate::{
    Refusal,
    causes::Causes,
    ports::{Clock, DomainEvent, EventSink, UsageLedger},
};

/// How long the times of a report's rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An hour each.
    Hour,
    /// A day each, from midnight UTC.
    Day,
    /// A month each.
    Month,
}

/// What an app used in some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// The first hour.
    pub from: Hour,
    /// The hour behind the last one.
    pub to: Hour,
    /// What was used.
    pub usage: Usage,
}

/// What an app used, step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// The first hour.
    pub from: Hour,
    /// The hour behind the last one.
    pub to: Hour,
    /// The steps with usage, in order. The first and the last may be cut by `from` and `to`.
    pub rows: Vec<UsageRow>,
    /// All of them together.
    pub total: Usage,
}

/// Reads the ledger for those who want to know what an app used.
pub struct UsageReports {
    ledger: Arc<dyn UsageLedger>,
    events: Arc<dyn EventSink>,
    clock: Arc<dyn Clock>,
    prices: PriceList,
}

impl UsageReports {
    /// The most hours that a report is about: 400 days.
    pub const MOST_HOURS: u32 = 400 * 24;
    /// The most hours that are told one by one: 31 days.
    pub const MOST_ROWS: u32 = 31 * 24;

    /// Reports of this ledger, at these prices.
    #[must_use]
    pub fn new(
        ledger: Arc<dyn UsageLedger>,
        events: Arc<dyn EventSink>,
        clock: Arc<dyn Clock>,
        prices: PriceList,
    ) -> Self {
        Self { ledger, events, clock, prices }
    }

    /// What an app used from `from` to before `to`; of this month until now, where nothing is said.
    ///
    /// # Errors
    /// `invalid_params`: the time is empty or too long; `unavailable`.
    pub async fn report(
        &self,
        app: &AppId,
        from: Option<Hour>,
        to: Option<Hour>,
        step: Step,
    ) -> Result<UsageReport, Refusal> {
        let to = to.unwrap_or_else(|| self.present().later(1));
        let last = Hour::from_number(to.number().saturating_sub(1));
        let from = from.unwrap_or_else(|| last.month().begins());
        let hours = to.number().saturating_sub(from.number());
        let most = if step == Step::Hour { Self::MOST_ROWS } else { Self::MOST_HOURS };
        if hours == 0 {
            return Err(invalid("from is not before to"));
        }
        if hours > most {
            return Err(invalid(&format!("from and to are more than {} days apart", most / 24)));
        }
        let read = self.ledger.read(app, from, to).await;
        let hours = read.map_err(|error| {
            let (what, cause) = ("usage", &Causes(&error));
            self.events.record(&DomainEvent::BackendFailed { app, what, cause, trace: None });
            Refusal::later(ErrorCode::Unavailable, Checkpoints::INTERVAL)
        })?;
        let (mut rows, mut total): (Vec<UsageRow>, _) = (Vec::new(), Usage::default());
        for (hour, usage) in hours {
            total.add(&usage);
            match rows.last_mut().filter(|row| hour < row.to) {
                Some(row) => row.usage.add(&usage),
                None => {
                    let (begins, ends) = step.around(hour);
                    let (from, to) = (begins.max(from), ends.min(to));
                    rows.push(UsageRow { from, to, usage });
                }
            }
        }
        Ok(UsageReport { from, to, rows, total })
    }

    /// What an app used in a month.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn month(&self, app: &AppId, month: Month) -> Result<Usage, Refusal> {
        let hours = month.hours();
        let report = self.report(app, Some(hours.start), Some(hours.end), Step::Month).await?;
        Ok(report.total)
    }

    /// Whether nothing is added to what came before this hour any more, as long as the clock does not
    /// go back.
    #[must_use]
    pub fn is_closed(&self, to: Hour) -> bool {
        to.begins().after(Checkpoints::CLOSED_AFTER) <= self.clock.now()
    }

    /// What usage costs.
    #[must_use]
    pub const fn prices(&self) -> &PriceList {
        &self.prices
    }

    /// The present hour.
    #[must_use]
    pub fn present(&self) -> Hour {
        Hour::of(self.clock.now())
    }
}

impl Step {
    /// The stable machine name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The step that an hour is in.
    fn around(self, hour: Hour) -> (Hour, Hour) {
        match self {
            Self::Hour => (hour, hour.later(1)),
            Self::Day => (hour.of_day(), hour.of_day().later(24)),
            Self::Month => {
                let hours = hour.month().hours();
                (hours.start, hours.end)
            }
        }
    }
}

fn invalid(detail: &str) -> Refusal {
    Refusal::because(ErrorCode::InvalidParams, detail)
}
