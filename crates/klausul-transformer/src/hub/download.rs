//! A file of the hub into the cache.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use klausul_core::Result;

use super::Progress;
use super::cache::{ModelCache, check_fetched, unwritable};
use super::client::{Client, Described, text};
use super::failure::Failure;

/// Bytes that are read at once.
const PART: usize = 1 << 17;

/// Puts a file of a commit where the cache has it, unless it is there. What an earlier run left of it is taken up.
///
/// # Errors
/// [`klausul_core::ErrorKind::Io`] when the hub is not reached or refuses, or the cache cannot be written;
/// [`klausul_core::ErrorKind::Format`] when the file is not what the hub says.
pub(super) fn download(
    client: &Client<'_>,
    cache: &ModelCache,
    commit: &str,
    file: &str,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<()> {
    let pointer = cache.snapshot(commit).join(file);
    if pointer.exists() {
        return Ok(());
    }
    let Described { etag, size } = client.describe(commit, file)?;
    let blob = cache.blob(&etag);
    // Another process that fetches the same is waited for, and what it fetched is taken.
    let _lock = cache.lock(&etag)?;
    if !blob.exists() {
        let unfinished = cache.unfinished(&etag);
        client.persist(file, || append(client, commit, file, size, &unfinished, progress))?;
        check_fetched(&unfinished, &etag, size).map_err(|error| error.at(&pointer))?;
        std::fs::rename(&unfinished, &blob).map_err(|error| unwritable(error, &blob))?;
    }
    cache.link(&etag, &pointer)
}

/// Adds to a file what it lacks. It may end up with another size than it should have: a server may say one thing and send
/// another.
fn append(
    client: &Client<'_>,
    commit: &str,
    file: &str,
    size: u64,
    path: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), Failure> {
    let local = |error: io::Error| unwritable(error, path);
    // Not for appending: Windows does not shorten files that are opened so.
    let mut held = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(local)?;
    let mut done = held.seek(SeekFrom::End(0)).map_err(local)?;
    if done > size {
        done = restart(&mut held).map_err(local)?;
    }
    if done == size {
        return Ok(());
    }
    let answer = client.read(commit, file, done)?;
    if answer.status() == 416 {
        return Ok(());
    }
    let continues =
        text(answer.headers(), "content-range").is_some_and(|range| range.starts_with(&format!("bytes {done}-")));
    if done > 0 && !(answer.status() == 206 && continues) {
        done = restart(&mut held).map_err(local)?;
    }
    // One byte too many is enough to see that the size is wrong.
    let mut body = answer.into_body().into_reader().take(size - done + 1);
    let mut part = vec![0; PART];
    loop {
        let read = body.read(&mut part).map_err(ureq::Error::from)?;
        if read == 0 {
            break;
        }
        held.write_all(&part[..read]).map_err(local)?;
        done += read as u64;
        progress(Progress { file, done: done.min(size), size });
    }
    held.sync_all().map_err(local)?;
    if done < size { Err(Failure::cut()) } else { Ok(()) }
}

/// Empties a file; nothing of it is done.
fn restart(held: &mut File) -> io::Result<u64> {
    held.set_len(0)?;
    held.seek(SeekFrom::Start(0))
}
