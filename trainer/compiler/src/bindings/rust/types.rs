//! Types of records, categories, classes and verdicts.

use super::super::names::{Names, Style};
use super::super::{
    Answers, Facts, FieldFacts, InputFacts, Values, number_words, other_words, quoted,
};
use super::KEYWORDS;
use super::code::Code;

/// Types that the bindings use by these names, or that an application may mean.
const TYPES: &[&str] = &[
    "ArenaError",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Display",
    "Eq",
    "Err",
    "Error",
    "Fn",
    "Formatter",
    "From",
    "Into",
    "LoadError",
    "Model",
    "None",
    "Ok",
    "OpenError",
    "Option",
    "PartialEq",
    "Progress",
    "PushError",
    "Result",
    "Self",
    "Session",
    "Some",
    "Value",
];

/// Identifiers of the types.
pub(super) struct Types {
    /// The record of each input that takes records.
    pub(super) records: Vec<Option<Record>>,
    /// Class and verdict of each head that answers with a class.
    pub(super) heads: Vec<Option<[String; 2]>>,
}

/// The struct of a record.
pub(super) struct Record {
    pub(super) name: String,
    /// Its fields, and the enum of each category.
    fields: Vec<(String, Option<String>)>,
    /// Whether a category takes names that it does not know.
    pub(super) borrows: bool,
}

impl Types {
    pub(super) fn new(facts: &Facts) -> Self {
        let mut names = Names::new(Style::Camel, TYPES);
        let inputs = facts.inputs.iter().enumerate();
        let records = inputs
            .map(|(number, input)| Record::new(number, input, &mut names))
            .collect();
        let heads = facts.heads.iter().enumerate();
        let heads = heads
            .map(|(number, head)| match head.answers {
                Answers::Tensor(_) => None,
                Answers::Classes { .. } => Some([
                    names.give(&head.name, "head", number),
                    names.give_all(&[&head.name, "verdict"], "head", number),
                ]),
            })
            .collect();
        Types { records, heads }
    }

    pub(super) fn write(&self, facts: &Facts, code: &mut Code) {
        for (input, record) in facts.inputs.iter().zip(&self.records) {
            if let (Some(record), Some(fields)) = (record, input.fields()) {
                record.write(&input.name, fields, code);
            }
        }
        for (head, types) in facts.heads.iter().zip(&self.heads) {
            if let (Some([class, verdict]), Answers::Classes { names }) = (types, &head.answers) {
                classes(class, &head.name, names, code);
                verdict_of(verdict, class, &head.name, code);
            }
        }
        let fields = || facts.inputs.iter().filter_map(InputFacts::fields).flatten();
        let is_number = |field: &FieldFacts| matches!(field.values, Values::Number { .. });
        if fields().any(is_number) {
            code.lines(
                "\n\
                 fn number(number: Option<i32>) -> Value<'static> {\n    \
                     number.map_or(Value::Missing, Value::Number)\n\
                 }",
            );
        }
        if fields().any(|field| !is_number(field)) {
            code.lines(
                "\n\
                 fn name<'n>(name: Option<impl Into<Value<'n>>>) -> Value<'n> {\n    \
                     name.map_or(Value::Missing, Into::into)\n\
                 }",
            );
        }
    }
}

impl Record {
    fn new(number: usize, input: &InputFacts, types: &mut Names) -> Option<Self> {
        let fields = input.fields()?;
        let mut names = Names::new(Style::Snake, KEYWORDS);
        let name = types.give(&input.name, "input", number);
        let give = |(place, field): (usize, &FieldFacts)| {
            let category = matches!(field.values, Values::Category { .. });
            let of_input = &[&input.name, &*field.name];
            let category = category.then(|| types.give_all(of_input, "input", number));
            (names.give(&field.name, "field", place), category)
        };
        Some(Record {
            name,
            fields: fields.iter().enumerate().map(give).collect(),
            borrows: fields.iter().any(FieldFacts::borrows),
        })
    }

    /// The type as a push takes it.
    pub(super) fn taken(&self) -> String {
        format!("&{}{}", self.name, if self.borrows { "<'_>" } else { "" })
    }

    fn write(&self, input: &str, fields: &[FieldFacts], code: &mut Code) {
        let (name, lifetime) = (&self.name, if self.borrows { "<'n>" } else { "" });
        code.blank();
        let input = quoted(input);
        code.doc(
            0,
            &format!("A record for the input {input}; a field that is `None` is missing."),
        );
        code.line(0, "#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]");
        code.line(0, &format!("pub struct {name}{lifetime} {{"));
        for (field, (ident, category)) in fields.iter().zip(&self.fields) {
            code.doc(1, &field.words());
            let lifetime = if field.borrows() { "<'n>" } else { "" };
            let kind = match category {
                Some(category) => format!("{category}{lifetime}"),
                None => "i32".to_owned(),
            };
            code.field(1, ident, &format!("Option<{kind}>"));
        }
        code.line(0, "}");
        code.blank();
        code.line(0, &format!("impl{lifetime} {name}{lifetime} {{"));
        code.doc(1, "The values in the order in which the model takes them.");
        let values = if self.borrows { "'n" } else { "'static" };
        let returns = format!("[Value<{values}>; {}]", fields.len());
        code.function(1, "pub fn values", &["&self"], &returns);
        let value = |(ident, category): &(String, Option<String>)| match category {
            Some(_) => format!("name(self.{ident})"),
            None => format!("number(self.{ident})"),
        };
        code.array(2, &self.fields.iter().map(value).collect::<Vec<_>>());
        code.line(1, "}");
        code.line(0, "}");
        for (field, (_, category)) in fields.iter().zip(&self.fields) {
            if let (Values::Category { names, other }, Some(category)) = (&field.values, category) {
                categories(category, &field.name, names, *other, code);
            }
        }
    }
}

impl FieldFacts {
    fn borrows(&self) -> bool {
        matches!(self.values, Values::Category { other: true, .. })
    }

    fn words(&self) -> String {
        match &self.values {
            Values::Number { decimals, unit } => {
                number_words(&self.name, *decimals, unit.as_deref()) + "."
            }
            Values::Category { other, .. } => {
                format!("{}: {}.", quoted(&self.name), other_words(*other))
            }
        }
    }
}

/// The enum of a category.
fn categories(ident: &str, field: &str, all: &[String], other: bool, code: &mut Code) {
    let mut names = Names::new(Style::Camel, &["Self"]);
    let variants: Vec<_> = all
        .iter()
        .enumerate()
        .map(|(number, name)| names.give(name, "name", number))
        .collect();
    let another = other.then(|| names.give("another", "name", all.len()));
    let lifetime = if other { "<'n>" } else { "" };
    code.blank();
    code.doc(0, &format!("A name in the field {}.", quoted(field)));
    code.line(0, "#[derive(Clone, Copy, Debug, PartialEq, Eq)]");
    code.line(0, &format!("pub enum {ident}{lifetime} {{"));
    for (name, variant) in all.iter().zip(&variants) {
        code.doc(1, &format!("{}.", quoted(name)));
        code.line(1, &format!("{variant},"));
    }
    if let Some(another) = &another {
        code.doc(
            1,
            "Any name; one that the model does not know counts as missing.",
        );
        code.line(1, &format!("{another}(&'n str),"));
    }
    code.line(0, "}");
    code.blank();
    code.line(0, &format!("impl{lifetime} {ident}{lifetime} {{"));
    code.doc(1, "The name as the model knows it.");
    let mut arms: Vec<_> = all
        .iter()
        .zip(&variants)
        .map(|(name, variant)| format!("Self::{variant} => {name:?},"))
        .collect();
    arms.extend(another.map(|another| format!("Self::{another}(name) => name,")));
    let borrowed = if other { "'n" } else { "'static" };
    let head = format!("pub const fn as_str(self) -> &{borrowed} str {{");
    code.table(1, &head, "self", &arms);
    code.line(0, "}");
    code.blank();
    let value = if other { "Value<'n>" } else { "Value<'_>" };
    code.line(
        0,
        &format!("impl{lifetime} From<{ident}{lifetime}> for {value} {{"),
    );
    code.line(1, &format!("fn from(name: {ident}{lifetime}) -> Self {{"));
    code.line(2, "Value::Name(name.as_str())");
    code.line(1, "}");
    code.line(0, "}");
}

/// The enum of a head's classes.
fn classes(ident: &str, head: &str, all: &[String], code: &mut Code) {
    let mut names = Names::new(Style::Camel, &["Self"]);
    let variants: Vec<_> = all
        .iter()
        .enumerate()
        .map(|(number, name)| names.give(name, "class", number))
        .collect();
    code.blank();
    code.doc(0, &format!("A class of the head {}.", quoted(head)));
    code.line(
        0,
        "#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]",
    );
    code.line(0, &format!("pub enum {ident} {{"));
    for (number, (name, variant)) in all.iter().zip(&variants).enumerate() {
        code.doc(1, &format!("Class {number}, {}.", quoted(name)));
        code.line(1, &format!("{variant},"));
    }
    code.line(0, "}");
    code.blank();
    code.line(0, &format!("impl {ident} {{"));
    code.doc(
        1,
        "The class with this number, as a verdict of the core states it.",
    );
    let arms = variants.iter().enumerate();
    let arms = arms.map(|(number, variant)| format!("{number} => Some(Self::{variant}),"));
    let arms: Vec<_> = arms.chain(["_ => None,".to_owned()]).collect();
    let head = "pub const fn from_number(number: u16) -> Option<Self> {";
    code.table(1, head, "number", &arms);
    code.blank();
    code.doc(1, "The name of the class, as the model has it.");
    let arms = all.iter().zip(&variants);
    let arms = arms.map(|(name, variant)| format!("Self::{variant} => {name:?},"));
    let head = "pub const fn as_str(self) -> &'static str {";
    code.table(1, head, "self", &arms.collect::<Vec<_>>());
    code.line(0, "}");
}

/// The struct of a head's verdict.
fn verdict_of(ident: &str, class: &str, head: &str, code: &mut Code) {
    code.blank();
    code.doc(0, &format!("What the head {} answers.", quoted(head)));
    code.lines(&format!(
        "#[derive(Clone, Copy, Debug, PartialEq, Eq)]\n\
         pub struct {ident} {{\n    \
             /// The best class; the first of equals.\n    \
             pub class: {class},\n    \
             /// Its score, 0 to 255 in 1/256.\n    \
             pub score: u8,\n    \
             /// Whether the terminal should ask a person.\n    \
             pub defer: bool,\n\
         }}"
    ));
}
