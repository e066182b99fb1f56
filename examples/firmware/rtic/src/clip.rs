//! The sound that the microphone hears: 0.45 seconds at 8 kHz. The repository's tests hear the same on another machine.

/// A chime over noise, sample by sample.
#[derive(Clone, Default)]
pub struct Clip {
    at: i32,
    noise: u32,
}

/// Samples of the clip.
pub const LEN: i32 = 3600;
/// Samples of a period: about 600 Hz.
const PERIOD: i32 = 13;
const LOUDNESS: i32 = 4100;

impl Clip {
    /// The clip from its beginning.
    pub const fn new() -> Self {
        Clip { at: 0, noise: 1 }
    }
}

impl Iterator for Clip {
    type Item = i16;

    fn next(&mut self) -> Option<i16> {
        if self.at == LEN {
            return None;
        }
        let triangle = (self.at % PERIOD * 4 * LOUDNESS / PERIOD - 2 * LOUDNESS).abs() - LOUDNESS;
        // Numerical Recipes' linear congruence; its high bits are good enough for noise.
        self.noise = self
            .noise
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        self.at += 1;
        Some((triangle + (self.noise >> 24) as i32 - 128) as i16)
    }
}
