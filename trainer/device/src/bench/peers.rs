//! Instructions of CMSIS-NN v7.0.0-43 (99f736a6, GCC 12.2 -O3) for the same layers with the same rounding and bit-equal outputs.
//!
//! They are counted under QEMU 7.2 `-icount shift=0` like those of this engine (`docs/PERFORMANCE.md`), and were rounded to
//! four digits when they were taken.

use tillsense_compiler::target::Target;

use crate::boards::Machine;

/// Instructions by row; the columns are Cortex-M4, M7, M33, M55, M3, Cortex-M0 code, RV32IMAC.
const CMSIS_NN: [(&str, [u64; 7]); 19] = [
    (
        "c1",
        [
            1_705_000, 1_717_000, 1_698_000, 548_000, 1_720_000, 3_772_000, 1_860_000,
        ],
    ),
    (
        "c2",
        [
            794_000, 808_000, 786_000, 319_000, 793_000, 1_442_000, 775_000,
        ],
    ),
    (
        "c3",
        [
            648_000, 652_000, 646_000, 141_000, 864_000, 1_958_000, 1_294_000,
        ],
    ),
    (
        "c4",
        [
            2_134_000, 2_152_000, 2_123_000, 599_000, 2_409_000, 5_179_000, 3_083_000,
        ],
    ),
    (
        "c5",
        [
            5_488_000, 5_505_000, 5_494_000, 915_000, 7_866_000, 17_830_000, 12_660_000,
        ],
    ),
    (
        "c6",
        [
            4_542_000, 4_547_000, 4_548_000, 597_000, 6_771_000, 15_810_000, 11_260_000,
        ],
    ),
    (
        "c7",
        [
            4_155_000, 4_157_000, 4_156_000, 485_000, 6_301_000, 14_940_000, 10_620_000,
        ],
    ),
    (
        "p1",
        [
            1_069_000, 1_051_000, 1_065_000, 203_000, 1_592_000, 3_874_000, 2_462_000,
        ],
    ),
    (
        "d1",
        [
            600_000, 594_000, 594_000, 167_000, 674_000, 2_568_000, 1_122_000,
        ],
    ),
    (
        "c8",
        [
            1_111_000, 1_121_000, 1_106_000, 289_000, 1_362_000, 3_013_000, 1_818_000,
        ],
    ),
    (
        "f1",
        [
            652_000, 652_000, 652_000, 163_000, 1_171_000, 2_094_000, 1_863_000,
        ],
    ),
    (
        "f2",
        [37_165, 37_204, 37_157, 9445, 60_166, 111_400, 92_400],
    ),
    (
        "f3",
        [160_100, 160_100, 160_100, 40_200, 281_000, 507_000, 445_000],
    ),
    ("f4", [1837, 1843, 1836, 723, 2844, 5234, 4096]),
    (
        "m1",
        [209_600, 208_600, 208_800, 41_700, 208_500, 866_000, 409_000],
    ),
    (
        "a1",
        [51_000, 51_000, 51_000, 9364, 107_600, 180_000, 77_000],
    ),
    ("s1", [5419, 5526, 5410, 5802, 5378, 19_785, 6060]),
    (
        "s2",
        [39_245, 39_935, 39_173, 41_637, 38_946, 146_200, 43_700],
    ),
    (
        "r1",
        [
            1_896_000, 1_897_000, 1_882_000, 751_000, 2_292_000, 4_953_000, 3_053_000,
        ],
    ),
];

/// CMSIS-NN's instructions for a row on a board's processor.
pub fn cmsis_nn(id: &str, machine: &Machine) -> Option<u64> {
    let column = match machine.reads {
        Target::CortexM4 => 0,
        Target::CortexM7 => 1,
        Target::CortexM33 => 2,
        Target::CortexM55 => 3,
        Target::CortexM3 => 4,
        Target::CortexM0 => 5,
        Target::Rv32imc => 6,
        Target::Generic => return None,
    };
    let (_, figures) = CMSIS_NN.iter().find(|(row, _)| *row == id)?;
    Some(figures[column])
}

/// Kilobytes of flash of TensorFlow Lite Micro 90b983c with CMSIS-NN on a Cortex-M4, without program and model: with what its
/// default registrations bring for a network's operators, and with int8 versions alone.
const TFLM: [(&str, [&str; 2]); 2] = [("seed-digits", ["68.3", "46.0"]), ("kws", ["83.8", "53.0"])];

/// TensorFlow Lite Micro's flash for a network, in kilobytes.
pub fn tflm(network: &str) -> Option<[&'static str; 2]> {
    let (_, figures) = TFLM.iter().find(|(name, _)| *name == network)?;
    Some(*figures)
}
