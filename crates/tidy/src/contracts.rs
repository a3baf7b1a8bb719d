//! Each numbered guarantee of a port has its function in the contract suite.

use std::collections::BTreeSet;

use crate::{
    repository::{files, read},
    rule::Rule,
};

const PORTS: &str = "crates/application/src/ports/";

/// The numbers of lines such as `/// 2. The signature is judged ...`.
fn guarantees(port: &str) -> BTreeSet<u32> {
    port.lines()
        .filter_map(|line| line.strip_prefix("/// ")?.split_once(". ")?.0.parse().ok())
        .collect()
}

/// The numbers of lines such as `/// Guarantee 2: ...` or `/// Guarantees 1 and 2: ...`.
fn proved(suite: &str) -> BTreeSet<u32> {
    suite
        .lines()
        .filter_map(|line| line.strip_prefix("/// Guarantee"))
        .filter_map(|rest| rest.split_once(':'))
        .flat_map(|(numbers, _)| numbers.split(|c: char| !c.is_ascii_digit()))
        .filter_map(|number| number.parse().ok())
        .collect()
}

#[test]
fn every_guarantee_has_its_suite() {
    let mut rule = Rule::new(
        "each numbered guarantee of a port has a function in its contract suite",
        "write the function in crates/testkit/src/contracts, its rustdoc begins `Guarantee N:`",
    );
    let mut numbered = 0;
    for path in files(&[".rs"]) {
        let Some(name) = path.strip_prefix(PORTS) else { continue };
        let promised = guarantees(&read(&path));
        if promised.is_empty() {
            continue;
        }
        numbered += 1;
        // A suite that is too long for one file has others in the folder of its name.
        let suite = format!("crates/testkit/src/contracts/{}", name.trim_end_matches(".rs"));
        let belongs = |path: &&String| {
            path.strip_prefix(&suite).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        let kept: BTreeSet<u32> =
            files(&[".rs"]).iter().filter(belongs).flat_map(|path| proved(&read(path))).collect();
        for number in promised.difference(&kept) {
            rule.broken_by(format!("{path}: guarantee {number}"));
        }
    }
    assert!(numbered >= 10, "the ports are not understood");
    rule.judge();
}
