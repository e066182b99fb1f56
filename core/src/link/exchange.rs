//! The terminal's end of the link: each request is carried out once, however often it arrives.

use super::{FrameError, LinkError, MAX_FRAME, Request, Response, encode, open, read};

/// Which request a terminal took last, and its answer, for a host that asks again because it has not heard it.
#[derive(Debug)]
pub struct Exchange {
    /// Number of the request; none before the first.
    last: Option<u8>,
    frame: [u8; MAX_FRAME],
    len: usize,
}

/// What a frame asks of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn<'a> {
    /// The next request: to be carried out, and answered with [`Exchange::answer`].
    New(Request<'a>),
    /// Nothing new: [`Exchange::kept`] is to be sent, once more or as a refusal.
    Kept,
    /// The frame arrived damaged: [`AGAIN`](super::AGAIN) is to be sent.
    Damaged,
}

/// The same without the request, so that nothing of the frame is borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weighed {
    /// The postcard of the request has this length.
    New(usize),
    Kept,
    Damaged,
}

/// [`Request::Info`] as postcard, in every version.
const INFO: [u8; 1] = [0];

impl Default for Exchange {
    fn default() -> Self {
        Self::new()
    }
}

impl Exchange {
    /// A terminal that was asked nothing yet.
    pub const fn new() -> Self {
        Exchange {
            last: None,
            frame: [0; MAX_FRAME],
            len: 0,
        }
    }

    /// Takes a frame (without its final zero) and decides what it asks for.
    pub fn take<'f>(&mut self, frame: Result<&'f mut [u8], FrameError>) -> Turn<'f> {
        let opened = frame.and_then(|frame| open(frame));
        match (self.weigh(opened), opened.and_then(|(_, body)| read(body))) {
            (Weighed::New(_), Ok(request)) => Turn::New(request),
            (Weighed::Damaged, _) => Turn::Damaged,
            _ => Turn::Kept,
        }
    }

    /// Keeps the answer to the request taken last, and returns it as a frame to be sent.
    ///
    /// An answer that is longer than a frame becomes [`LinkError::TooLong`]: the host then has an error rather than silence.
    pub fn answer(&mut self, response: &Response<'_>) -> &[u8] {
        let number = self.last.unwrap_or(0);
        self.put(number, response);
        self.kept()
    }

    /// The answer that was kept last, as a frame; empty before the first.
    pub fn kept(&self) -> &[u8] {
        self.frame.get(..self.len).unwrap_or(&[])
    }

    /// Decides what the number and the message of a frame ask for.
    pub(super) fn weigh(&mut self, opened: Result<(u8, &[u8]), FrameError>) -> Weighed {
        let (number, body) = match opened {
            Ok(opened) => opened,
            Err(FrameError::Again) => return Weighed::Kept,
            Err(_) => return Weighed::Damaged,
        };
        let is_next = self.last.is_some_and(|last| last.wrapping_add(1) == number);
        let is_known = self.last == Some(number) && body != INFO;
        if is_known {
            return Weighed::Kept;
        }
        if body != INFO && !is_next {
            self.last = None;
            self.put(number, &Response::Error(LinkError::OutOfStep));
            return Weighed::Kept;
        }
        // Until it is answered, nothing is kept.
        (self.last, self.len) = (Some(number), 0);
        if read::<Request<'_>>(body).is_err() {
            self.put(number, &Response::Error(LinkError::NotARequest));
            return Weighed::Kept;
        }
        Weighed::New(body.len())
    }

    /// On a host: the frame of the next request, which is kept; `None` where it is too long.
    #[cfg(any(test, feature = "embedded-io"))]
    pub(super) fn ask(&mut self, request: &Request<'_>) -> Option<&[u8]> {
        let number = self.last.map_or(0, |last| last.wrapping_add(1));
        let len = encode(number, request, &mut self.frame)?;
        (self.last, self.len) = (Some(number), len);
        Some(self.kept())
    }

    /// On a host: whether an answer with this number is the one to the last request.
    #[cfg(any(test, feature = "embedded-io"))]
    pub(super) fn awaits(&self, number: u8) -> bool {
        self.last == Some(number)
    }

    #[inline(never)]
    fn put(&mut self, number: u8, response: &Response<'_>) {
        let refused = Response::Error(LinkError::TooLong);
        self.len = encode(number, response, &mut self.frame)
            .or_else(|| encode(number, &refused, &mut self.frame))
            .unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::super::decode;
    use super::*;

    fn frame(number: u8, request: &Request<'_>) -> Vec<u8> {
        let mut frame = [0; MAX_FRAME];
        let len = encode(number, request, &mut frame).unwrap();
        frame[..len - 1].to_vec()
    }

    /// The answer of a terminal that says to each new request that it is its n-th.
    fn ask(exchange: &mut Exchange, count: &mut u32, number: u8, request: &Request<'_>) -> Vec<u8> {
        match exchange.take(Ok(&mut frame(number, request))) {
            Turn::New(taken) => {
                assert_eq!(taken, *request);
                *count += 1;
                exchange.answer(&Response::Accepted { next: *count });
            }
            turn => assert_eq!(turn, Turn::Kept),
        }
        exchange.kept().to_vec()
    }

    #[track_caller]
    fn says(mut frame: Vec<u8>, number: u8, expected: &Response<'_>) {
        frame.pop();
        let told = decode::<Response<'_>>(&mut frame).unwrap();
        assert_eq!(told, (number, expected.clone()));
    }

    #[test]
    fn each_number_is_carried_out_once() {
        let (mut exchange, mut count) = (Exchange::new(), 0);
        says(
            ask(&mut exchange, &mut count, 250, &Request::Info),
            250,
            &Response::Accepted { next: 1 },
        );
        // The numbers go on behind 255.
        for next in 2..600u32 {
            let number = (next as u8).wrapping_add(249);
            for _ in 0..3 {
                let answer = ask(&mut exchange, &mut count, number, &Request::Run);
                says(answer, number, &Response::Accepted { next });
                assert_eq!(exchange.take(Err(FrameError::TooLong)), Turn::Damaged);
                assert_eq!(exchange.take(Ok(&mut [5, 5])), Turn::Damaged);
            }
        }
    }

    #[test]
    fn what_is_out_of_step_is_refused_until_info_comes() {
        let (mut exchange, mut count) = (Exchange::new(), 0);
        let refused = Response::Error(LinkError::OutOfStep);
        // After a reset, whatever number comes.
        for number in [0, 1, 255] {
            says(
                ask(&mut exchange, &mut count, number, &Request::Run),
                number,
                &refused,
            );
        }
        ask(&mut exchange, &mut count, 4, &Request::Info);
        ask(&mut exchange, &mut count, 5, &Request::Reset);
        says(
            ask(&mut exchange, &mut count, 7, &Request::Run),
            7,
            &refused,
        );
        // A request was lost: nothing goes on as if it had not been.
        says(
            ask(&mut exchange, &mut count, 6, &Request::Run),
            6,
            &refused,
        );
        says(
            ask(&mut exchange, &mut count, 8, &Request::Run),
            8,
            &refused,
        );
        ask(&mut exchange, &mut count, 8, &Request::Info);
        says(
            ask(&mut exchange, &mut count, 9, &Request::Run),
            9,
            &Response::Accepted { next: 4 },
        );
    }

    #[test]
    fn a_request_that_is_not_answered_yet_has_no_answer() {
        let mut exchange = Exchange::new();
        assert_eq!(
            exchange.take(Ok(&mut frame(1, &Request::Info))),
            Turn::New(Request::Info)
        );
        exchange.answer(&Response::Ready);
        assert_eq!(
            exchange.take(Ok(&mut frame(2, &Request::Run))),
            Turn::New(Request::Run)
        );
        assert_eq!(exchange.take(Ok(&mut frame(2, &Request::Run))), Turn::Kept);
        assert!(exchange.kept().is_empty());
    }
}
