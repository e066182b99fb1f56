//! Where the sound of a clip begins.

/// Windows in a second: 10 ms each.
const WINDOWS: usize = 100;
/// How many times the energy of the quietest window that counts as sound goes into that of the loudest: 32 dB.
const RANGE: u64 = 1600;
/// Windows before the first one with sound that stay: the beginning of a word is quiet.
const BEFORE: usize = 2;

/// Number of samples before a clip's sound begins.
///
/// The clip is cut into windows of 10 ms. Its sound begins 20 ms before the first window whose energy is within 32 dB of the loudest
/// window's. The rule is relative, so it holds at any level; noise above -32 dB counts as sound and stays. Nothing is before the sound
/// of a clip without any.
pub fn leading(samples: &[i16], rate: u32) -> usize {
    let window = (rate as usize / WINDOWS).max(1);
    let energy = |part: &[i16]| -> u64 {
        let squares = part.iter().map(|&s| u64::from(s.unsigned_abs()).pow(2));
        squares.sum()
    };
    let loudest = samples.chunks(window).map(energy).max().unwrap_or(0);
    let first = samples
        .chunks(window)
        .position(|part| loudest > 0 && energy(part) * RANGE >= loudest);
    first.unwrap_or(0).saturating_sub(BEFORE) * window
}
