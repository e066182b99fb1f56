//! Lines, comments and texts of C.

use std::fmt::Write;

/// Source on its way.
#[derive(Debug, Default)]
pub(super) struct Code(String);

impl Code {
    pub(super) fn line(&mut self, text: &str) {
        self.lines(text);
    }

    /// Lines as they are.
    pub(super) fn lines(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.0.push('\n');
    }

    /// A comment; names from outside stand in it between backticks.
    pub(super) fn comment(&mut self, lines: &[&str]) {
        match lines {
            [line] => self.lines(&format!("/* {} */", inert(line))),
            lines => {
                self.lines("/*");
                for line in lines {
                    let line = format!(" * {}", inert(line));
                    self.lines(line.trim_end());
                }
                self.lines(" */");
            }
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// A text that neither ends a comment nor starts another.
pub(super) fn inert(text: &str) -> String {
    text.replace("*/", "*\\u{2f}").replace("/*", "\\u{2f}*")
}

/// A string literal. All but plain ASCII is escaped, whatever a compiler takes sources for, and no three signs make a trigraph.
pub(super) fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | b'?' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            // Three digits, so that a digit behind them is none of them. Writing to a string does not fail.
            byte => drop(write!(out, "\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_plain_and_comments_end_where_they_do() {
        assert_eq!(text("a\"b\\c??/\n1é"), r#""a\"b\\c\?\?/\0121\303\251""#);
        assert_eq!(
            inert("a */ b /* c */*"),
            "a *\\u{2f} b \\u{2f}* c *\\u{2f}*"
        );
        assert_eq!(inert("/*/"), "/*\\u{2f}".replace("/*", "\\u{2f}*"));
    }
}
