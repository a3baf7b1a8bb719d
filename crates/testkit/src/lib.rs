//! Contract suites for every port, a manual clock, builders.
