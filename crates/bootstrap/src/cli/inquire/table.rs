//! The text of a table: one line for each app, then the largest channels.

use std::fmt::Write as _;

use super::{
    server::plain,
    times::written,
    top::{Look, Row},
};

/// Channels that are shown.
const CHANNELS: usize = 15;

/// What is shown, line by line.
pub(super) fn text(server: &str, rows: &[Row]) -> String {
    let latest = rows.iter().filter_map(|row| row.now.as_ref().ok()).map(|look| look.at).max();
    let at = latest.map_or_else(|| "no answer yet".to_owned(), written);
    let mut text = format!("{server}  {at}\n\n");
    // To a text nothing fails.
    let _ = writeln!(
        text,
        "{:<24} {:>11} {:>13} {:>9} {:>9} {:>9} {:>9}",
        "APP", "CONNECTIONS", "SUBSCRIPTIONS", "CHANNELS", "IN/S", "OUT/S", "REFUSED/S"
    );
    for row in rows {
        let app = plain(&row.app);
        let _ = match &row.now {
            Err(why) => writeln!(text, "{app:<24} {}", plain(why)),
            Ok(now) => writeln!(text, "{app:<24} {}", figures(row.before.as_ref(), now)),
        };
    }
    let mut channels: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row.app.as_str(), row.now.as_ref().ok()?)))
        .flat_map(|(app, look)| look.largest.iter().map(move |channel| (app, channel)))
        .collect();
    if channels.is_empty() {
        return text;
    }
    channels.sort_by_key(|(_, channel)| std::cmp::Reverse(channel.subscribers));
    let _ = writeln!(text, "\n{:<24} {:>11}  CHANNEL", "APP", "SUBSCRIBERS");
    for (app, channel) in channels.into_iter().take(CHANNELS) {
        let (app, name) = (plain(app), plain(&channel.channel));
        let _ = writeln!(text, "{app:<24} {:>11}  {name}", channel.subscribers);
    }
    text
}

fn figures(before: Option<&Look>, now: &Look) -> String {
    let count = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let rate = |of: fn(&Look) -> Option<u64>| {
        let rate = before.and_then(|before| per_second(before, now, of));
        rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}"))
    };
    format!(
        "{:>11} {:>13} {:>9} {:>9} {:>9} {:>9}",
        count(now.connections),
        count(now.subscriptions),
        now.channels,
        rate(|look| look.published),
        rate(|look| look.delivered),
        rate(|look| look.refused),
    )
}

/// Nothing where the server began anew in between: it counts from 0 again.
fn per_second(before: &Look, now: &Look, of: fn(&Look) -> Option<u64>) -> Option<f64> {
    let more = of(now)?.checked_sub(of(before)?)?;
    let millis = now.at.checked_sub(before.at).filter(|millis| *millis > 0)?;
    #[expect(clippy::cast_precision_loss, reason = "it is shown with one digit behind the point")]
    Some(more as f64 * 1000.0 / millis as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at: u64, published: u64) -> Look {
        Look { at, published: Some(published), ..Look::default() }
    }

    #[test]
    fn a_rate_is_what_came_between_two_looks() {
        let rate = |before, now| per_second(&before, &now, |look| look.published);
        assert_eq!(rate(look(1000, 10), look(3000, 15)), Some(2.5));
        assert_eq!(rate(look(1000, 10), look(3000, 3)), None, "it began anew");
        assert_eq!(rate(look(1000, 10), look(1000, 10)), None);
    }

    #[test]
    fn an_app_without_an_answer_says_why() {
        let now = Err("gone\u{1b}[31m".to_owned());
        let row = Row { app: "shop".to_owned(), before: None, now };
        let text = text("http://127.0.0.1:1", &[row]);
        assert!(text.contains("shop                     gone[31m\n"), "{text:?}");
    }
}
