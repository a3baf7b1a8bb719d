//! Tests that keep what a machine can keep. Each failure prints the rule and the mend.
//!
//! * `dependencies`: who may depend on whom, what stays out of the inner crates, one crypto
//!   provider.
//! * `sources`: every Rust file says what it is, files stay small, names say something.
//! * `tables`: errors, close codes, log lines and metrics in the documents are those of the code.
//! * `contracts`: each numbered guarantee of a port has its function in the suite.
//! * `toolchain`: the promised Rust is one that the dependencies build with.
//! * `documents`: links resolve, decisions are listed, the two READMEs say the same.
//!
//! `repository` finds the files, `markdown` reads tables and blocks, `rule` collects what breaks a
//! rule.

#[cfg(test)]
mod contracts;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod log_lines;
#[cfg(test)]
mod markdown;
#[cfg(test)]
mod repository;
#[cfg(test)]
mod rule;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod toolchain;
