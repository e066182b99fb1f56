//! Consistent overhead byte stuffing (Cheshire & Baker, 1999): bytes without zeros, so that a zero ends a frame.
//!
//! A frame is a run of blocks. A block is a code from 1 to 255 and `code - 1` bytes that are not zero; it stands for these
//! bytes and, unless the code is 255 or the block is the last, a zero.

/// The code of a block that no zero follows.
const FULL: u8 = 255;

/// Most bytes that `len` bytes become, without the zero that ends the frame.
pub(crate) const fn encoded_len(len: usize) -> usize {
    len + len / 254 + 1
}

/// Writes the frame of `plain`, without the zero that ends it, and returns its length; `None` where it does not fit.
pub(crate) fn encode(plain: &[u8], frame: &mut [u8]) -> Option<usize> {
    let (mut code_at, mut at, mut code) = (0, 1, 1);
    for &byte in plain {
        if byte != 0 {
            *frame.get_mut(at)? = byte;
            at += 1;
            code += 1;
        }
        if byte == 0 || code == FULL {
            *frame.get_mut(code_at)? = code;
            (code_at, at, code) = (at, at + 1, 1);
        }
    }
    *frame.get_mut(code_at)? = code;
    Some(at)
}

/// Turns a frame, without its final zero, into what it stands for, and returns the length of that; `None` where it is no frame.
pub(crate) fn decode_in_place(frame: &mut [u8]) -> Option<usize> {
    let (mut from, mut to) = (0, 0);
    while let Some(&code) = frame.get(from) {
        let end = from + usize::from(code);
        if code == 0 || end > frame.len() {
            return None;
        }
        for at in from + 1..end {
            let byte = *frame.get(at).filter(|&&byte| byte != 0)?;
            *frame.get_mut(to)? = byte;
            to += 1;
        }
        from = end;
        if code != FULL && from < frame.len() {
            *frame.get_mut(to)? = 0;
            to += 1;
        }
    }
    Some(to)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn frame_of(plain: &[u8]) -> Vec<u8> {
        let mut frame = std::vec![0xee; encoded_len(plain.len())];
        let len = encode(plain, &mut frame).unwrap();
        frame.truncate(len);
        frame
    }

    fn plain_of(frame: &[u8]) -> Option<Vec<u8>> {
        let mut frame = frame.to_vec();
        let len = decode_in_place(&mut frame)?;
        frame.truncate(len);
        Some(frame)
    }

    #[test]
    fn literal_frames() {
        let cases: [(&[u8], &[u8]); 5] = [
            (&[], &[1]),
            (&[0], &[1, 1]),
            (&[0, 0], &[1, 1, 1]),
            (&[0x11, 0x22, 0, 0x33], &[3, 0x11, 0x22, 2, 0x33]),
            (&[0x11, 0, 0, 0], &[2, 0x11, 1, 1, 1]),
        ];
        for (plain, frame) in cases {
            assert_eq!(frame_of(plain), frame, "{plain:?}");
            assert_eq!(plain_of(frame).as_deref(), Some(plain));
        }
    }

    #[test]
    fn every_length_goes_round_with_and_without_zeros() {
        for len in 0..600 {
            for zero_every in [1, 2, 7, 253, 254, 255, 1000] {
                let plain: Vec<u8> = (1..=len)
                    .map(|i| {
                        if i % zero_every == 0 {
                            0
                        } else {
                            (i % 255 + 1) as u8
                        }
                    })
                    .collect();
                let frame = frame_of(&plain);
                assert!(
                    !frame.contains(&0) && frame.len() <= encoded_len(plain.len()),
                    "{len} {zero_every}"
                );
                assert_eq!(plain_of(&frame), Some(plain), "{len} {zero_every}");
            }
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let cases: [&[u8]; 4] = [&[0], &[2], &[3, 1, 0], &[5, 1, 2]];
        for frame in cases {
            assert_eq!(plain_of(frame), None, "{frame:?}");
        }
        assert_eq!(plain_of(&[]), Some(Vec::new()));
        assert_eq!(encode(&[1, 2, 3], &mut [0; 3]), None);
    }
}
