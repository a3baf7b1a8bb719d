//! `[billing]`: what usage costs.

use domain::{Decimal, Metric, Price, PriceList};
use serde::Deserialize;

use super::{
    bounds::within,
    key_path::KeyPath,
    problem::Problem,
    scalar::{Count, Large, Text},
};

/// Prices at most: more would be no bill that anybody reads.
const MOST: usize = 64;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBilling {
    currency: Option<Text>,
    decimals: Option<Count>,
    #[serde(default)]
    prices: Vec<RawPrice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrice {
    metric: Text,
    per: Option<Large>,
    price: Text,
    included: Option<Large>,
}

impl RawBilling {
    pub(crate) fn parse(self, path: &KeyPath) -> Result<PriceList, Problem> {
        let PriceList { currency, decimals, .. } = PriceList::default();
        let currency = self.currency.as_deref().unwrap_or(&currency);
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let message = "must be the code of a currency, such as EUR";
            return Err(Problem::value(&path.key("currency"), message));
        }
        let decimals = self.decimals.map_or(decimals.into(), |decimals| decimals.0);
        let most = u32::from(PriceList::MOST_DECIMALS);
        let decimals = within(&path.key("decimals"), decimals, 0..=most)?;
        let prices = path.key("prices");
        if self.prices.len() > MOST {
            return Err(Problem::at(&prices, format!("there are more than {MOST}")));
        }
        let all = self.prices.into_iter().enumerate();
        let parsed = all.map(|(index, price)| price.parse(&prices.index(index)));
        Ok(PriceList {
            currency: currency.to_owned(),
            decimals: u8::try_from(decimals).unwrap_or(0),
            prices: parsed.collect::<Result<_, _>>()?,
        })
    }
}

impl RawPrice {
    fn parse(self, path: &KeyPath) -> Result<Price, Problem> {
        let metric = Metric::charged(&self.metric).ok_or_else(|| {
            let known = Metric::ALL.map(Metric::charged_as).join(", ");
            Problem::value(&path.key("metric"), format!("must be one of {known}"))
        })?;
        let price = Decimal::parse(&self.price).ok_or_else(|| {
            let message =
                "must be a text like \"1.25\": up to 1000000, up to nine digits behind the point";
            Problem::value(&path.key("price"), message)
        })?;
        let bounds = 1..=1_000_000_000_000_000;
        let per = within(&path.key("per"), self.per.map_or(1, |per| per.0), bounds)?;
        let included = self.included.map_or(0, |included| included.0);
        let included = within(&path.key("included"), included, 0..=1_000_000_000_000_000)?;
        Ok(Price { metric, per, price, included })
    }
}
