//! The file that keeps a [`TrainingState`]: `[magic 8] [fingerprint 32] [postcard] [SHA-256 of all before, 32]`.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tillsense_compiler::files;
use tillsense_compiler::network::Plan;
use tillsense_compiler::network::graph::GraphHead;

use super::state::TrainingState;

/// First bytes of a checkpoint; the digit is the version of the layout.
const MAGIC: &[u8; 8] = b"tillckp2";
/// First bytes of checkpoints of every layout.
const KIND: &[u8] = MAGIC.split_at(7).0;
/// Length of a digest in bytes.
const DIGEST: usize = 32;

/// Digest of what a checkpoint belongs to: description, graph and data.
pub(super) type Fingerprint = [u8; DIGEST];

/// Why a checkpoint cannot be used.
#[derive(Debug)]
pub enum CheckpointError {
    /// The file cannot be read or written.
    Io(PathBuf, io::Error),
    /// The file is cut short or altered.
    Damaged(PathBuf),
    /// The checkpoint belongs to another description or other data.
    Other(PathBuf),
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::Io(path, error) => write!(f, "{}: {error}", path.display()),
            CheckpointError::Damaged(path) => write!(
                f,
                "{}: the checkpoint is damaged, or of another version; remove it and train anew",
                path.display()
            ),
            CheckpointError::Other(path) => {
                write!(
                    f,
                    "{}: the checkpoint belongs to another description or other data; remove it or train without resuming",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for CheckpointError {}

/// The fingerprint of a run, from the texts that identify it.
pub(super) fn fingerprint(parts: &[&str]) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Whether a file is a checkpoint, of any training and version, whole or damaged.
pub fn is_checkpoint(path: &Path) -> bool {
    let mut start = [0; KIND.len()];
    let file = std::fs::File::open(path);
    file.and_then(|mut file| file.read_exact(&mut start))
        .is_ok_and(|()| start == *KIND)
}

fn failed(path: &Path, done: &str, error: &io::Error) -> CheckpointError {
    let told = io::Error::new(error.kind(), format!("cannot be {done}: {error}"));
    CheckpointError::Io(path.to_owned(), told)
}

/// Writes a checkpoint as a whole, so that a crash leaves the old one.
pub(super) fn save(
    path: &Path,
    fingerprint: &Fingerprint,
    state: &TrainingState,
) -> Result<(), CheckpointError> {
    let io = |e: io::Error| failed(path, "written", &e);
    let mut bytes = [&MAGIC[..], fingerprint].concat();
    bytes = postcard::to_extend(state, bytes).map_err(|e| io(io::Error::other(e)))?;
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    files::replace(path, &bytes).map_err(io)
}

/// Bytes of the largest checkpoint of this network: parameters, their moments and the best ones so far, statistics of
/// channels, and a report of each epoch.
fn most_bytes(plan: &Plan, epochs: usize) -> u64 {
    let graph = &plan.graph;
    let params = plan.params.iter().map(|param| 4 * (4 * param.len() + 16));
    let nodes = graph.nodes.iter().map(|node| 4 * (4 * node.shape[2] + 16));
    let report = |head: &GraphHead| head.name.len() + 64;
    let reports = 64 + graph.heads.iter().map(report).sum::<usize>();
    let known = params.chain(nodes).sum::<usize>() as u64;
    known + (epochs as u64).saturating_mul(reports as u64) + 4096
}

/// Reads the checkpoint of a network trained for this number of epochs; `None` where there is no file.
pub(super) fn load(
    path: &Path,
    fingerprint: &Fingerprint,
    (plan, epochs): (&Plan, usize),
) -> Result<Option<TrainingState>, CheckpointError> {
    let bytes = match files::read(path, most_bytes(plan, epochs)) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        // A checkpoint of this network cannot be so large.
        Err(e) if e.kind() == io::ErrorKind::FileTooLarge => {
            return Err(CheckpointError::Other(path.to_owned()));
        }
        Err(e) => return Err(failed(path, "read", &e)),
    };
    let damaged = || CheckpointError::Damaged(path.to_owned());
    let (body, digest) = bytes
        .len()
        .checked_sub(DIGEST)
        .and_then(|at| bytes.split_at_checked(at))
        .ok_or_else(damaged)?;
    if Sha256::digest(body).as_slice() != digest {
        return Err(damaged());
    }
    let body = body.strip_prefix(MAGIC).ok_or_else(damaged)?;
    let (owner, body) = body.split_at_checked(DIGEST).ok_or_else(damaged)?;
    if owner != fingerprint {
        return Err(CheckpointError::Other(path.to_owned()));
    }
    let state: TrainingState = postcard::from_bytes(body).map_err(|_| damaged())?;
    match state.fits(plan) {
        true => Ok(Some(state)),
        false => Err(damaged()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::running::Running;
    use super::super::state::Best;
    use super::*;

    fn state() -> TrainingState {
        TrainingState {
            epoch: 0,
            step: 0,
            loss: 0.0,
            quantised: false,
            values: Vec::new(),
            moments: Vec::new(),
            running: Running::default(),
            best: None,
            since_best: 0,
            history: Vec::new(),
        }
    }

    #[test]
    fn lists_of_more_than_any_network_has_are_not_decoded() {
        let decoded = |state: &TrainingState| {
            let bytes = postcard::to_allocvec(state).unwrap();
            postcard::from_bytes::<TrainingState>(&bytes).is_ok()
        };
        assert!(decoded(&state()));
        let many = (1 << 16) + 1;
        let values = vec![Vec::new(); many];
        let running = Running::new(many);
        let best = Best {
            loss: 0.0,
            values: values.clone(),
            running: Running::default(),
        };
        let cases = [
            TrainingState { values, ..state() },
            TrainingState {
                moments: vec![None; many],
                ..state()
            },
            TrainingState { running, ..state() },
            TrainingState {
                best: Some(best),
                ..state()
            },
        ];
        for state in cases {
            assert!(!decoded(&state));
        }
    }
}
