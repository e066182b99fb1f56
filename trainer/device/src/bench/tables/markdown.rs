//! A table in Markdown.

/// Headings and rows; the first columns hold words, the others figures.
pub fn table(
    headings: &[&str],
    words: usize,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let rule = |column| if column < words { "---" } else { "--:" };
    let rules: Vec<_> = (0..headings.len()).map(rule).collect();
    let mut out = format!("| {} |\n|{}|\n", headings.join(" | "), rules.join("|"));
    for row in rows {
        out += &format!("| {} |\n", row.join(" | "));
    }
    out
}
