//! Frames between host and terminal.

use tillsense_core::link::{
    Collector, Exchange, MAX_FRAME, Request, Response, Turn, decode, encode,
};

/// Collects frames from the bytes, decodes each as both kinds of message, and takes each as a terminal does.
///
/// # Panics
///
/// Where a message that was understood is not understood again once it is encoded, and where a request that a terminal has answered is
/// taken for a new one when it comes again.
pub fn link(data: &[u8]) {
    let mut collector = Collector::new();
    let mut exchange = Exchange::new();
    for &byte in data {
        if let Some(Ok(bytes)) = collector.push(byte) {
            let mut copy = bytes.to_vec();
            take(&mut exchange, bytes);
            if let Ok((number, request)) = decode::<Request<'_>>(bytes) {
                let mut frame = [0; MAX_FRAME];
                let len = encode(number, &request, &mut frame).expect("it came in a frame");
                assert_eq!(
                    again(&frame[..len], |bytes| {
                        decode::<Request<'_>>(bytes) == Ok((number, request))
                    }),
                    Some(true)
                );
            }
            if let Ok((number, response)) = decode::<Response<'_>>(&mut copy) {
                let mut frame = [0; MAX_FRAME];
                let len = encode(number, &response, &mut frame).expect("it came in a frame");
                assert_eq!(
                    again(&frame[..len], |bytes| {
                        decode::<Response<'_>>(bytes) == Ok((number, response.clone()))
                    }),
                    Some(true)
                );
            }
        }
    }
}

/// Takes a frame twice.
fn take(exchange: &mut Exchange, frame: &[u8]) {
    let first = match exchange.take(Ok(&mut frame.to_vec())) {
        Turn::New(request) => {
            let is_info = request == Request::Info;
            exchange.answer(&Response::Ready);
            (!is_info).then(|| exchange.kept().to_vec())
        }
        Turn::Kept | Turn::Damaged => None,
    };
    if let Some(first) = first {
        assert_eq!(exchange.take(Ok(&mut frame.to_vec())), Turn::Kept);
        assert_eq!(exchange.kept(), first);
    }
}

/// What `is_same` says of the one frame in these bytes.
fn again(frame: &[u8], is_same: impl Fn(&mut [u8]) -> bool) -> Option<bool> {
    let mut collector = Collector::new();
    let mut answer = None;
    for &byte in frame {
        if let Some(Ok(bytes)) = collector.push(byte) {
            answer = Some(is_same(bytes));
        }
    }
    answer
}
