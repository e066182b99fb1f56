//! Reading records back: the bytes that postcard writes for the types of [`records`](super::records), field by field.
//!
//! Written out rather than derived, because the derived form takes ten times the flash: a reader that cannot fail in the
//! middle, but remembers that it has, needs no way out after each field. The tests compare the two.

use core::error::Error;
use core::fmt::{self, Display, Formatter};
use core::str;

use heapless::Vec;

use crate::model::records::{
    Add, Answer, ArgMax, AudioParams, Axis, BagMode, Blob, Body, Cell, Clamp, Concat, Constant,
    Conv, Dense, Direction, Embedding, EmbeddingBag, Field, FieldKind, Fit, FusedPool, Gate,
    Golden, Head, Ids, ImageParams, Input, Keep, L2Normalise, LogSoftmax, Lookup, Matmul, Operand,
    Packed, PackedConv, PackedDense, PackedDepthwise, PackedRnn, PackedSeparable, Packing, Pair,
    Pairwise, Pool, PoolKind, Product, ReadMode, Rearrange, RecordParams, Reduce, Reduction,
    Requant, Resize, Rnn, RnnRead, Rounding, Scale, SequenceLstm, Softmax, Span, Spread,
    TensorParams, TextForm, TextParams, View, Window,
};
use crate::parts::Part;

/// Something that a model file holds.
pub trait Record<'a>: Sized {
    /// Takes its fields from the reader; without meaning where the reader fails.
    fn read(from: &mut Reader<'a>) -> Self;
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// They are not what the exporter writes.
    Damaged,
    /// They are a record of a part that this build leaves out.
    LeftOut(Part),
}

impl Display for Unreadable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Damaged => f.write_str("the record cannot be read"),
            Unreadable::LeftOut(part) => part.say_left_out(f),
        }
    }
}

impl Error for Unreadable {}

/// Decodes one record; answers it with the bytes that follow it.
#[inline]
pub fn take<'a, T: Record<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), Unreadable> {
    let mut reader = Reader {
        rest: bytes,
        failed: false,
        left_out: None,
    };
    let record = reader.get();
    if let Some(part) = reader.left_out {
        Err(Unreadable::LeftOut(part))
    } else if reader.failed {
        Err(Unreadable::Damaged)
    } else {
        Ok((record, reader.rest))
    }
}

/// Bytes on their way to records.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// A byte was missing, or one of those read cannot be what was written.
    failed: bool,
    /// A variant came that this build does not read, because it lacks this part.
    left_out: Option<Part>,
}

impl<'a> Reader<'a> {
    pub(super) fn get<T: Record<'a>>(&mut self) -> T {
        T::read(self)
    }

    #[inline(never)]
    fn byte(&mut self) -> u8 {
        let (&byte, rest) = self.rest.split_first().unwrap_or_else(|| {
            self.failed = true;
            (&0, &[])
        });
        self.rest = rest;
        byte
    }

    /// A number of up to `bits` bits: seven in each byte, the lowest first; all bytes but the last have the highest bit set.
    #[inline(never)]
    fn number(&mut self, bits: u32) -> u32 {
        let (mut value, mut at) = (0, 0);
        loop {
            let byte = self.byte();
            if at + 7 >= bits && byte >> (bits - at) != 0 {
                self.failed = true;
                return 0;
            }
            value |= u32::from(byte & 0x7f) << at;
            if byte < 0x80 {
                return value;
            }
            at += 7;
        }
    }

    /// Which variant follows, below `count`.
    #[inline(never)]
    pub(super) fn variant(&mut self, count: u32) -> u32 {
        let number = self.number(u32::BITS);
        self.failed |= number >= count;
        number
    }

    #[inline(never)]
    fn bytes(&mut self) -> &'a [u8] {
        let len = self.number(u32::BITS) as usize;
        let (bytes, rest) = self.rest.split_at_checked(len).unwrap_or_else(|| {
            self.failed = true;
            (&[], &[])
        });
        self.rest = rest;
        bytes
    }

    /// The variant that was read is of this part, which this build lacks.
    pub(super) fn left_out(&mut self, part: Option<Part>) {
        self.left_out = part;
    }

    fn flag(&mut self) -> bool {
        let byte = self.byte();
        self.failed |= byte > 1;
        byte == 1
    }
}

impl Record<'_> for u8 {
    fn read(from: &mut Reader<'_>) -> Self {
        from.byte()
    }
}

impl Record<'_> for i8 {
    fn read(from: &mut Reader<'_>) -> Self {
        from.byte() as i8
    }
}

impl Record<'_> for bool {
    fn read(from: &mut Reader<'_>) -> Self {
        from.flag()
    }
}

impl Record<'_> for u16 {
    fn read(from: &mut Reader<'_>) -> Self {
        from.number(u16::BITS) as u16
    }
}

/// With a fixed width.
impl Record<'_> for u32 {
    #[inline(never)]
    fn read(from: &mut Reader<'_>) -> Self {
        let (bytes, rest) = from.rest.split_first_chunk().unwrap_or_else(|| {
            from.failed = true;
            (&[0; 4], &[])
        });
        from.rest = rest;
        u32::from_le_bytes(*bytes)
    }
}

/// With a fixed width.
impl Record<'_> for i32 {
    fn read(from: &mut Reader<'_>) -> Self {
        u32::read(from) as i32
    }
}

impl<'a, A: Record<'a>, B: Record<'a>> Record<'a> for (A, B) {
    fn read(from: &mut Reader<'a>) -> Self {
        (from.get(), from.get())
    }
}

impl<'a, T: Record<'a>, const N: usize> Record<'a> for [T; N] {
    fn read(from: &mut Reader<'a>) -> Self {
        core::array::from_fn(|_| from.get())
    }
}

impl<'a, T: Record<'a>> Record<'a> for Option<T> {
    fn read(from: &mut Reader<'a>) -> Self {
        if from.flag() { Some(from.get()) } else { None }
    }
}

impl<'a, T: Record<'a>, const N: usize> Record<'a> for Vec<T, N> {
    fn read(from: &mut Reader<'a>) -> Self {
        let len = from.number(u32::BITS);
        let mut items = Vec::new();
        for _ in 0..len {
            if items.push(from.get()).is_err() {
                from.failed = true;
                break;
            }
        }
        items
    }
}

impl<'a> Record<'a> for &'a [u8] {
    fn read(from: &mut Reader<'a>) -> Self {
        from.bytes()
    }
}

impl<'a> Record<'a> for &'a str {
    #[inline(never)]
    fn read(from: &mut Reader<'a>) -> Self {
        str::from_utf8(from.bytes()).unwrap_or_else(|_| {
            from.failed = true;
            ""
        })
    }
}

/// The fields of records, in the order in which they are declared and written.
macro_rules! fields {
    ($($(#[$meta:meta])* $name:ident { $($field:ident),* })*) => {$(
        impl Record<'_> for $name {
            $(#[$meta])*
            fn read(from: &mut Reader<'_>) -> Self {
                $name { $($field: from.get()),* }
            }
        }
    )*};
}

/// The same for records that hold names or sections.
macro_rules! borrowing_fields {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl<'a> Record<'a> for $name<'a> {
            fn read(from: &mut Reader<'a>) -> Self {
                $name { $($field: from.get()),* }
            }
        }
    )*};
}

/// Variants without fields, each with the number that postcard writes. The first stands for what is none of them.
macro_rules! variants {
    ($($name:ident { 0 $first:ident $(, $number:literal $variant:ident)* })*) => {$(
        impl Record<'_> for $name {
            fn read(from: &mut Reader<'_>) -> Self {
                match from.variant([$name::$first $(, $name::$variant)*].len() as u32) {
                    $($number => $name::$variant,)*
                    _ => $name::$first,
                }
            }
        }
    )*};
}

variants! {
    Rounding { 0 Nearest, 1 Tflite }
    BagMode { 0 Sum, 1 Mean, 2 SqrtN }
    Cell { 0 Elman, 1 Gru, 2 Lstm }
    Direction { 0 Forward, 1 Backward }
    ReadMode { 0 Last, 1 Mean }
    Packing { 0 Pairs, 1 Quads, 2 Vectors, 3 Squares }
    PoolKind { 0 Max, 1 Average }
    Pair {
        0 Sum, 1 Difference, 2 Reverse, 3 Product, 4 SquaredDifference, 5 Maximum, 6 Minimum, 7 Prelu
    }
    Reduction { 0 Sum, 1 Max, 2 Min, 3 Bytes }
    Fit { 0 Stretch, 1 Cover, 2 Contain }
    Keep { 0 First, 1 Last }
}

fields! {
    #[inline(never)]
    View { offset, h, w, c, zero_point }
    Ids { offset, max }
    #[inline(never)]
    Blob { offset, len }
    #[inline(never)]
    Span { offset, len }
    #[inline(never)]
    Scale { multiplier, shift }
    #[inline(never)]
    Requant { rounding, multipliers, shifts }
    #[inline(never)]
    Clamp { min, max }
    #[inline(never)]
    Window { kernel, stride, dilation, pad_before, pad_after }
    #[inline(never)]
    Packed { packing, rounding, left, weights, factors }
    FusedPool { kind, output, window, clamp }
    #[inline(never)]
    Conv { input, output, window, weights, bias, requant, clamp }
    #[inline(never)]
    Pool { input, output, window, clamp }
    #[inline(never)]
    Dense { input, output, weights, bias, requant, clamp }
    Embedding { ids, table, rows, output }
    #[inline(never)]
    EmbeddingBag { ids, table, rows, mode, output, scale, scratch }
    Add { a, b, output, a_scale, b_scale, out_scale, clamp }
    Product { a, b, output, scale, rounding, clamp }
    Concat { parts, output }
    Gate { gates, values, output, scale, clamp }
    Rearrange { input, output, start, axes, run, fill }
    #[inline(never)]
    Axis { count, step, indices }
    Constant { output, values }
    Resize { input, output, rows, columns }
    Spread { first, step }
    Lookup { input, output, table }
    Softmax { input, output, table }
    Pairwise { kind, a, b, values, output, a_scale, b_scale, out_scale, clamp }
    Reduce { kind, input, output, scale, clamp }
    LogSoftmax { input, output, table, scale }
    L2Normalise { input, output }
    ArgMax { input, output }
    Rnn {
        cell, direction, input, hidden, state, scratch,
        x_weights, x_bias, x_requant, h_weights, h_bias, h_requant, output
    }
    RnnRead { cell, state, mode, output }
    #[inline(never)]
    PackedConv { input, output, window, matrix, clamp, scratch, pool }
    PackedDepthwise { input, output, window, matrix, clamp, scratch }
    PackedDense { input, output, matrix, clamp, scratch }
    PackedSeparable { depthwise, pointwise }
    SequenceLstm {
        input, output, x_weights, x_bias, x_scales, h_zero_point, h_weights, h_scales, cell_bits, cell_clip, scale, scratch
    }
    Operand { view, transposed, constant }
    Matmul { a, b, output, scale, rounding, clamp }
    PackedRnn { cell, direction, input, hidden, state, scratch, x, h, output }
    #[inline(never)]
    ImageParams { source_h, source_w, source_c, crop_at, crop_size, output, table, fit }
    AudioParams {
        sample_rate, frame_len, hop, fft_len, bands, stack, max_steps, level,
        window, twiddles, band_bins, band_weights, means, factors, output, state, scratch
    }
    TextParams { form, buckets, max_bytes, ids, scratch }
    #[inline(never)]
    RecordParams { field_count, fields, output, max_steps, keep }
    TensorParams { output, scale }
}

borrowing_fields! {
    Field { name, kind }
    Input { name, source, step, finish, encoding, absent }
    Head { name, answer, scores }
    Golden { inputs, scores }
}

impl<'a> Record<'a> for Body<'a> {
    fn read(from: &mut Reader<'a>) -> Self {
        Body {
            name: from.get(),
            input_count: from.get(),
            head_count: from.get(),
            inputs: from.get(),
            fields: from.get(),
            ops: from.get(),
            trunk: from.get(),
            heads: from.get(),
            target: from.get(),
            flash_growth: from.get(),
        }
    }
}

/// A tensor is read as classes where this build leaves it out.
impl<'a> Record<'a> for Answer<'a> {
    fn read(from: &mut Reader<'a>) -> Self {
        if from.variant(2) == 1 {
            if Part::Tensor.is_built() {
                return Answer::Tensor { scale: from.get() };
            }
            from.left_out(Some(Part::Tensor));
        }
        Answer::Classes {
            names: from.get(),
            defer_below: from.get(),
        }
    }
}

impl Record<'_> for TextForm {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant(2) {
            0 => TextForm::Bag {
                words: from.get(),
                bigrams: from.get(),
                chars: from.get(),
            },
            _ => TextForm::Tokens,
        }
    }
}

impl<'a> Record<'a> for FieldKind<'a> {
    fn read(from: &mut Reader<'a>) -> Self {
        match from.variant(2) {
            0 => FieldKind::Number {
                decimals: from.get(),
                log: from.get(),
                center: from.get(),
                scale: from.get(),
                flag: from.get(),
                one: from.get(),
            },
            _ => FieldKind::Category {
                names: from.get(),
                other: from.get(),
                one: from.get(),
            },
        }
    }
}

/// An enum of records. Each line has the number that postcard writes for the variant, the variant with its record, its name
/// in reports, and the part of a build that it belongs to.
///
/// What this build leaves out is made what is given last, so that the code for it is left out too.
macro_rules! variants_of_parts {
    (
        $(#[$meta:meta])*
        pub enum $name:ident, part by $of:ident {
            $($(#[$doc:meta])* $number:literal $variant:ident($record:ty) $word:literal in $part:ident,)*
        }
        else $other:expr
    ) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[$doc])* $variant($record),)*
        }

        impl $name {
            /// How many variants there are.
            pub const COUNT: u32 = [$($number),*].len() as u32;

            /// Name of the variant in reports.
            pub const fn name(&self) -> &'static str {
                match self {
                    $($name::$variant(_) => $word,)*
                }
            }
        }

        // Postcard counts variants in the order in which they are declared.
        const _: () = {
            let (numbers, mut at) = ([$($number),*], 0);
            while at < numbers.len() {
                assert!(numbers[at] == at, "variants are numbered in order");
                at += 1;
            }
        };

        impl $crate::model::decode::Record<'_> for $name {
            fn read(from: &mut $crate::model::decode::Reader<'_>) -> Self {
                match from.variant($name::COUNT) {
                    $($number if $crate::parts::Part::$part.is_built() => $name::$variant(from.get()),)*
                    number => {
                        from.left_out(match number {
                            $($number => Some($crate::parts::Part::$part),)*
                            _ => None,
                        });
                        let other: fn(&mut $crate::model::decode::Reader<'_>) -> Self = $other;
                        other(from)
                    }
                }
            }
        }

        impl $crate::parts::Part {
            /// The part that this belongs to.
            pub const fn $of(it: &$name) -> Self {
                match it {
                    $($name::$variant(_) => $crate::parts::Part::$part,)*
                }
            }
        }
    };
}
pub(super) use variants_of_parts;

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use serde::Deserialize;

    use super::*;
    use crate::model::records::{Op, Source};

    /// With all features nothing is left out; without any, every part is named.
    #[test]
    fn a_part_that_this_build_lacks_is_named() {
        let sources = [
            Part::Image,
            Part::Audio,
            Part::Text,
            Part::Record,
            Part::Record,
            Part::Tensor,
        ];
        for (number, part) in sources.into_iter().enumerate() {
            let mut bytes = [0; 200];
            bytes[0] = number as u8;
            let named = take::<Source>(&bytes) == Err(Unreadable::LeftOut(part));
            assert_eq!(named, !part.is_built(), "{part:?}");
        }
        let mut tensor = [0; 200];
        tensor[1] = 1;
        let named = take::<Head<'_>>(&tensor) == Err(Unreadable::LeftOut(Part::Tensor));
        assert_eq!(named, !Part::Tensor.is_built());
        let ops = [
            (2, Part::MaxPool),
            (4, Part::Plain),
            (5, Part::Embedding),
            (7, Part::Elementwise),
            (12, Part::Softmax),
            (13, Part::Plain),
            (14, Part::Recurrent),
            (19, Part::Winograd),
            (21, Part::Int4),
            (25, Part::Rearrange),
            (26, Part::Rearrange),
            (27, Part::Resize),
            (28, Part::Arithmetic),
            (29, Part::Reduce),
            (30, Part::SoftmaxRows),
            (31, Part::LogSoftmax),
            (32, Part::L2Norm),
            (33, Part::ArgMax),
        ];
        for (number, part) in ops {
            let mut bytes = [0; 200];
            bytes[0] = number;
            let named = take::<Op>(&bytes) == Err(Unreadable::LeftOut(part));
            assert_eq!(named, !part.is_built(), "{number}: {part:?}");
        }
    }

    /// Bytes that are mostly small numbers, so that many of them are records.
    fn random_bytes(state: &mut u64) -> Vec<u8> {
        let mut next = || {
            *state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (*state >> 33) as u32
        };
        let (len, wild) = (next() % 300, next() % 16);
        let byte = |bits: u32| match bits % 48 {
            kind if kind >= wild => (bits >> 8) as u8 & 3,
            0..4 => (bits >> 8) as u8,
            4..8 => 0x80 | (bits >> 8) as u8,
            _ => b'a',
        };
        (0..len).map(|_| byte(next())).collect()
    }

    /// Reads records by both readers; answers how many were records.
    fn agree<'a, T>(bytes: &'a [u8]) -> usize
    where
        T: Record<'a> + Deserialize<'a> + PartialEq + core::fmt::Debug,
    {
        let ours = take::<T>(bytes);
        let theirs = postcard::take_from_bytes::<T>(bytes).ok();
        assert_eq!(ours, theirs.ok_or(Unreadable::Damaged), "{bytes:x?}");
        usize::from(ours.is_ok())
    }

    #[test]
    fn reads_what_the_derived_reader_reads_and_nothing_else() {
        let (mut state, mut read) = (1, [0; 7]);
        for _ in 0..60_000 {
            let mut bytes = random_bytes(&mut state);
            for op in 0..Op::COUNT as u8 {
                if let Some(first) = bytes.first_mut() {
                    *first = op;
                }
                read[0] += agree::<Op>(&bytes);
            }
            read[1] += agree::<Input<'_>>(&bytes);
            read[2] += agree::<Head<'_>>(&bytes);
            read[3] += agree::<Field<'_>>(&bytes);
            read[4] += agree::<Body<'_>>(&bytes);
            let rest = bytes.get(1..).unwrap_or(&[]);
            read[5] += agree::<Source>(rest);
            read[6] += agree::<Golden<'_>>(rest);
        }
        assert!(read.iter().all(|&count| count > 100), "{read:?}");
    }

    #[test]
    fn numbers_are_no_longer_than_their_type() {
        let long = [0xff, 0xff, 0x04];
        let damaged = Err(Unreadable::Damaged);
        assert_eq!(take::<u16>(&long), damaged);
        assert_eq!(take::<u16>(&[0xff, 0xff, 0x03]), Ok((u16::MAX, &[][..])));
        assert_eq!(take::<u16>(&[0x80, 0x80, 0x80, 0x00]), damaged);
        assert_eq!(take::<u16>(&[0x80]), damaged);
    }
}
