//! The part of TensorFlow Lite's schema, version 3, that is read: tables, and the slots of their fields.
//!
//! A table is verified by the list that it is read by: [`table!`] makes of one list what the crate's verifier visits and the functions
//! that read it, so no field is read that was not visited. Numbers of slots are those of `schema.fbs`, in the order of its fields; a union
//! takes two, the first for its kind.

mod options;

use flatbuffers::{
    Follow, ForwardsUOffset, InvalidFlatbuffer, VOffsetT, Vector, VerifierOptions,
    field_index_to_field_offset, root_with_opts,
};

pub(super) use options::*;

/// Whole numbers in a row.
pub(super) type Ints<'a> = Vector<'a, i32>;
/// Bytes in a row. A text is read as such, since a name in no known encoding does no harm.
pub(super) type Bytes<'a> = Vector<'a, u8>;
/// Tables in a row.
pub(super) type Tables<'a, T> = Vector<'a, ForwardsUOffset<T>>;

/// The bytes that a file of this format has from the fourth on.
pub(super) const IDENTIFIER: [u8; 4] = *b"TFL3";
/// The only version of the schema with these bytes.
pub(super) const VERSION: u32 = 3;
/// Tables within tables: the model, its graph, an operator or a tensor, its settings, and their vectors.
const MOST_DEPTH: usize = 8;
/// Bytes that a table takes at least, with the offset that leads to it.
const LEAST_TABLE: usize = 8;
/// Bytes that are visited for each byte of a file. Tables share lists of slots, and each takes its own again; more is visited only
/// where values are shared, which no writer does.
const VISITS: usize = 4;

/// Makes of each table's fields what verifies and what reads them: `values` stand in the table and have a default, `parts` elsewhere.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $table:ident {
            $($value:ident: $value_type:ty = $default:expr, $value_slot:literal;)*
            $(=> $part:ident: $part_type:ty, $part_slot:literal;)*
            $(union $union:ident, $union_slot:literal;)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub(crate) struct $table<'a>(Option<flatbuffers::Table<'a>>);

        impl<'a> flatbuffers::Follow<'a> for $table<'a> {
            type Inner = $table<'a>;

            unsafe fn follow(bytes: &'a [u8], at: usize) -> $table<'a> {
                // SAFETY: whoever calls this promises that a table of this kind was verified here.
                $table(Some(unsafe { flatbuffers::Table::new(bytes, at) }))
            }
        }

        impl<'a> flatbuffers::Verifiable for $table<'a> {
            fn run_verifier(verifier: &mut flatbuffers::Verifier<'_, '_>, at: usize) -> Result<(), flatbuffers::InvalidFlatbuffer> {
                let table = verifier.visit_table(at)?;
                $(let table = table.visit_field::<$value_type>(stringify!($value), slot($value_slot), false)?;)*
                $(let table = table.visit_field::<flatbuffers::ForwardsUOffset<$part_type>>(
                    stringify!($part), slot($part_slot), false)?;)*
                $(let table = $union(table, $union_slot)?;)?
                table.finish();
                Ok(())
            }
        }

        impl<'a> $table<'a> {
            $(pub(crate) fn $value(self) -> $value_type {
                // SAFETY: a table is made by `follow` only, behind the verifier, which visited this slot as a value of this kind.
                let value = self.0.and_then(|table| unsafe { table.get::<$value_type>(slot($value_slot), None) });
                value.unwrap_or($default)
            })*

            $(pub(crate) fn $part(self) -> Option<<$part_type as flatbuffers::Follow<'a>>::Inner> {
                // SAFETY: a table is made by `follow` only, behind the verifier, which visited what this slot leads to.
                self.0.and_then(|table| unsafe {
                    table.get::<flatbuffers::ForwardsUOffset<$part_type>>(slot($part_slot), None)
                })
            })*
        }
    };
}
use table;

table! {
    /// The whole file.
    Model {
        version: u32 = 0, 0;
        => operator_codes: Tables<'a, OperatorCode<'a>>, 1;
        => subgraphs: Tables<'a, SubGraph<'a>>, 2;
        => description: Bytes<'a>, 3;
        => buffers: Tables<'a, Buffer<'a>>, 4;
        => signature_defs: Tables<'a, SignatureDef<'a>>, 7;
    }
}

table! {
    /// A kind of operator that the file uses.
    OperatorCode {
        deprecated_builtin_code: i8 = 0, 0;
        builtin_code: i32 = 0, 3;
        => custom_code: Bytes<'a>, 1;
    }
}

table! {
    /// A graph.
    SubGraph {
        => tensors: Tables<'a, Tensor<'a>>, 0;
        => inputs: Ints<'a>, 1;
        => outputs: Ints<'a>, 2;
        => operators: Tables<'a, Operator<'a>>, 3;
    }
}

table! {
    /// A tensor.
    Tensor {
        kind: i8 = 0, 1;
        buffer: u32 = 0, 2;
        is_variable: bool = false, 5;
        // Where a table of it starts, which is never read.
        sparsity: u32 = 0, 6;
        external_buffer: u32 = 0, 10;
        => shape: Ints<'a>, 0;
        => name: Bytes<'a>, 3;
        => quantization: Quantization<'a>, 4;
        => shape_signature: Ints<'a>, 7;
    }
}

table! {
    /// What a tensor's values stand for.
    Quantization {
        details_type: u8 = 0, 4;
        quantized_dimension: i32 = 0, 6;
        => scale: Vector<'a, f32>, 2;
        => zero_point: Vector<'a, i64>, 3;
    }
}

table! {
    /// An operator.
    Operator {
        opcode_index: u32 = 0, 0;
        options_kind: u8 = 0, 3;
        => inputs: Ints<'a>, 1;
        => outputs: Ints<'a>, 2;
        => intermediates: Ints<'a>, 8;
        union visit_options, 3;
    }
}

table! {
    /// Bytes of a constant, in the buffer or at a place of the file.
    Buffer {
        offset: u64 = 0, 1;
        size: u64 = 0, 2;
        => data: Bytes<'a>, 0;
    }
}

table! {
    /// A way to call the file.
    SignatureDef {
        subgraph_index: u32 = 0, 4;
        => inputs: Tables<'a, TensorMap<'a>>, 0;
        => outputs: Tables<'a, TensorMap<'a>>, 1;
        => signature_key: Bytes<'a>, 2;
    }
}

table! {
    /// What a way to call the file calls a tensor.
    TensorMap {
        tensor_index: u32 = 0, 1;
        => name: Bytes<'a>, 0;
    }
}

/// A verified model.
pub(super) fn model(bytes: &[u8]) -> Result<Model<'_>, InvalidFlatbuffer> {
    let limits = VerifierOptions {
        max_depth: MOST_DEPTH,
        max_tables: bytes.len() / LEAST_TABLE,
        max_apparent_size: bytes.len().saturating_mul(VISITS),
        ignore_missing_null_terminator: true,
    };
    root_with_opts::<Model<'_>>(&limits, bytes)
}

/// The items of a row; none of a row that is not there.
pub(super) fn items<'a, T: Follow<'a> + 'a>(
    row: Option<Vector<'a, T>>,
) -> impl ExactSizeIterator<Item = T::Inner> {
    row.unwrap_or_default().iter()
}

/// Where a table's list of slots says where the field is.
pub(crate) fn slot(number: u16) -> VOffsetT {
    field_index_to_field_offset(number)
}
