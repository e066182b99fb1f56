//! Frames between host and terminal.

use tillsense_core::link::{Collector, MAX_FRAME, Request, Response, decode, encode};

/// Collects frames from the bytes and decodes each as both kinds of message.
///
/// # Panics
///
/// Where a message that was understood is not understood again once it is encoded.
pub fn link(data: &[u8]) {
    let mut collector = Collector::new();
    for &byte in data {
        if let Some(Ok(bytes)) = collector.push(byte) {
            let mut copy = bytes.to_vec();
            if let Ok(request) = decode::<Request<'_>>(bytes) {
                let mut frame = [0; MAX_FRAME];
                let len = encode(&request, &mut frame).expect("it came in a frame");
                assert_eq!(
                    again(&frame[..len], |bytes| {
                        decode::<Request<'_>>(bytes).as_ref() == Ok(&request)
                    }),
                    Some(true)
                );
            }
            if let Ok(response) = decode::<Response<'_>>(&mut copy) {
                let mut frame = [0; MAX_FRAME];
                let len = encode(&response, &mut frame).expect("it came in a frame");
                assert_eq!(
                    again(&frame[..len], |bytes| {
                        decode::<Response<'_>>(bytes).as_ref() == Ok(&response)
                    }),
                    Some(true)
                );
            }
        }
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
