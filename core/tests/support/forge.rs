//! Files as somebody with bad intentions would make them: changed, then sealed anew.

use tillsense_core::model::header::{ALIGN, HEADER_LEN, SEAL_LEN};
use tillsense_core::model::records::Packing;
use tillsense_core::parity::SplitMix64;

use super::numbers::Numbers;
use super::{File, Network, network, packed_network, tensor_network};

/// Dimensions at which sizes round up, or leave 16 or 32 bits when multiplied.
const EXTREMES: [u16; 16] = [
    0, 1, 2, 3, 4, 5, 8, 15, 17, 255, 256, 4096, 16_384, 32_768, 65_533, 65_535,
];
/// Places and lengths at which sums leave 31 or 32 bits.
const FAR: [u32; 6] = [0, 1 << 16, 1 << 30, 1 << 31, u32::MAX - 15, u32::MAX];

/// The models that are changed: plain ones, one in each order of weights, and one between tensors.
pub fn originals() -> Vec<(Network, File)> {
    let plain = (0..2).map(network);
    let orders = Packing::ALL.into_iter().zip(2..);
    let packed = orders.map(|(packing, seed)| packed_network(seed, packing));
    let with_file = |network: Network| {
        let file = network.file();
        (network, file)
    };
    let all = plain.chain(packed).chain([tensor_network()]);
    all.map(with_file).collect()
}

/// The forged file of a seed: changed bytes mostly, or records with other numbers.
pub fn forged(originals: &[(Network, File)], seed: u64) -> File {
    let mut rng = SplitMix64::new(seed);
    let (network, file) = &originals[rng.below(originals.len())];
    if rng.below(3) > 0 {
        let mut file = file.clone();
        mutate(&mut file, &mut rng);
        file.seal();
        return file;
    }
    let mut network = network.clone();
    let parts = network.parts();
    for _ in 0..rng.between(1, 2) {
        if rng.below(5) == 0 {
            let input = rng.below(network.inputs.len());
            distort(
                Numbers::of_source(&mut network.inputs[input].source),
                &mut rng,
            );
            continue;
        }
        let part = parts[rng.below(parts.len())];
        let count = network.ops(part).len();
        if count > 0 {
            let index = rng.below(count);
            distort(Numbers::of(&mut network.ops_mut(part)[index]), &mut rng);
        }
    }
    if rng.below(4) == 0 {
        network.arena_len = FAR[rng.below(FAR.len())];
    }
    network.file()
}

/// A copy in which one bit is another, at times a few, mostly in the body.
pub fn flip(file: &File, rng: &mut SplitMix64) -> File {
    let mut changed = file.clone();
    let body = HEADER_LEN..body_end(file);
    let weights = body.end..file.bytes().len() - SEAL_LEN;
    for _ in 0..[1, 1, 1, 2, 5][rng.below(5)] {
        let range = if rng.below(4) > 0 { &body } else { &weights };
        let at = range.start + rng.below(range.len());
        changed.bytes_mut()[at] ^= 1 << rng.below(8);
    }
    changed
}

/// Where the body ends.
fn body_end(file: &File) -> usize {
    HEADER_LEN + usize::from(u16::from_le_bytes([file.bytes()[28], file.bytes()[29]]))
}

/// Gives some of a record's numbers extreme values, and sometimes the same one to several dimensions.
fn distort(numbers: Numbers<'_>, rng: &mut SplitMix64) {
    let Numbers {
        mut places,
        mut blobs,
        mut sizes,
    } = numbers;
    let extreme = EXTREMES[rng.below(EXTREMES.len())];
    for _ in 0..rng.between(0, 4) {
        let which = rng.below(sizes.len());
        *sizes[which] = match rng.below(3) {
            0 => extreme,
            1 => EXTREMES[rng.below(EXTREMES.len())],
            _ => sizes[which].wrapping_add_signed(rng.between(-2, 2) as i16),
        };
    }
    for list in [&mut places, &mut blobs] {
        if !list.is_empty() && rng.below(4) == 0 {
            let which = rng.below(list.len());
            *list[which] = match rng.below(3) {
                0 => FAR[rng.below(FAR.len())],
                1 => list[which].wrapping_add_signed(rng.between(-16, 16) as i32),
                _ => list[which].wrapping_mul(2),
            };
        }
    }
}

/// Changes 1 to 8 bytes or copies a stretch over another, mostly in the body, which decides about memory.
fn mutate(file: &mut File, rng: &mut SplitMix64) {
    let body_end = body_end(file);
    let sealed_end = file.bytes().len() - SEAL_LEN;
    let range = match rng.below(16) {
        0 => 16..HEADER_LEN,
        1 | 2 => body_end.next_multiple_of(ALIGN)..sealed_end,
        _ => HEADER_LEN..body_end,
    };
    let any = |rng: &mut SplitMix64| range.start + rng.below(range.len());
    if rng.below(6) == 0 {
        let (from, to) = (any(rng), any(rng));
        let len = rng.between(1, 24) as usize;
        let len = len.min(range.end - from).min(range.end - to);
        file.bytes_mut().copy_within(from..from + len, to);
        return;
    }
    for _ in 0..rng.between(1, 8) / 4 + rng.between(0, 6) / 5 + 1 {
        let at = any(rng);
        let byte = &mut file.bytes_mut()[at];
        *byte = match rng.below(6) {
            0 => byte.wrapping_add(1),
            1 => byte.wrapping_sub(1),
            2 => *byte ^ (1 << rng.below(8)),
            3 => [0, 1, 0x7f, 0x80, 0xff][rng.below(5)],
            4 => byte.wrapping_add(4),
            _ => rng.next_u64() as u8,
        };
    }
}
