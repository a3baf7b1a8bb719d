//! What usage costs: prices, and the items of a bill. Whole numbers only, no floating point.

use std::fmt;

use crate::{Metric, Usage};

/// A price list. Empty where nothing is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    /// The currency's code, as bills name it.
    pub currency: String,
    /// Digits behind the point of an amount, at most [`Self::MOST_DECIMALS`].
    pub decimals: u8,
    /// In the order of the bill; several may be about the same metric.
    pub prices: Vec<Price>,
}

impl PriceList {
    /// The most digits behind the point of an amount.
    pub const MOST_DECIMALS: u8 = 4;
}

impl Default for PriceList {
    fn default() -> Self {
        Self { currency: "EUR".to_owned(), decimals: 2, prices: Vec::new() }
    }
}

/// What so much of something costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// What is charged.
    pub metric: Metric,
    /// So much of it ...
    pub per: u64,
    /// ... costs so much. A part of it costs its part.
    pub price: Decimal,
    /// So much of it costs nothing.
    pub included: u64,
}

/// A price: up to a million, with up to nine digits behind the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// In thousand-millionths.
    nanos: u64,
}

/// An amount of money, rounded to the currency's digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    minor: u128,
    decimals: u8,
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillItem {
    /// Its price.
    pub price: Price,
    /// What was used.
    pub quantity: u64,
    /// What of it is charged.
    pub billed: u64,
    /// What that costs.
    pub amount: Amount,
}

/// What an app has to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// In the order of the price list.
    pub items: Vec<BillItem>,
    /// The sum of their amounts, as they are rounded.
    pub total: Amount,
}

/// A minute of connections or members, in what is counted.
const MINUTE_MS: u64 = 60_000;
/// Digits of a price behind the point.
const NANOS: u128 = 1_000_000_000;
const NANO_DIGITS: usize = 9;

impl Metric {
    /// What it is called where it is charged: milliseconds are charged as minutes.
    #[must_use]
    pub const fn charged_as(self) -> &'static str {
        match self {
            Self::ConnectionMs => "connection_minutes",
            Self::PresenceMs => "presence_minutes",
            Self::Messages
            | Self::Deliveries
            | Self::BytesIn
            | Self::BytesOut
            | Self::PeakConnections
            | Self::PeakChannels
            | Self::HistoryBytes
            | Self::WebhookDeliveries
            | Self::Recoveries => self.name(),
        }
    }

    /// The metric that is charged under this name.
    #[must_use]
    pub fn charged(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.charged_as() == name)
    }

    /// How much of it is charged: of milliseconds the whole minutes.
    fn quantity(self, usage: &Usage) -> u64 {
        let count = usage.get(self);
        if matches!(self, Self::ConnectionMs | Self::PresenceMs) {
            count / MINUTE_MS
        } else {
            count
        }
    }
}

impl Decimal {
    /// `0.25`, `1000`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
        let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(rest) || rest.len() > NANO_DIGITS || whole.len() > 7 {
            return None;
        }
        let nanos = format!("{whole}{rest:0<NANO_DIGITS$}").parse().ok()?;
        (nanos <= 1_000_000 * 1_000_000_000).then_some(Self { nanos })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Amount { minor: self.nanos.into(), decimals: 9 }.to_string();
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.decimals);
        let unit = 10u128.pow(self.decimals.into());
        let (whole, rest) = (self.minor / unit, self.minor % unit);
        if digits == 0 { write!(f, "{whole}") } else { write!(f, "{whole}.{rest:0digits$}") }
    }
}

impl Price {
    /// What this much costs. Computed exactly, then rounded once, half up.
    fn amount(&self, billed: u64, decimals: u8) -> Amount {
        let unit = 10u128.pow(decimals.into());
        let cost = u128::from(billed).saturating_mul(self.price.nanos.into());
        let cost = cost.saturating_mul(unit);
        let divisor = u128::from(self.per.max(1)) * NANOS;
        let minor = cost / divisor + u128::from(cost % divisor >= divisor.div_ceil(2));
        Amount { minor, decimals }
    }
}

impl Bill {
    /// What a month's usage costs.
    #[must_use]
    pub fn of(usage: &Usage, prices: &PriceList) -> Self {
        let decimals = prices.decimals;
        let item = |price: &Price| {
            let quantity = price.metric.quantity(usage);
            let billed = quantity.saturating_sub(price.included);
            let amount = price.amount(billed, decimals);
            BillItem { price: price.clone(), quantity, billed, amount }
        };
        let items: Vec<_> = prices.prices.iter().map(item).collect();
        let sum = items.iter().fold(0u128, |sum, item| sum.saturating_add(item.amount.minor));
        Self { items, total: Amount { minor: sum, decimals } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(metric: Metric, per: u64, price: &str, included: u64) -> Price {
        Price { metric, per, price: Decimal::parse(price).unwrap(), included }
    }

    fn bill(counts: &[(Metric, u64)], prices: Vec<Price>) -> (Vec<String>, String) {
        let mut usage = Usage::default();
        counts.iter().for_each(|(metric, count)| usage.count(*metric, *count));
        let bill = Bill::of(&usage, &PriceList { currency: "EUR".into(), decimals: 2, prices });
        (bill.items.iter().map(|item| item.amount.to_string()).collect(), bill.total.to_string())
    }

    #[test]
    fn a_bill_is_exact_and_rounds_each_line_once() {
        let messages = |count| [(Metric::Messages, count)];
        let million = || vec![price(Metric::Messages, 1_000_000, "1.25", 1_000_000)];
        assert_eq!(bill(&messages(999_999), million()).1, "0.00");
        assert_eq!(bill(&messages(3_000_000), million()).1, "2.50");
        // 0.005 is rounded up, less is not.
        assert_eq!(bill(&messages(1_004_000), million()).1, "0.01");
        assert_eq!(bill(&messages(1_003_999), million()).1, "0.00");
        let thirds = || price(Metric::Messages, 3, "1", 0);
        let (items, total) = bill(&messages(1), vec![thirds(), thirds(), thirds()]);
        assert_eq!((items, &*total), (vec!["0.33".to_owned(); 3], "0.99"), "the sum of its lines");
        let most = price(Metric::BytesOut, 1, "1000000", 0);
        assert_eq!(
            bill(&[(Metric::BytesOut, u64::MAX)], vec![most]).1,
            "18446744073709551615000000.00"
        );
    }

    #[test]
    fn minutes_are_whole_and_peaks_are_charged_as_they_are() {
        let prices = vec![
            price(Metric::ConnectionMs, 1, "0.1", 0),
            price(Metric::PeakConnections, 100, "5", 0),
        ];
        let used = [(Metric::ConnectionMs, 119_999), (Metric::PeakConnections, 250)];
        assert_eq!(bill(&used, prices).0, ["0.10", "12.50"]);
        assert_eq!(Metric::charged("connection_minutes"), Some(Metric::ConnectionMs));
        assert_eq!(
            (Metric::charged("connection_ms"), Metric::charged("bytes_in")),
            (None, Some(Metric::BytesIn))
        );
    }

    #[test]
    fn a_price_is_digits_with_a_point() {
        for (text, shown) in
            [("0", "0"), ("1.50", "1.5"), ("0.000000001", "0.000000001"), ("1000000", "1000000")]
        {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), shown);
        }
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "1,5",
            "1.0000000001",
            "1000000.1",
            "9999999",
            "１",
        ] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
    }
}
