//! Blocks of a document that a command writes, between two comments that Markdown does not show.
//!
//! ```text
//! <!-- begin speed: written by `cargo tillsense bench tables` -->
//! ...
//! <!-- end speed -->
//! ```

use anyhow::{Context, Result};

const BEGIN: &str = "<!-- begin ";
const COMMENT_END: &str = " -->\n";

/// The text with the inside of each block made anew by its name.
pub fn rewrite(text: &str, make: impl Fn(&str) -> Result<String>) -> Result<String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(BEGIN) {
        let (before, block) = rest.split_at(at);
        let (head, inside) = block
            .split_once(COMMENT_END)
            .with_context(|| format!("`{}`: the comment has no end", first_line(block)))?;
        let name = &head[BEGIN.len()..];
        let name = name.split_once(": ").map_or(name, |(name, _)| name);
        let end = format!("<!-- end {name} -->");
        let (_, after) = inside
            .split_once(&end)
            .with_context(|| format!("`{end}` is missing"))?;
        let made = make(name).with_context(|| format!("block `{name}`"))?;
        out += &format!("{before}{head}{COMMENT_END}\n{}\n\n{end}", made.trim_end());
        rest = after;
    }
    Ok(out + rest)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_made_anew_and_nothing_else_changes() {
        let text = "a\n<!-- begin x y: by hand -->\nold\n<!-- end x y -->\nb\n<!-- begin z -->\n<!-- end z -->\n";
        let new = rewrite(text, |name| Ok(format!("[{name}]\n"))).unwrap();
        let wanted = "a\n<!-- begin x y: by hand -->\n\n[x y]\n\n<!-- end x y -->\nb\n<!-- begin z -->\n\n[z]\n\n<!-- end z -->\n";
        assert_eq!(new, wanted);
        assert_eq!(rewrite(&new, |name| Ok(format!("[{name}]"))).unwrap(), new);
        let told = |text: &str| {
            rewrite(text, |_| Ok(String::new()))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(told("<!-- begin x -->\nold"), "`<!-- end x -->` is missing");
        assert_eq!(
            told("<!-- begin x\nold"),
            "`<!-- begin x`: the comment has no end"
        );
    }
}
