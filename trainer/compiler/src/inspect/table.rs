//! The figures as text of at most 100 columns.

use super::{FieldLine, Inspection};
use crate::target::Target;
use crate::text::shown;

/// Inputs, ops and heads, one to a line.
pub(super) fn table(inspection: &Inspection) -> String {
    let bytes = &inspection.bytes;
    let mut text = format!(
        "{} version {}: {} bytes, {} of them header and records, {} constants\n\
         digest {}\n\
         interface {}\n\
         for {}\n\
         arena {} bytes, of which {} are kept between calls; {} MACs a run at most\n\n",
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
    for (number, input) in inspection.inputs.iter().enumerate() {
        text.push_str(&format!(
            "input {number}  {:<12} {:<56} encoding {:>4} at {}\n",
            shown(&input.name),
            input.takes,
            input.encoding,
            input.encoding_at
        ));
        for field in &input.fields {
            text.push_str(&field_row(field));
        }
    }
    text.push_str(&format!(
        "\n{:>3}  {:<14} {:<17} {:<20} {:<12} {:>9} {:>8} {:>8}\n",
        "op", "part", "does", "reads", "writes", "MACs", "const", "alive"
    ));
    for step in &inspection.steps {
        let part = match step.runs {
            1 => shown(&step.part),
            n => format!("{} x{n}", shown(&step.part)),
        };
        let line = format!(
            "{:>3}  {:<14} {:<17} {:<20} {:<12} {:>9} {:>8} {:>8}",
            step.number,
            short(&part, 14),
            step.op,
            short(&step.reads.join(" "), 20),
            step.writes,
            grouped(step.macs as usize),
            grouped(step.weights),
            grouped(step.alive)
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    layers(inspection, &mut text);
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
        return "generic: plain weights, for every board (`tillsense export` packs them for one)"
            .to_owned();
    }
    format!(
        "{}, with up to {} % more flash for faster algorithms",
        short(&shown(&inspection.target), 20),
        inspection.flash_growth
    )
}

/// How packed layers are computed, one to a line.
fn layers(inspection: &Inspection, text: &mut String) {
    let steps = inspection.steps.iter();
    let packed = steps.filter_map(|step| Some((step, step.packed.as_ref()?)));
    for (number, (step, layer)) in packed.enumerate() {
        if number == 0 {
            text.push_str(&format!(
                "\n{:>3}  {:<17} {:<10} {:<8} {:<28} {:>8} {:>12}\n",
                "op", "packed", "algorithm", "weights", "pool with it", "scratch", "extra flash"
            ));
        }
        text.push_str(&format!(
            "{:>3}  {:<17} {:<10} {:<8} {:<28} {:>8} {:>12}\n",
            step.number,
            step.op,
            layer.algorithm,
            layer.order,
            layer.pool.as_deref().unwrap_or("-"),
            grouped(layer.scratch),
            signed(layer.extra_flash)
        ));
    }
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
