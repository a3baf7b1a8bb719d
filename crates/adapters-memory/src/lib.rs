//! In-process adapters: production for one node and the fakes of every test.
