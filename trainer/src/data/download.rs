//! Downloads one file by HTTP into a `.part` file that the next attempt continues.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;
use tillsense_compiler::files;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use super::error::{DataError, Problem};

/// Number of attempts in a row without a byte after which a download is given up.
const FRUITLESS: u32 = 2;
/// Limit of a download, more than any file of the sets has.
pub(crate) const MOST_BYTES: u64 = 128 << 20;
const CONNECT: Duration = Duration::from_secs(20);
/// Longest silence of a server.
const SILENCE: Duration = Duration::from_secs(60);

/// An HTTP client; `local` ignores a proxy that the environment may name.
pub(crate) fn agent(local: bool) -> Agent {
    let config = Agent::config_builder()
        .user_agent("tillsense")
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(SILENCE))
        .timeout_per_read(Some(SILENCE));
    let config = if local { config.proxy(None) } else { config };
    config.build().new_agent()
}

/// Downloads `url` to `part`, going on behind the bytes already there if the server can. `length`, if known, is what `part` must
/// come to. After an error that a further attempt may mend, the bytes that arrived are kept.
pub(crate) fn download(
    agent: &Agent,
    url: &str,
    part: &Path,
    length: Option<u64>,
    bar: &ProgressBar,
) -> Result<(), DataError> {
    let mut fruitless = 0;
    loop {
        let before = size(part);
        if length.is_some_and(|length| before == length) {
            return Ok(());
        }
        match attempt(agent, url, part, length, bar) {
            Ok(()) => return Ok(()),
            Err(Problem::Network(text)) => {
                fruitless = if size(part) > before {
                    0
                } else {
                    fruitless + 1
                };
                if fruitless == FRUITLESS {
                    return Err(DataError::new(url, Problem::Network(text)));
                }
            }
            Err(problem @ (Problem::Io(_) | Problem::NotFound)) => {
                return Err(DataError::new(part, problem));
            }
            Err(problem) => return Err(DataError::new(url, problem)),
        }
    }
}

fn attempt(
    agent: &Agent,
    url: &str,
    part: &Path,
    length: Option<u64>,
    bar: &ProgressBar,
) -> Result<(), Problem> {
    let mut have = size(part);
    if have > length.unwrap_or(MOST_BYTES) {
        // More bytes than the whole can have: they are no beginning of this file.
        fs::remove_file(part).map_err(Problem::Io)?;
        have = 0;
    }
    let mut request = agent.get(url).header(header::ACCEPT_ENCODING, "identity");
    if have > 0 {
        request = request.header(header::RANGE, format!("bytes={have}-"));
    }
    let mut response = request.call().map_err(network)?;
    let start = match response.status() {
        StatusCode::PARTIAL_CONTENT if starts_at(&response, have) => have,
        StatusCode::OK => 0,
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => {
            // The server has no bytes behind these, or answers with others: begin again, unless the file is whole.
            if whole(&response) == Some(have) {
                return Ok(());
            }
            fs::remove_file(part).map_err(Problem::Io)?;
            return Err(Problem::Network(
                "the server refused to go on where the last attempt ended".into(),
            ));
        }
        status => return Err(Problem::Http(status.as_u16())),
    };
    let due = length.or_else(|| response.body().content_length().map(|rest| start + rest));
    if let Some(due) = due {
        bar.set_length(due);
    }
    bar.set_position(start);
    let mut file = open(part, start)?;
    copy(&mut response, &mut file, start, due, bar)
}

/// Opens the file to append to, cut to `start` bytes.
fn open(part: &Path, start: u64) -> Result<File, Problem> {
    let file = files::append(part).map_err(Problem::Io)?;
    file.set_len(start).map_err(Problem::Io)?;
    Ok(file)
}

fn copy(
    response: &mut Response<Body>,
    file: &mut File,
    mut have: u64,
    due: Option<u64>,
    bar: &ProgressBar,
) -> Result<(), Problem> {
    let mut reader = response.body_mut().as_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) => return Err(Problem::Network(format!("the connection broke: {error}"))),
        };
        file.write_all(&buffer[..read]).map_err(Problem::Io)?;
        have += read as u64;
        bar.set_position(have);
        let most = due.unwrap_or(MOST_BYTES);
        if have > most {
            return Err(Problem::TooLong(have, most));
        }
    }
    match due {
        Some(due) if have < due => Err(Problem::Network(format!(
            "the connection broke after {have} of {due} bytes"
        ))),
        _ => Ok(()),
    }
}

/// Whether a partial answer begins where it should: `Content-Range: bytes START-END/WHOLE`.
fn starts_at(response: &Response<Body>, wanted: u64) -> bool {
    let range = content_range(response).and_then(|range| range.split('-').next());
    range.and_then(|start| start.trim().parse().ok()) == Some(wanted)
}

/// The length of the whole file, if the answer names it.
fn whole(response: &Response<Body>) -> Option<u64> {
    content_range(response)?.rsplit('/').next()?.parse().ok()
}

fn content_range(response: &Response<Body>) -> Option<&str> {
    response
        .headers()
        .get(header::CONTENT_RANGE)?
        .to_str()
        .ok()?
        .strip_prefix("bytes ")
}

fn size(part: &Path) -> u64 {
    fs::metadata(part).map_or(0, |metadata| metadata.len())
}

fn network(error: ureq::Error) -> Problem {
    Problem::Network(match error {
        ureq::Error::HostNotFound => "no such host, or no network".into(),
        error => error.to_string(),
    })
}
