//! The configuration and the command line, from the outside.

mod cli;
mod demo_secrets;
mod documentation;
mod effective;
mod exposure;
mod layers;
mod refusals;
mod scratch;
mod token;
mod valid;
