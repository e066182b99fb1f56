//! Lengths that the types of their arguments keep within the limits: each rises with every argument, and the longest is
//! computed here, for every target, where an overflow would be an error of the build.

use super::MAX_LEN;
use crate::frontend::audio;
use crate::model::records::{AudioParams, Blob, Cell, Packing, Span, View};
use crate::ops::rnn::{rnn_scratch_len, state_len};
use crate::ops::{bag, packed_rnn_scratch_len};

const fn is_within_limits(len: usize) -> bool {
    len <= MAX_LEN as usize
}

const MOST: u16 = u16::MAX;

const _: () = {
    assert!(is_within_limits(bag::scratch_len(MOST)));
    assert!(is_within_limits(state_len(Cell::Lstm, MOST)));
    assert!(is_within_limits(rnn_scratch_len(Cell::Lstm, MOST)));
    let mut order = 0;
    while order < Packing::ALL.len() {
        let packed = packed_rnn_scratch_len(Packing::ALL[order], Cell::Lstm, MOST, MOST);
        assert!(is_within_limits(packed));
        order = match order.checked_add(1) {
            Some(next) => next,
            None => break,
        };
    }
};

const NOTHING: Blob = Blob { offset: 0, len: 0 };

/// The longest parameters that can be written down, whatever the frontend's check says to them.
const LONGEST: AudioParams = AudioParams {
    sample_rate: MOST,
    frame_len: MOST,
    hop: MOST,
    fft_len: MOST,
    bands: u8::MAX,
    stack: u8::MAX,
    max_steps: MOST,
    level: true,
    window: NOTHING,
    twiddles: NOTHING,
    band_bins: NOTHING,
    band_weights: NOTHING,
    means: NOTHING,
    factors: NOTHING,
    output: View {
        offset: 0,
        h: 1,
        w: 1,
        c: MOST,
        zero_point: 0,
    },
    state: Span { offset: 0, len: 0 },
    scratch: Span { offset: 0, len: 0 },
};

const _: () = assert!(is_within_limits(audio::state_len(&LONGEST)));
const _: () = assert!(is_within_limits(audio::scratch_len(&LONGEST)));
/// Two sizes of 16 bits, such as the span of a window's taps, see [`crate::window::Axis::span`].
const _: () = assert!((MOST as usize).checked_mul(MOST as usize).is_some());
