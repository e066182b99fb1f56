//! What a recurrent layer remembers, as bytes that can be kept, copied and put back.

use crate::kernels::cell::add_up;
use crate::model::records::Cell;
use crate::size::Size;

/// Steps that count toward the mean; what comes after moves the last hidden state only.
///
/// It bounds the sums by 2^30.
pub const MAX_MEAN_STEPS: u32 = 32_767;

/// Bytes of state of a layer, a multiple of 4.
pub const fn state_len(cell: Cell, hidden: u16) -> usize {
    StateLayout::new(cell, hidden).len()
}

/// Where things lie in the state: steps u32, sums i32 `[hidden]`, h i16 `[hidden]` in Q0.15, and for LSTM
/// c i16 `[hidden]` in Q3.12, all little-endian, from a 4-byte aligned address.
///
/// A state of zeros is the state before the first step. The bytes hold no address, so saving and loading a state
/// is copying them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateLayout {
    cell: Cell,
    hidden: usize,
}

/// A state's parts.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// Steps summed up.
    pub steps: u32,
    /// Sum of the hidden states after each of these steps.
    pub sums: &'a [i32],
    /// Hidden state, Q0.15.
    pub h: &'a [i16],
    /// Cell state, Q3.12; empty but for LSTM.
    pub c: &'a [i16],
}

/// A state's parts, to be changed.
#[derive(Debug)]
pub struct StateMut<'a> {
    /// Steps summed up.
    pub steps: &'a mut u32,
    /// Sum of the hidden states after each of these steps.
    pub sums: &'a mut [i32],
    /// Hidden state, Q0.15.
    pub h: &'a mut [i16],
    /// Cell state, Q3.12; empty but for LSTM.
    pub c: &'a mut [i16],
}

impl StateLayout {
    /// The layout of a cell with so many units.
    pub const fn new(cell: Cell, hidden: u16) -> Self {
        StateLayout {
            cell,
            hidden: hidden as usize,
        }
    }

    /// Bytes of the whole state, a multiple of 4.
    pub const fn len(&self) -> usize {
        let sums_and_h = Size::of(self.hidden).times(6);
        let c = Size::of(self.cell_values()).times(2);
        let len = Size::of(4).plus(sums_and_h).plus(c);
        len.up_to(4).or_beyond()
    }

    /// A layout is never empty: it holds the number of steps.
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Puts the state back to before the first step.
    pub fn reset(&self, state: &mut [u8]) {
        state.iter_mut().take(self.len()).for_each(|byte| *byte = 0);
    }

    /// The parts of a state; `None` where the bytes are too few or not aligned.
    pub fn split<'a>(&self, state: &'a [u8]) -> Option<State<'a>> {
        let (steps, rest) = state.split_at_checked(4)?;
        let (sums, rest) = rest.split_at_checked(4 * self.hidden)?;
        let (h, rest) = rest.split_at_checked(2 * self.hidden)?;
        let c = rest.get(..2 * self.cell_values())?;
        Some(State {
            steps: *bytemuck::try_from_bytes(steps).ok()?,
            sums: bytemuck::try_cast_slice(sums).ok()?,
            h: bytemuck::try_cast_slice(h).ok()?,
            c: bytemuck::try_cast_slice(c).ok()?,
        })
    }

    /// As [`split`](Self::split), to be changed.
    pub fn split_mut<'a>(&self, state: &'a mut [u8]) -> Option<StateMut<'a>> {
        let (steps, rest) = state.split_at_mut_checked(4)?;
        let (sums, rest) = rest.split_at_mut_checked(4 * self.hidden)?;
        let (h, rest) = rest.split_at_mut_checked(2 * self.hidden)?;
        let c = rest.get_mut(..2 * self.cell_values())?;
        Some(StateMut {
            steps: bytemuck::try_from_bytes_mut(steps).ok()?,
            sums: bytemuck::try_cast_slice_mut(sums).ok()?,
            h: bytemuck::try_cast_slice_mut(h).ok()?,
            c: bytemuck::try_cast_slice_mut(c).ok()?,
        })
    }

    const fn cell_values(&self) -> usize {
        match self.cell {
            Cell::Lstm => self.hidden,
            Cell::Elman | Cell::Gru => 0,
        }
    }
}

impl StateMut<'_> {
    /// Adds the hidden state to the sums, up to [`MAX_MEAN_STEPS`] times.
    pub(in crate::ops) fn count_step(&mut self) {
        if *self.steps >= MAX_MEAN_STEPS {
            return;
        }
        *self.steps += 1;
        add_up(self.sums, self.h);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_state() {
        for (cell, hidden, len) in [
            (Cell::Elman, 1, 12),
            (Cell::Gru, 2, 16),
            (Cell::Gru, 3, 24),
            (Cell::Lstm, 3, 28),
            (Cell::Lstm, 64, 516),
        ] {
            let layout = StateLayout::new(cell, hidden);
            assert_eq!(layout.len(), len, "{layout:?}");
            let mut words = [0u32; 256];
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
            assert!(layout.split(&bytes[..len]).is_some());
            assert!(layout.split(&bytes[1..=len]).is_none(), "not aligned");
            assert!(
                layout.split_mut(&mut bytes[..len - 3]).is_none(),
                "too short"
            );
            let state = layout.split_mut(&mut bytes[..len]).unwrap();
            *state.steps = 7;
            state.h.fill(-1);
            let c = if cell == Cell::Lstm {
                usize::from(hidden)
            } else {
                0
            };
            assert_eq!(
                (state.sums.len(), state.h.len(), state.c.len()),
                (hidden.into(), hidden.into(), c)
            );
            layout.reset(bytes);
            assert!(bytes.iter().all(|&b| b == 0));
        }
    }
}
