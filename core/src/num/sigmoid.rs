//! Logistic function and hyperbolic tangent by one table with straight lines between its entries.
//!
//! Arguments are Q3.12 (`[-8, 8)`), results Q0.15. `tanh(x) = 2 * sigmoid(2x) - 1` reads the same table; beyond
//! `|x| = 4` it stays at `tanh(4)`.

use super::select::saturate_u16;

/// `round(32768 / (1 + exp(8 - i / 16)))`.
const TABLE: [u16; 257] = [
    11, 12, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 25, 26, 28, 30, 32, 34, 36, 38, 41, 43, 46,
    49, 52, 56, 59, 63, 67, 72, 76, 81, 86, 92, 98, 104, 111, 118, 125, 133, 142, 151, 161, 171,
    182, 194, 206, 219, 233, 248, 264, 281, 299, 318, 338, 360, 383, 407, 433, 461, 490, 521, 554,
    589, 627, 666, 708, 753, 800, 851, 904, 961, 1021, 1084, 1152, 1223, 1299, 1379, 1464, 1554,
    1649, 1750, 1856, 1969, 2088, 2213, 2346, 2486, 2633, 2789, 2952, 3124, 3306, 3496, 3696, 3906,
    4126, 4357, 4599, 4851, 5115, 5391, 5678, 5978, 6289, 6613, 6949, 7297, 7658, 8031, 8416, 8813,
    9221, 9641, 10072, 10513, 10964, 11424, 11894, 12371, 12856, 13348, 13845, 14347, 14852, 15361,
    15872, 16384, 16896, 17407, 17916, 18421, 18923, 19420, 19912, 20397, 20874, 21344, 21804,
    22255, 22696, 23127, 23547, 23955, 24352, 24737, 25110, 25471, 25819, 26155, 26479, 26790,
    27090, 27377, 27653, 27917, 28169, 28411, 28642, 28862, 29072, 29272, 29462, 29644, 29816,
    29979, 30135, 30282, 30422, 30555, 30680, 30799, 30912, 31018, 31119, 31214, 31304, 31389,
    31469, 31545, 31616, 31684, 31747, 31807, 31864, 31917, 31968, 32015, 32060, 32102, 32141,
    32179, 32214, 32247, 32278, 32307, 32335, 32361, 32385, 32408, 32430, 32450, 32469, 32487,
    32504, 32520, 32535, 32549, 32562, 32574, 32586, 32597, 32607, 32617, 32626, 32635, 32643,
    32650, 32657, 32664, 32670, 32676, 32682, 32687, 32692, 32696, 32701, 32705, 32709, 32712,
    32716, 32719, 32722, 32725, 32727, 32730, 32732, 32734, 32736, 32738, 32740, 32742, 32743,
    32745, 32746, 32747, 32749, 32750, 32751, 32752, 32753, 32754, 32755, 32756, 32756, 32757,
];

/// The straight lines: the table's entry in the upper half, what it rises to the next one in the lower half.
pub(crate) static LINES: [u32; 256] = {
    let mut lines = [0; 256];
    let mut i = 0;
    while i < lines.len() {
        lines[i] = (TABLE[i] as u32) << 16 | (TABLE[i + 1] - TABLE[i]) as u32;
        i += 1;
    }
    lines
};

/// `32768 * sigmoid(x / 4096)`, off by less than 2.6, so by less than 8e-5 in real value.
#[inline(always)]
pub fn sigmoid_q15(x: i16) -> i16 {
    sigmoid(x.into()) as i16
}

/// `32768 * tanh(x / 4096)`, off by less than 22.1, so by less than 6.8e-4 in real value; below `|x| = 3.9` by less than 4.6 (1.4e-4).
#[inline(always)]
pub fn tanh_q15(x: i16) -> i16 {
    tanh(x.into()) as i16
}

/// [`sigmoid_q15`] of an argument that is saturated first, `|x| < 2^28`.
#[inline(always)]
pub(crate) fn sigmoid(x: i32) -> i32 {
    (line(x) + 128) >> 8
}

/// [`tanh_q15`] of an argument that is saturated first, `|x| < 2^28`.
#[inline(always)]
pub(crate) fn tanh(x: i32) -> i32 {
    ((line(2 * x) + 64) >> 7) - 32768
}

/// The table's line at `x`, saturated to 16 bits, Q0.23.
// Beside DSP code for cells, what is left for this is an odd number of units: small rather than fast.
#[cfg_attr(kernels = "arm_dsp", inline(never))]
#[cfg_attr(not(kernels = "arm_dsp"), inline(always))]
fn line(x: i32) -> i32 {
    let place = saturate_u16(x + 0x8000);
    let line = LINES[usize::from(place >> 8)];
    (((line >> 16) << 8) + (line & 0xffff) * u32::from(place & 255)) as i32
}

#[cfg(test)]
#[allow(
    clippy::float_arithmetic,
    reason = "tables and errors are compared with the real functions"
)]
mod tests {
    use super::*;

    #[test]
    fn table_is_its_definition() {
        for (i, &t) in TABLE.iter().enumerate() {
            let exact = 32768.0 / (1.0 + libm::exp(8.0 - i as f64 / 16.0));
            assert_eq!(t, libm::round(exact) as u16, "entry {i}");
        }
    }

    #[test]
    fn errors_are_as_stated() {
        let (mut sigmoid, mut tanh, mut inner) = (0.0f64, 0.0f64, 0.0f64);
        for x in i16::MIN..=i16::MAX {
            let real = f64::from(x) / 4096.0;
            let s = (f64::from(sigmoid_q15(x)) - 32768.0 / (1.0 + libm::exp(-real))).abs();
            let t = (f64::from(tanh_q15(x)) - 32768.0 * libm::tanh(real)).abs();
            sigmoid = sigmoid.max(s);
            tanh = tanh.max(t);
            if real.abs() < 3.9 {
                inner = inner.max(t);
            }
        }
        assert!(
            sigmoid < 2.6 && tanh < 22.1 && inner < 4.6,
            "{sigmoid} {tanh} {inner}"
        );
    }

    #[test]
    fn functions_rise_and_are_symmetric() {
        for x in -32767..32767i16 {
            assert!(
                sigmoid_q15(x) <= sigmoid_q15(x + 1) && tanh_q15(x) <= tanh_q15(x + 1),
                "{x}"
            );
            assert!(
                (i32::from(sigmoid_q15(x)) + i32::from(sigmoid_q15(-x)) - 32768).abs() <= 1,
                "{x}"
            );
        }
        assert_eq!((sigmoid_q15(0), tanh_q15(0)), (16384, 0));
    }
}
