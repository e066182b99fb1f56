//! A memory map and command lines, for people.

use tillsense_compiler::words::grouped;
use tillsense_core::parts::Part;
use tillsense_device::images::{Area, Firmware, Map, Share, Usage, Words};

use super::super::run::example::quoted;

/// Headings of the memory map.
pub const HEADINGS: [&str; 6] = ["what", "from", "to", "bytes", "used", "free"];

/// Rows of the memory map.
pub fn rows(map: &Map) -> Vec<[String; 6]> {
    let ram = map.ram;
    let behind = u64::from(ram.start) + ram.used;
    vec![
        area("flash: firmware", &map.firmware),
        area("flash: model", &map.model),
        row(
            "RAM: static",
            Some((ram.start.into(), behind)),
            [Some(ram.used), None, None],
        ),
        share("  arena in it", &map.arena),
        share("  inbox in it", &map.inbox),
        row(
            "RAM: stack",
            Some((behind, ram.end)),
            [Some(ram.free), None, Some(ram.free)],
        ),
    ]
}

fn area(what: &str, area: &Area) -> [String; 6] {
    let bytes = [area.bytes, area.used, area.free];
    row(what, Some((area.start.into(), area.end)), bytes.map(Some))
}

fn share(what: &str, share: &Share) -> [String; 6] {
    let bytes = [share.bytes, share.used, share.free];
    row(what, None, bytes.map(|bytes| Some(bytes.into())))
}

fn row(what: &str, range: Option<(u64, u64)>, bytes: [Option<u64>; 3]) -> [String; 6] {
    let address = |at: Option<u64>| at.map_or(String::new(), |at| format!("{at:#010x}"));
    let number = |n: Option<u64>| n.map_or(String::new(), grouped);
    let [all, used, free] = bytes.map(number);
    [
        what.to_owned(),
        address(range.map(|(from, _)| from)),
        address(range.map(|(_, to)| to)),
        all,
        used,
        free,
    ]
}

/// The memory map as plain text.
pub fn plain(map: &Map) -> String {
    let head = HEADINGS.map(str::to_owned);
    let rows: Vec<_> = [head].into_iter().chain(rows(map)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<_> = (0..HEADINGS.len()).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, &width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        let line: Vec<_> = cells.collect();
        line.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// What the firmware holds of the engine.
pub fn engine(firmware: &Firmware) -> String {
    if firmware.runs_every_model() {
        return "all parts of the engine: it runs every model that this board has room for"
            .to_owned();
    }
    let parts: Vec<_> = firmware
        .parts
        .iter()
        .map(|part: &Part| part.feature())
        .collect();
    format!(
        "the parts that this model needs ({}): a model that needs others is refused",
        parts.join(", ")
    )
}

/// What lines with a command begin with.
pub const COMMAND: &str = "    ";

/// The command lines of all tools, each on a line of its own.
pub fn commands(usages: &[Usage]) -> Vec<String> {
    let shown = |words: &Words| format!("{COMMAND}{}", line(words));
    let mut lines = vec!["firmware and model:".to_owned()];
    for usage in usages {
        lines.push(format!("  {}, {}", usage.tool.name(), usage.over));
        lines.extend(usage.all.iter().map(shown));
    }
    lines.push(String::new());
    lines.push("the model alone, for firmware that is on the board already:".to_owned());
    for usage in usages {
        let after = usage.after_model.map(|after| format!(", {after}"));
        lines.push(format!(
            "  {}{}",
            usage.tool.name(),
            after.unwrap_or_default()
        ));
        lines.extend(usage.model.iter().map(shown));
    }
    lines
}

/// A command as one would type it.
pub fn line(words: &Words) -> String {
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}
