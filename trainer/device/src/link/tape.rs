//! A recorded session: the frames that a host would send, for the firmware `verdict`, which plays them to itself.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result};
use tillsense_core::link::{self, Info, MAX_FRAME, ModelError, Request, Response};

use crate::link::Transport;

/// A transport that records what is sent, and answers like a terminal that accepts everything.
#[derive(Debug, Default)]
pub struct Tape {
    bytes: Vec<u8>,
    replies: VecDeque<Vec<u8>>,
}

impl Tape {
    /// The frames sent so far, each with its final zero.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Transport for Tape {
    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.extend_from_slice(bytes);
        let mut frame = bytes.strip_suffix(&[0]).unwrap_or(bytes).to_vec();
        let (number, request) = link::decode::<Request<'_>>(&mut frame)
            .ok()
            .context("a tape takes whole frames only")?;
        let response = match request {
            Request::Info => Response::Info(Info {
                link: link::VERSION,
                board: "tape",
                arena: 0,
                inbox: 0,
                model: Err(ModelError::Empty),
            }),
            Request::Push { offset, bytes, .. } => Response::Accepted {
                next: offset + bytes.len() as u32,
            },
            Request::Run => Response::Done { instructions: 0 },
            _ => Response::Ready,
        };
        let mut reply = [0; MAX_FRAME];
        let len = link::encode(number, &response, &mut reply).context("the reply is too long")?;
        self.replies.push_back(reply[..len - 1].to_vec());
        Ok(())
    }

    fn receive(&mut self, _: Duration) -> Result<Option<Vec<u8>>> {
        Ok(self.replies.pop_front())
    }
}
