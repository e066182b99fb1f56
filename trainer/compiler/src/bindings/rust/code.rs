//! Lines of Rust in the form that rustfmt gives them.

/// Columns of a line.
const WIDTH: usize = 100;

/// Source on its way.
#[derive(Debug, Default)]
pub(super) struct Code(String);

impl Code {
    /// A line, indented so many times.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        self.0.extend(std::iter::repeat_n("    ", indent));
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// Lines as they are.
    pub(super) fn lines(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.0.push('\n');
    }

    /// A line of documentation.
    pub(super) fn doc(&mut self, indent: usize, text: &str) {
        self.line(indent, &format!("/// {text}"));
    }

    /// An item with a text from outside, which stays on one line however long it is.
    pub(super) fn item(&mut self, indent: usize, text: &str) {
        self.skip_where_wide(indent, &[text.to_owned()]);
        self.line(indent, text);
    }

    /// The head of a function, on one line where it fits.
    pub(super) fn function(
        &mut self,
        indent: usize,
        name: &str,
        arguments: &[&str],
        returns: &str,
    ) {
        let returns = match returns {
            "" => " {".to_owned(),
            returns => format!(" -> {returns} {{"),
        };
        let line = format!("{name}({}){returns}", arguments.join(", "));
        if 4 * indent + line.len() <= WIDTH {
            return self.line(indent, &line);
        }
        self.line(indent, &format!("{name}("));
        for argument in arguments {
            self.line(indent + 1, &format!("{argument},"));
        }
        self.line(indent, &format!("){returns}"));
    }

    /// A field of a struct, on one line where it fits.
    pub(super) fn field(&mut self, indent: usize, name: &str, kind: &str) {
        let line = format!("pub {name}: {kind},");
        if 4 * indent + line.len() <= WIDTH {
            return self.line(indent, &line);
        }
        self.line(indent, &format!("pub {name}:"));
        self.line(indent + 1, &format!("{kind},"));
    }

    /// A match of a value, one line an arm however long it is, in a function with this head.
    pub(super) fn table(&mut self, indent: usize, head: &str, value: &str, arms: &[String]) {
        self.skip_where_wide(indent + 2, arms);
        self.line(indent, head);
        self.line(indent + 1, &format!("match {value} {{"));
        for arm in arms {
            self.line(indent + 2, arm);
        }
        self.line(indent + 1, "}");
        self.line(indent, "}");
    }

    /// An array that a function answers, on one line where it is short.
    pub(super) fn array(&mut self, indent: usize, elements: &[String]) {
        /// The widest array that stands on one line.
        const SHORT: usize = 60;
        let line = format!("[{}]", elements.join(", "));
        if line.len() <= SHORT {
            return self.line(indent, &line);
        }
        self.line(indent, "[");
        for element in elements {
            self.line(indent + 1, &format!("{element},"));
        }
        self.line(indent, "]");
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    /// Keeps rustfmt from what follows where a line of it is too wide. A character beyond ASCII counts as two.
    fn skip_where_wide(&mut self, indent: usize, lines: &[String]) {
        let columns = |line: &String| -> usize {
            let chars = line.chars();
            chars.map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
        };
        if lines.iter().any(|line| 4 * indent + columns(line) > WIDTH) {
            self.line(indent, "#[rustfmt::skip]");
        }
    }
}
