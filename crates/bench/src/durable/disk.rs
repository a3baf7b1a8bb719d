//! The disk's own rate, to hold sends against.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use crate::fault::Fault;

/// About what one send writes.
const BYTES: usize = 300;
/// How often a second this disk appends a few bytes to a file and syncs them (`fdatasync`).
pub(super) fn syncs_per_second(folder: &Path, time: Duration) -> Result<f64, Fault> {
    let path = folder.join("syncs");
    let io = Fault::io("measuring the disk");
    let mut file = File::create(&path).map_err(&io)?;
    let (began, mut syncs) = (Instant::now(), 0u32);
    while began.elapsed() < time {
        file.write_all(&[7; BYTES]).and_then(|()| file.sync_data()).map_err(&io)?;
        syncs += 1;
    }
    let rate = f64::from(syncs) / began.elapsed().as_secs_f64();
    fs::remove_file(&path).map_err(&io)?;
    Ok(rate)
}
