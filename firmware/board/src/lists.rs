//! Lists of boards for CI and for README.

use crate::board::Board;

/// The line of README before the list.
pub const README_BEGIN: &str =
    "<!-- boards: written by `cargo run -p tillsense-board -- readme` -->";
/// The line of README behind the list.
pub const README_END: &str = "<!-- end of boards -->";

/// Lines for CI, one a board: name, Rust target and compiler flags, with a tab between any two.
pub fn lines(boards: &[Board]) -> String {
    let line = |b: &Board| {
        let core = &b.core;
        [b.id.as_str(), core.target.as_str(), &core.flags.join(" ")].join("\t") + "\n"
    };
    boards.iter().map(line).collect()
}

/// The boards as a table in Markdown.
pub fn list(boards: &[Board]) -> String {
    let mut out = String::from(
        "| board | core | flash for the image | for a model | RAM | arena | so far | flashed by |\n\
         |---|---|--:|--:|--:|--:|---|---|\n",
    );
    for board in boards {
        let memory = &board.memory;
        let cells = [
            format!("`{}`: {}", board.id, board.description),
            board.core.name.clone(),
            memory.image.length.to_string(),
            memory.model.length.to_string(),
            memory.ram.length.to_string(),
            memory.arena.to_string(),
            board.status.to_string(),
            flashed_by(board),
        ];
        out += &format!("| {} |\n", cells.join(" | "));
    }
    out
}

fn flashed_by(board: &Board) -> String {
    let tools = board.flashing.tools();
    match tools.is_empty() {
        true => String::from("-"),
        false => tools.join(", "),
    }
}

/// README's text with the list between its two lines made anew; `None` where it lacks these lines.
pub fn readme(text: &str, boards: &[Board]) -> Option<String> {
    let (before, rest) = text.split_once(README_BEGIN)?;
    let (_, after) = rest.split_once(README_END)?;
    let list = list(boards);
    Some(format!(
        "{before}{README_BEGIN}\n\n{list}\n{README_END}{after}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;

    #[test]
    fn the_list_of_a_readme_is_replaced_and_nothing_else() {
        let boards = shipped().unwrap();
        let text = format!("before\n{README_BEGIN}\nold\n{README_END}\nafter\n");
        let new = readme(&text, &boards).unwrap();
        assert!(new.starts_with("before\n") && new.ends_with("\nafter\n"));
        assert!(new.contains(&list(&boards)) && !new.contains("old"));
        assert_eq!(readme(&new, &boards), Some(new));
        assert_eq!(readme("no lines", &boards), None);
    }
}
