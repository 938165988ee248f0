//! The chart as an archive, the same bytes on every machine.
//!
//! Helm reads the archive's entries below a folder of the chart's name (`pkg/chart/loader/archive`). Order, owner, mode
//! and time are fixed; the time is SOURCE_DATE_EPOCH, which the caller hands in.

use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};

use super::folder::Files;
use super::source::{NAME, VERSION};

/// Name of the archive.
#[must_use]
pub fn file_name() -> String {
    format!("{NAME}-{VERSION}.tgz")
}

/// The archive. `epoch` is the time of every entry, in seconds since 1970.
///
/// # Errors
/// Only where a path is too long for the format.
pub fn package(files: &Files, epoch: u64) -> io::Result<Vec<u8>> {
    let mtime = u32::try_from(epoch).unwrap_or(u32::MAX);
    // 255: the operating system is not said.
    let gz = GzBuilder::new().mtime(mtime).operating_system(255).write(Vec::new(), Compression::best());
    let mut tar = tar::Builder::new(gz);
    // Chart.yaml comes first, so that a reader of the stream knows at once what it is; .helmignore keeps `ci/` out.
    let first = files.get_key_value("Chart.yaml");
    let rest = files.iter().filter(|(path, _)| *path != "Chart.yaml" && !path.starts_with("ci/"));
    for (path, text) in first.into_iter().chain(rest) {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(epoch);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, format!("{NAME}/{path}"), text.as_bytes())?;
    }
    let mut gz = tar.into_inner()?;
    gz.flush()?;
    gz.finish()
}
