//! Just enough of Markdown: headings, tables, fenced blocks, links.

/// A line that is not in a fenced block, with its number from 1.
pub(crate) fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((index + 1, line));
        }
    }
    lines
}

/// Headings without their marks, in order.
pub(crate) fn headings(text: &str) -> Vec<&str> {
    let heading = |(_, line): &(usize, &'_ str)| line.starts_with('#');
    prose(text).into_iter().filter(heading).map(|(_, line)| line.trim_matches(['#', ' '])).collect()
}

/// The rows of the first table under a heading, without head and rule; cells without marks.
pub(crate) fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let lines = prose(text).into_iter().map(|(_, line)| line);
    let mut lines =
        lines.skip_while(|line| !line.starts_with('#') || line.trim_matches(['#', ' ']) != heading);
    assert!(lines.next().is_some(), "there is no heading `{heading}`");
    let rows = lines.take_while(|line| !line.starts_with('#')).skip_while(|line| !is_row(line));
    rows.take_while(|line| is_row(line)).skip(2).map(cells).collect()
}

fn is_row(line: &str) -> bool {
    line.starts_with('|')
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|').trim_end_matches('|');
    row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
}

/// The texts of all fenced blocks, each with its language.
pub(crate) fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match line.trim_start().strip_prefix("```") {
            Some(_) if open => open = false,
            Some(language) => {
                open = true;
                blocks.push((language.trim().to_owned(), String::new()));
            }
            None if open => {
                if let Some((_, block)) = blocks.last_mut() {
                    block.push_str(line);
                    block.push('\n');
                }
            }
            None => {}
        }
    }
    blocks
}

/// Targets of inline links, with their line.
pub(crate) fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("](") {
            let Some((target, after)) = after.split_once(')') else { break };
            links.push((number, target));
            rest = after;
        }
    }
    links
}

/// The anchor that a heading gets: lower case, spaces to hyphens, other signs gone.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_document_is_read() {
        let text = "# One\n[a](b.md) and [c](d#e)\n```sh\n# no heading\nls\n```\n\
            ## Two `x`, y\n\n| a | b |\n|---|---|\n| `1` | two |\n\nend\n";
        assert_eq!(headings(text), ["One", "Two `x`, y"]);
        assert_eq!(links(text), [(2, "b.md"), (2, "d#e")]);
        assert_eq!(blocks(text), [("sh".to_owned(), "# no heading\nls\n".to_owned())]);
        assert_eq!(table(text, "Two `x`, y"), [["1", "two"]]);
        assert_eq!(anchor("Two `x`, y"), "two-x-y");
    }
}
