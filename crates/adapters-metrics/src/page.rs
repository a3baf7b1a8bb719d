//! The page: Prometheus' text format, version 0.0.4.

use std::fmt::Write;

use crate::{
    family::{Family, Kind},
    histogram::Histogram,
};

/// A page that is being written, one family after the other.
pub(crate) struct Page(String);

/// The samples of one family.
pub(crate) struct Samples<'a> {
    page: &'a mut String,
    family: &'static Family,
}

impl Page {
    pub(crate) fn new() -> Self {
        Self(String::with_capacity(16 * 1024))
    }

    /// Begins a family.
    pub(crate) fn family(&mut self, family: &'static Family) -> Samples<'_> {
        let Family { name, kind, help, .. } = family;
        // Writing to a text does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {}", kind.name());
        Samples { page: &mut self.0, family }
    }

    /// A family of one sample without labels.
    pub(crate) fn value(&mut self, family: &'static Family, value: u64) {
        self.family(family).value(&[], value);
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

impl Samples<'_> {
    /// A sample whose labels have these values, in the family's order.
    pub(crate) fn value(&mut self, labels: &[&str], value: u64) {
        self.sample("", labels, None, &value.to_string());
    }

    /// The same of thousandths.
    pub(crate) fn millis(&mut self, labels: &[&str], value: u64) {
        self.sample("", labels, None, &fraction(value, 1_000));
    }

    /// All samples of a histogram.
    pub(crate) fn histogram(&mut self, labels: &[&str], histogram: &Histogram) {
        debug_assert_eq!(self.family.kind, Kind::Histogram);
        let unit = histogram.scale.unit;
        let counts = histogram.cumulative();
        let bounds = histogram.scale.bounds.iter().map(|bound| fraction(*bound, unit));
        for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(&counts) {
            self.sample("_bucket", labels, Some(&bound), &count.to_string());
        }
        self.sample("_sum", labels, None, &fraction(histogram.sum(), unit));
        let all = counts.last().copied().unwrap_or_default();
        self.sample("_count", labels, None, &all.to_string());
    }

    fn sample(&mut self, part: &str, labels: &[&str], bound: Option<&str>, value: &str) {
        self.page.push_str(self.family.name);
        self.page.push_str(part);
        let labels = self.family.labels.iter().copied().zip(labels.iter().copied());
        let mut between = '{';
        for (name, text) in labels.chain(bound.map(|bound| ("le", bound))) {
            // Ids and reasons: their alphabets have nothing that would have to be escaped.
            debug_assert!(!text.contains(['"', '\\', '\n']), "{text}");
            let _ = write!(self.page, "{between}{name}=\"{text}\"");
            between = ',';
        }
        let end = if between == ',' { "}" } else { "" };
        let _ = writeln!(self.page, "{end} {value}");
    }
}

/// `value` of `unit`, as a decimal without superfluous digits; `unit` is a power of ten.
fn fraction(value: u64, unit: u64) -> String {
    let (whole, rest) = (value / unit, value % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let digits = usize::try_from(unit.ilog10()).unwrap_or(0);
    format!("{whole}.{rest:0digits$}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{family, histogram::TIMES};

    #[test]
    fn fractions_are_decimals() {
        let texts = [(0, "0"), (100_000, "0.0001"), (2_500_000_000, "2.5"), (1, "0.000000001")];
        for (nanos, text) in texts {
            assert_eq!(fraction(nanos, 1_000_000_000), text);
        }
        assert_eq!(fraction(12, 1), "12");
    }

    #[test]
    fn a_histogram_has_its_buckets_sum_and_count() {
        let times = Histogram::new(&TIMES);
        times.observe(300_000);
        let mut page = Page::new();
        page.family(&family::COMMANDS).histogram(&["send"], &times);
        let text = page.finish();
        for line in [
            "# TYPE rtmate_command_seconds histogram",
            "rtmate_command_seconds_bucket{command=\"send\",le=\"0.00025\"} 0",
            "rtmate_command_seconds_bucket{command=\"send\",le=\"0.0005\"} 1",
            "rtmate_command_seconds_bucket{command=\"send\",le=\"+Inf\"} 1",
            "rtmate_command_seconds_sum{command=\"send\"} 0.0003",
            "rtmate_command_seconds_count{command=\"send\"} 1",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
    }
}
