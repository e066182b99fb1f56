//! Files to read, written by the crate's builder.

use flatbuffers::{
    FlatBufferBuilder, TableFinishedWIPOffset, WIPOffset, field_index_to_field_offset,
};

/// A file; what a test does not say is left out of it.
#[derive(Clone, Default)]
pub(super) struct File {
    pub(super) version: Option<u32>,
    pub(super) description: Option<&'static str>,
    pub(super) codes: Vec<Fields>,
    pub(super) tensors: Vec<Fields>,
    pub(super) operators: Vec<Fields>,
    pub(super) inputs: Vec<i32>,
    pub(super) outputs: Vec<i32>,
    pub(super) buffers: Vec<Fields>,
    /// Graphs behind the first, which are empty.
    pub(super) more_graphs: usize,
    pub(super) signatures: Vec<Fields>,
}

/// Fields of a table by their slots.
pub(super) type Fields = Vec<(u16, Field)>;

/// The value of a field.
#[derive(Clone, Debug)]
pub(super) enum Field {
    Bool(bool),
    I8(i8),
    U8(u8),
    I32(i32),
    U32(u32),
    U64(u64),
    F32(f32),
    Ints(Vec<i32>),
    Longs(Vec<i64>),
    Floats(Vec<f32>),
    Bytes(Vec<u8>),
    Table(Fields),
}

type Builder = FlatBufferBuilder<'static>;
type Table = WIPOffset<TableFinishedWIPOffset>;

impl File {
    /// The file's bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut builder = Builder::new();
        let graph = vec![
            (1, Field::Ints(self.inputs.clone())),
            (2, Field::Ints(self.outputs.clone())),
        ];
        let rows = [
            (0, tables(&mut builder, &self.tensors)),
            (3, tables(&mut builder, &self.operators)),
        ];
        let mut graphs = vec![table(&mut builder, &graph, &rows)];
        for _ in 0..self.more_graphs {
            graphs.push(table(&mut builder, &Vec::new(), &[]));
        }
        let mut rows = vec![
            (1, tables(&mut builder, &self.codes)),
            (2, builder.create_vector(&graphs).as_union_value()),
            (4, tables(&mut builder, &self.buffers)),
        ];
        if !self.signatures.is_empty() {
            rows.push((7, tables(&mut builder, &self.signatures)));
        }
        let mut model = vec![(0, Field::U32(self.version.unwrap_or(3)))];
        model.extend(self.description.map(|text| (3, Field::Bytes(text.into()))));
        let root = table(&mut builder, &model, &rows);
        builder.finish(root, Some("TFL3"));
        builder.finished_data().to_vec()
    }

    /// Adds a tensor, and says its number.
    pub(super) fn tensor(&mut self, fields: Fields) -> i32 {
        self.tensors.push(fields);
        i32::try_from(self.tensors.len()).unwrap() - 1
    }

    /// Adds a constant, and says its number.
    pub(super) fn constant(&mut self, shape: &[i32], kind: i8, data: Vec<u8>) -> i32 {
        if self.buffers.is_empty() {
            self.buffers.push(Vec::new());
        }
        self.buffers.push(vec![(0, Field::Bytes(data))]);
        let buffer = u32::try_from(self.buffers.len()).unwrap() - 1;
        self.tensor(vec![
            (0, Field::Ints(shape.to_vec())),
            (1, Field::I8(kind)),
            (2, Field::U32(buffer)),
        ])
    }

    /// Adds an operator of a kind of its own.
    pub(super) fn operator(
        &mut self,
        code: i32,
        inputs: &[i32],
        outputs: &[i32],
        options: Option<(u8, Fields)>,
    ) {
        let index = u32::try_from(self.codes.len()).unwrap();
        self.codes.push(vec![
            (0, Field::I8(i8::try_from(code.min(127)).unwrap())),
            (3, Field::I32(code)),
        ]);
        let mut fields = vec![
            (0, Field::U32(index)),
            (1, Field::Ints(inputs.to_vec())),
            (2, Field::Ints(outputs.to_vec())),
        ];
        if let Some((kind, options)) = options {
            fields.push((3, Field::U8(kind)));
            fields.push((4, Field::Table(options)));
        }
        self.operators.push(fields);
    }
}

/// An int8 tensor with a name.
pub(super) fn int8(name: &str, shape: &[i32]) -> Fields {
    vec![
        (0, Field::Ints(shape.to_vec())),
        (1, Field::I8(9)),
        (3, Field::Bytes(name.into())),
    ]
}

/// The field that says what values stand for.
pub(super) fn quantised(scales: &[f32], zero_points: &[i64], axis: i32) -> (u16, Field) {
    let fields = vec![
        (2, Field::Floats(scales.to_vec())),
        (3, Field::Longs(zero_points.to_vec())),
        (6, Field::I32(axis)),
    ];
    (4, Field::Table(fields))
}

type Any = WIPOffset<flatbuffers::UnionWIPOffset>;

fn tables(builder: &mut Builder, rows: &[Fields]) -> Any {
    let tables: Vec<Table> = rows
        .iter()
        .map(|fields| table(builder, fields, &[]))
        .collect();
    builder.create_vector(&tables).as_union_value()
}

/// A table of fields, and of rows that are written already.
fn table(builder: &mut Builder, fields: &Fields, rows: &[(u16, Any)]) -> Table {
    let written: Vec<Option<Any>> = fields
        .iter()
        .map(|(_, field)| elsewhere(builder, field))
        .collect();
    let table = builder.start_table();
    for ((number, field), written) in fields.iter().zip(written) {
        let slot = field_index_to_field_offset(*number);
        match (field, written) {
            (_, Some(at)) => builder.push_slot_always(slot, at),
            (Field::Bool(value), _) => builder.push_slot_always(slot, *value),
            (Field::I8(value), _) => builder.push_slot_always(slot, *value),
            (Field::U8(value), _) => builder.push_slot_always(slot, *value),
            (Field::I32(value), _) => builder.push_slot_always(slot, *value),
            (Field::U32(value), _) => builder.push_slot_always(slot, *value),
            (Field::U64(value), _) => builder.push_slot_always(slot, *value),
            (Field::F32(value), _) => builder.push_slot_always(slot, *value),
            _ => unreachable!("{field:?} stands elsewhere"),
        }
    }
    for &(number, at) in rows {
        builder.push_slot_always(field_index_to_field_offset(number), at);
    }
    builder.end_table(table)
}

/// Writes what stands outside of the table that it belongs to.
fn elsewhere(builder: &mut Builder, field: &Field) -> Option<Any> {
    Some(match field {
        Field::Ints(row) => builder.create_vector(row).as_union_value(),
        Field::Longs(row) => builder.create_vector(row).as_union_value(),
        Field::Floats(row) => builder.create_vector(row).as_union_value(),
        Field::Bytes(row) => builder.create_vector(row).as_union_value(),
        Field::Table(fields) => table(builder, fields, &[]).as_union_value(),
        _ => return None,
    })
}
