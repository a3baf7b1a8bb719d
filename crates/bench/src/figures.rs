//! What a run found: named numbers, for people and for machines.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

/// The figures of one run, in the order in which they are shown. A name ends with its unit.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    rows: Vec<(&'static str, f64)>,
    warnings: Vec<String>,
}

impl Figures {
    /// Notes a figure.
    pub fn put(&mut self, name: &'static str, value: f64) {
        self.rows.push((name, value));
    }

    /// Notes a figure that counts.
    pub fn count(&mut self, name: &'static str, count: u64) {
        self.put(name, count as f64);
    }

    /// Notes why the figures may not be trusted.
    pub fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// A figure by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.rows.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The names of all figures.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.rows.iter().map(|(name, _)| *name).collect()
    }

    /// What makes the figures doubtful.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// A line per figure.
    #[must_use]
    pub fn table(&self, title: &str) -> String {
        let width = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut table = format!("{title}\n");
        for (name, value) in &self.rows {
            // Writing to a text can't fail.
            _ = writeln!(table, "  {name:width$}  {:>14}", number(*value));
        }
        for warning in &self.warnings {
            _ = writeln!(table, "  warning: {warning}");
        }
        table
    }

    /// One JSON object.
    #[must_use]
    pub fn json(&self, title: &str) -> Value {
        let figures: Map<String, Value> =
            self.rows.iter().map(|(name, value)| ((*name).to_owned(), exact(*value))).collect();
        #[derive(Serialize)]
        struct Report<'a> {
            scenario: &'a str,
            figures: Map<String, Value>,
            warnings: &'a [String],
        }
        let report = Report { scenario: title, figures, warnings: &self.warnings };
        serde_json::to_value(report).unwrap_or_default()
    }
}

/// Whole numbers without a point.
fn exact(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { (value as i64).into() } else { value.into() }
}

/// As many decimals as are worth reading.
pub(crate) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        ..10.0 => 3,
        ..1000.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_have_all_figures() {
        let mut figures = Figures::default();
        figures.count("deliveries", 12_000);
        figures.put("server_cpu_us_per_delivery", 6.7254);
        figures.warn("busy".into());
        let table = figures.table("fanout");
        assert!(table.contains("12000\n") && table.contains("6.725\n"), "{table}");
        assert!(table.contains("warning: busy"), "{table}");
        assert_eq!(
            figures.json("fanout").to_string(),
            r#"{"figures":{"deliveries":12000,"server_cpu_us_per_delivery":6.7254},"scenario":"fanout","warnings":["busy"]}"#
        );
        assert_eq!(figures.get("deliveries"), Some(12_000.0));
    }
}
