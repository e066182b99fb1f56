//! The figures as text.

use super::grid::{Column, Grid};
use super::{FieldLine, Inspection, Step};
use crate::target::Target;
use crate::text::shown;

/// Columns of the table of ops.
const OPS: [Column; 8] = [
    Column("op", 3, true),
    Column("part", 14, false),
    Column("does", 17, false),
    Column("reads", 20, false),
    Column("writes", 12, false),
    Column("MACs", 9, true),
    Column("const", 8, true),
    Column("alive", 8, true),
];
/// Columns of the table of packed layers.
const LAYERS: [Column; 7] = [
    Column("op", 3, true),
    Column("packed", 17, false),
    Column("algorithm", 10, false),
    Column("weights", 8, false),
    Column("pool with it", 28, false),
    Column("scratch", 8, true),
    Column("extra flash", 12, true),
];

/// Inputs, ops and heads, one to a line.
pub(super) fn table(inspection: &Inspection, width: usize) -> String {
    let bytes = &inspection.bytes;
    let mut text = format!(
        "{} version {}: {} bytes, {} of them header and records, {} constants\n\
         digest {}\n\
         interface {}\n\
         for {}\n\
         arena {} bytes, of which {} are kept between calls; {} MACs a run at most\n",
        shown(&inspection.name),
        inspection.version,
        grouped(bytes.file),
        grouped(bytes.records),
        grouped(bytes.weights),
        inspection.digest,
        inspection.interface,
        made_for(inspection),
        grouped(bytes.arena),
        grouped(bytes.kept),
        grouped(inspection.macs as usize),
    );
    let needs = format!("needs of core: {}", inspection.features.join(", "));
    text.push_str(&(broken(&needs, width) + "\n\n"));
    text.push_str("of what a loader allows, it takes\n");
    for limit in &inspection.limits {
        text.push_str(&format!(
            "  {:<24} {:>13} of {:>13}\n",
            limit.what,
            grouped(limit.takes as usize),
            grouped(limit.most as usize)
        ));
    }
    text.push('\n');
    // What an input takes has the room that is left beside the rest of its line.
    let room = width.saturating_sub(44).min(56);
    for (number, input) in inspection.inputs.iter().enumerate() {
        text.push_str(&format!(
            "input {number}  {:<12} {:<room$} encoding {:>4} at {}\n",
            shown(&input.name),
            input.takes,
            input.encoding,
            input.encoding_at
        ));
        for field in &input.fields {
            text.push_str(&field_row(field));
        }
    }
    text.push('\n');
    ops(&inspection.steps, width, &mut text);
    layers(inspection, width, &mut text);
    text.push('\n');
    for (number, head) in inspection.heads.iter().enumerate() {
        // More than these have no place in the line.
        if let Some(tensor) = &head.tensor {
            let name = shown(&head.name);
            text.push_str(&format!("head {number}  {name:<12} a tensor, {tensor}\n"));
            continue;
        }
        let first = &head.classes[..head.classes.len().min(50)];
        let classes = short(&shown(first.join(", ")), 50);
        let defers = match head.defer_below {
            0 => "never defers".to_owned(),
            below => format!("defers below {below}/256"),
        };
        text.push_str(&format!(
            "head {number}  {:<12} {:>3} classes, {defers}: {classes}\n",
            shown(&head.name),
            head.classes_len,
        ));
    }
    text
}

/// A field of a record, below its input.
fn field_row(field: &FieldLine) -> String {
    let takes = match field.decimals {
        Some(0) => "a whole number".to_owned(),
        Some(1) => "a number with 1 decimal".to_owned(),
        Some(decimals) => format!("a number with {decimals} decimals"),
        None => {
            let others = if field.other { " or another" } else { "" };
            let names: Vec<_> = field.names.iter().map(shown).collect();
            let named = short(&names.join(", "), 40);
            format!("one of {} names{others}: {named}", field.names_len)
        }
    };
    format!("         {:<22} {takes}\n", short(&shown(&field.name), 22))
}

/// The target, in words.
fn made_for(inspection: &Inspection) -> String {
    if Target::named(&inspection.target) == Some(Target::Generic) {
        return "generic: plain weights, for every board (`tillsense export` or `import` packs for one)"
            .to_owned();
    }
    format!(
        "{}, with up to {} % more flash for faster algorithms",
        short(&shown(&inspection.target), 20),
        inspection.flash_growth
    )
}

/// Frontends and ops, one to a line.
fn ops(steps: &[Step], width: usize, text: &mut String) {
    let grid = Grid::new(&OPS, &["reads", "alive", "const"], width);
    text.push_str(&grid.head());
    for step in steps {
        let part = match step.runs {
            1 => shown(&step.part),
            n => format!("{} x{n}", shown(&step.part)),
        };
        text.push_str(&grid.line([
            step.number.to_string(),
            short(&part, 14),
            step.op.to_owned(),
            short(&step.reads.join(" "), 20),
            step.writes.clone(),
            grouped(step.macs as usize),
            grouped(step.weights),
            grouped(step.alive),
        ]));
    }
    text.push_str(&grid.left_out());
}

/// How packed layers are computed, one to a line.
fn layers(inspection: &Inspection, width: usize, text: &mut String) {
    let steps = inspection.steps.iter();
    let packed = steps.filter_map(|step| Some((step, step.packed.as_ref()?)));
    let packed: Vec<_> = packed.collect();
    if packed.is_empty() {
        return;
    }
    let grid = Grid::new(&LAYERS, &["pool with it", "scratch"], width);
    text.push('\n');
    text.push_str(&grid.head());
    for (step, layer) in packed {
        text.push_str(&grid.line([
            step.number.to_string(),
            step.op.to_owned(),
            layer.algorithm.to_owned(),
            layer.order.to_owned(),
            layer.pool.as_deref().unwrap_or("-").to_owned(),
            grouped(layer.scratch),
            signed(layer.extra_flash),
        ]));
    }
    text.push_str(&grid.left_out());
}

/// With its sign, in groups of three.
fn signed(number: i64) -> String {
    let sign = if number < 0 { '-' } else { '+' };
    format!("{sign}{}", grouped(number.unsigned_abs() as usize))
}

/// Digits in groups of three.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The text with lines broken behind commas where it is wider than this.
fn broken(text: &str, width: usize) -> String {
    let (mut out, mut column) = (String::new(), 0);
    for word in text.split_inclusive(", ") {
        if column > 0 && column + word.trim_end().len() > width {
            out.truncate(out.trim_end().len());
            out.push_str("\n  ");
            column = 2;
        }
        out.push_str(word);
        column += word.len();
    }
    out
}

/// At most `len` characters.
fn short(text: &str, len: usize) -> String {
    if text.chars().count() <= len {
        return text.to_owned();
    }
    let start: String = text.chars().take(len - 2).collect();
    start + ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_stay_readable() {
        assert_eq!(
            [0, 999, 1000, 1234567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!([0, 1234, -1234].map(signed), ["+0", "+1,234", "-1,234"]);
        assert_eq!(
            (short("abcdef", 6), short("abcdefg", 6)),
            ("abcdef".into(), "abcd..".into())
        );
    }
}
