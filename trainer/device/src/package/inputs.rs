//! What a sample program pushes: an input of each kind, of the size that the model takes; and a model as a C array.

use std::fmt::Write;

use tillsense_core::engine::Model;
use tillsense_core::model::records::{FieldKind, Input, Source};

/// The header `inputs.h`: the arena's length, and a function that pushes something to each input.
pub(super) fn header(model: &Model<'_>) -> String {
    let mut out = String::new();
    let (name, arena) = (comment(model.name()), model.header().arena_len);
    let _ = write!(
        out,
        "/* Written by `tillsense library`: made-up inputs of the model {name}. Each run writes it anew:\n   \
         copy it to your program and put your own in their place. */\n\
         #ifndef INPUTS_H\n#define INPUTS_H\n\n#include \"tillsense.h\"\n\n\
         /* What the model's plan needs, in bytes. */\n#define ARENA_LEN {arena}\n\n\
         static tillsense_status push_inputs(tillsense_session *session)\n{{\n    \
         tillsense_status status = TILLSENSE_OK;\n"
    );
    for (number, input) in model.inputs().enumerate() {
        push(&mut out, model, number, &input);
    }
    out += "    return status;\n}\n\n#endif\n";
    out
}

fn push(out: &mut String, model: &Model<'_>, number: usize, input: &Input<'_>) {
    let name = comment(input.name);
    let (what, call) = match input.source {
        Source::Image(p) => {
            let (h, w, c) = (p.source_h, p.source_w, p.source_c);
            let len = usize::from(h) * usize::from(w) * usize::from(c);
            (
                format!("{h} rows of {w} pixels of {c} bytes, row by row"),
                array_of("uint8_t", "image", number, len),
            )
        }
        Source::Audio(p) => {
            let hops = usize::from(p.max_steps) * usize::from(p.stack);
            let len = usize::from(p.frame_len) + hops * usize::from(p.hop);
            (
                format!("{} samples a second, pieces of any length", p.sample_rate),
                array_of("int16_t", "audio", number, len),
            )
        }
        Source::Text(p) => (
            format!("a text of up to {} bytes of UTF-8", p.max_bytes),
            format!(
                "    status = tillsense_push_text(session, {number}, \"where is my card\", 16);\n"
            ),
        ),
        Source::Tensor(p) => {
            let v = p.output;
            (
                format!("a tensor of {} x {} x {} values", v.h, v.w, v.c),
                array_of("int8_t", "tensor", number, v.len()),
            )
        }
        Source::Record(_) => ("a record".to_owned(), record(model, number)),
        Source::Sequence(p) => (
            format!("records in order of time, up to {}", p.max_steps),
            record(model, number),
        ),
    };
    let _ = write!(
        out,
        "\n    /* Input {number}, {name}: {what}. */\n{call}    if (status != TILLSENSE_OK) {{\n        return status;\n    }}\n"
    );
}

/// Zeros in RAM, where an input comes to lie, and their push.
fn array_of(kind: &str, function: &str, number: usize, len: usize) -> String {
    format!(
        "    static {kind} input{number}[{len}];\n    \
         status = tillsense_push_{function}(session, {number}, input{number}, {len});\n"
    )
}

/// A record whose values are missing, with the name and kind of each field beside it.
fn record(model: &Model<'_>, number: usize) -> String {
    let fields = model.record_fields(number).into_iter().flatten();
    let mut lines = String::new();
    let mut count = 0;
    for field in fields {
        count += 1;
        let name = comment(field.name);
        let what = match field.kind {
            FieldKind::Number { decimals, .. } => format!("{name}, a number times 10^{decimals}"),
            FieldKind::Category { .. } => format!("{name}, a name"),
        };
        let _ = writeln!(
            lines,
            "        {{TILLSENSE_MISSING, 0, 0, 0}}, /* {what} */"
        );
    }
    format!(
        "    static const tillsense_value input{number}[{count}] = {{\n{lines}    }};\n    \
         status = tillsense_push_record(session, {number}, input{number}, {count});\n"
    )
}

/// A text from a model, fit to stand in a comment of C.
pub(super) fn comment(text: &str) -> String {
    let fit = |c: char| match c {
        '*' | '/' | '\\' | '?' => '_',
        c if c.is_control() => '_',
        c => c,
    };
    text.chars().map(fit).collect()
}

/// Bytes as a constant of C at a multiple of 16.
pub(super) fn array(bytes: &[u8]) -> String {
    let mut out = String::from(
        "/* Written by `tillsense library`. */\n#include \"model.h\"\n\n\
         const uint8_t model[] __attribute__((aligned(16))) = {",
    );
    for (place, byte) in bytes.iter().enumerate() {
        let before = if place % 32 == 0 { "\n    " } else { "" };
        let _ = write!(out, "{before}{byte},");
    }
    out += "\n};\n\nconst size_t model_len = sizeof model;\n";
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_end_a_comment() {
        assert_eq!(comment("a */ int\nmain ??/ b\\"), "a __ int_main ___ b_");
    }

    #[test]
    fn bytes_become_a_constant() {
        let text = array(&[7; 33]);
        assert_eq!(text.matches("7,").count(), 33);
        assert_eq!(text.lines().filter(|l| l.starts_with("    ")).count(), 2);
    }
}
