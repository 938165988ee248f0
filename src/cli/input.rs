//! Reading what the user names: files, standard input. Limits keep a wrong file from filling the memory.

use std::fs::File;
use std::io::{self, Read};

use super::Failure;

/// Largest file that is read, in bytes. Values files are kilobytes.
const LIMIT: u64 = 20 * 1024 * 1024;

/// Reads a values file; `-` is standard input.
pub(super) fn values_file(name: &str) -> Result<String, Failure> {
    if name.contains("://") {
        return Err(Failure::input(format!(
            "{name}: values files are read from disk only; download it first"
        )));
    }
    text(name).map_err(|e| match e.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::FileTooLarge => Failure::input(format!("{name}: {e}")),
        io::ErrorKind::NotFound => Failure::system(format!("open {name}: no such file or directory")),
        _ => Failure::system(format!("open {name}: {}", plain(&e))),
    })
}

/// What the system says, without the number that only it knows.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Reads a file of `--set-file`, or standard input for `-`.
///
/// # Errors
/// The file cannot be read, is larger than 20 MiB, or is not UTF-8.
pub(super) fn text(name: &str) -> io::Result<String> {
    let source: &mut dyn Read = if name == "-" { &mut io::stdin() } else { &mut File::open(name)? };
    let mut bytes = Vec::new();
    source.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        let message = format!("larger than {} MiB, which no values file is", LIMIT >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    String::from_utf8(bytes).map_err(|e| {
        let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = valid.split(|b| *b == b'\n').count();
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is not UTF-8 text"))
    })
}
