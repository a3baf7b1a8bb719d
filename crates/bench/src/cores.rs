//! Which cores a thread may use, and how many files a process may open.

use rustix::{
    process::{Resource, Rlimit, getrlimit, setrlimit},
    thread::{CpuSet, sched_setaffinity},
};

use crate::fault::Fault;

/// Binds the calling thread, and the children that it starts from now on, to these cores.
pub(crate) fn bind(cores: &[usize]) -> Result<(), Fault> {
    let mut set = CpuSet::new();
    for core in cores.iter().filter(|core| **core < CpuSet::MAX_CPU) {
        set.set(*core);
    }
    sched_setaffinity(None, &set)
        .map_err(|error| Fault::Io { what: "binding to a core", error: error.into() })
}

/// Lets this process and its children open as many files as the hard limit says. Where that fails
/// a run with too many connections says so by itself.
pub(crate) fn open_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
