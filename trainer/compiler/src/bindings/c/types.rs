//! Types of records, categories, classes and verdicts.

use super::super::{
    Answers, Facts, FieldFacts, InputFacts, Values, number_words, other_words, quoted,
};
use super::code::{Code, text};
use super::words::WORDS;
use super::{Given, Stems};
use crate::bindings::names::{Names, Style};

/// Identifiers of the types.
pub(super) struct Types {
    /// A number that may be missing, and the function that makes a value of the library of it.
    number: Option<Number>,
    /// The record of each input that takes records.
    pub(super) records: Vec<Option<Record>>,
    /// Class and verdict of each head that answers with a class.
    pub(super) heads: Vec<Option<Class>>,
}

struct Number {
    kind: String,
    known: String,
    value: String,
}

/// The struct of a record.
pub(super) struct Record {
    pub(super) name: String,
    /// The function that fills an array of values.
    pub(super) values: String,
    fields: Vec<(String, Option<Enum>)>,
}

/// The type of a head's class, its verdict, and the function that names a class.
pub(super) struct Class {
    pub(super) class: Enum,
    pub(super) verdict: String,
}

/// An enum.
pub(super) struct Enum {
    pub(super) name: String,
    /// The function that answers a class's name, or makes a value of the library of a category's.
    function: String,
    /// What is not given, and a name that is none of those: of a category.
    missing: Option<String>,
    other: Option<String>,
    values: Vec<String>,
}

impl Types {
    pub(super) fn new(facts: &Facts, stems: &Stems, given: &mut Given) -> Self {
        let inputs = || facts.inputs.iter();
        let is_number = |field: &FieldFacts| matches!(field.values, Values::Number { .. });
        let mut fields = inputs().filter_map(InputFacts::fields).flatten();
        let number = fields.any(is_number).then(|| Number {
            kind: given.lower("number"),
            known: given.lower("known"),
            value: given.lower("number_value"),
        });
        let records = inputs().zip(&stems.inputs);
        let records = records
            .map(|(input, stem)| Some(Record::new(stem, input.fields()?, given)))
            .collect();
        let heads = facts.heads.iter().zip(&stems.heads);
        let heads = heads
            .map(|(head, stem)| match &head.answers {
                Answers::Tensor(_) => None,
                Answers::Classes { names } => Some(Class {
                    class: Enum::of_classes(stem, names, given),
                    verdict: given.lower(&format!("{stem}_verdict")),
                }),
            })
            .collect();
        Types {
            number,
            records,
            heads,
        }
    }

    pub(super) fn write(&self, facts: &Facts, code: &mut Code) {
        if let Some(number) = &self.number {
            number.write(code);
        }
        for (input, record) in facts.inputs.iter().zip(&self.records) {
            if let (Some(record), Some(fields)) = (record, input.fields()) {
                record.write(&input.name, fields, self.number.as_ref(), code);
            }
        }
        for (head, types) in facts.heads.iter().zip(&self.heads) {
            if let (Some(types), Answers::Classes { names }) = (types, &head.answers) {
                let name = quoted(&head.name);
                let doc = format!("A class of the head {name}.");
                types.class.write(&doc, names, code);
                types.class.write_name(names, code);
                code.blank();
                code.comment(&[&format!(
                    "What the head {name} answers: the best class, its score from 0 to 255 in 1/256, and whether the terminal should ask a person."
                )]);
                code.lines(&format!(
                    "typedef struct {{\n    {} class_number;\n    uint8_t score;\n    bool defer;\n}} {};",
                    types.class.name, types.verdict
                ));
            }
        }
    }
}

impl Number {
    fn write(&self, code: &mut Code) {
        let Number { kind, known, value } = self;
        code.blank();
        code.comment(&["A number that may be missing; all zeros is missing."]);
        code.lines(&format!(
            "typedef struct {{\n    \
                 bool is_known;\n    \
                 int32_t number;\n\
             }} {kind};\n\
             \n\
             /* A number that is known. */\n\
             static inline {kind} {known}(int32_t number)\n\
             {{\n    \
                 {kind} known;\n    \
                 known.is_known = true;\n    \
                 known.number = number;\n    \
                 return known;\n\
             }}\n\
             \n\
             static inline tillsense_value {value}({kind} number)\n\
             {{\n    \
                 tillsense_value value;\n    \
                 value.kind = number.is_known ? TILLSENSE_NUMBER : TILLSENSE_MISSING;\n    \
                 value.number = number.number;\n    \
                 value.name = NULL;\n    \
                 value.name_len = 0;\n    \
                 return value;\n\
             }}"
        ));
    }
}

impl Record {
    fn new(stem: &str, fields: &[FieldFacts], given: &mut Given) -> Self {
        let mut names = Names::new(Style::Snake, WORDS);
        let name = given.lower(stem);
        let values = given.lower(&format!("{stem}_values"));
        let mut give = |(place, field): (usize, &FieldFacts)| {
            let name = names.give(&field.name, "field", place);
            let category = match &field.values {
                Values::Number { .. } => None,
                Values::Category { names, other } => {
                    let stem = format!("{stem}_{}", name.trim_end_matches('_'));
                    Some(Enum::of_category(&stem, names, *other, given))
                }
            };
            (name, category)
        };
        let fields = fields.iter().enumerate().map(&mut give).collect();
        Record {
            name,
            values,
            fields,
        }
    }

    fn write(&self, input: &str, fields: &[FieldFacts], number: Option<&Number>, code: &mut Code) {
        for (field, (_, category)) in fields.iter().zip(&self.fields) {
            if let (Values::Category { names, .. }, Some(category)) = (&field.values, category) {
                let doc = format!("A name in the field {}.", quoted(&field.name));
                category.write(&doc, names, code);
                category.write_value(names, code);
            }
        }
        code.blank();
        code.comment(&[&format!(
            "A record for the input {}; a field that is all zeros is missing.",
            quoted(input)
        )]);
        code.line("typedef struct {");
        let number = |make: fn(&Number) -> &str| number.map(make).unwrap_or_default();
        for (field, (name, category)) in fields.iter().zip(&self.fields) {
            let kind = match category {
                Some(category) => &category.name,
                None => number(|number| &number.kind),
            };
            let words = super::code::inert(&field.c_words());
            code.line(&format!("    {kind} {name}; /* {words} */"));
        }
        code.line(&format!("}} {};", self.name));
        code.blank();
        let (name, values, len) = (&self.name, &self.values, self.fields.len());
        code.line(&format!(
            "static inline void {values}(const {name} *record, tillsense_value values[{len}])\n{{"
        ));
        for (place, (member, category)) in self.fields.iter().enumerate() {
            let make = match category {
                Some(category) => category.function.clone(),
                None => number(|number| &number.value).to_owned(),
            };
            code.line(&format!("    values[{place}] = {make}(record->{member});"));
        }
        code.line("}");
    }
}

impl FieldFacts {
    fn c_words(&self) -> String {
        match &self.values {
            Values::Number { decimals, unit } => {
                number_words(&self.name, *decimals, unit.as_deref())
            }
            Values::Category { other, .. } => {
                format!("{}: {}", quoted(&self.name), other_words(*other))
            }
        }
    }
}

impl Enum {
    fn of_classes(stem: &str, all: &[String], given: &mut Given) -> Self {
        let mut names = Names::new(Style::Upper, &[]);
        let values = all.iter().enumerate().map(|(number, name)| {
            let name = names.give(name, "class", number);
            given.upper(&format!("{stem}_{name}"))
        });
        Enum {
            values: values.collect(),
            name: given.lower(stem),
            function: given.lower(&format!("{stem}_name")),
            missing: None,
            other: None,
        }
    }

    fn of_category(stem: &str, all: &[String], other: bool, given: &mut Given) -> Self {
        let mut names = Names::new(Style::Upper, &[]);
        let mut give = |name: &str, number| {
            let name = names.give(name, "name", number);
            given.upper(&format!("{stem}_{name}"))
        };
        let values = all.iter().enumerate();
        let values = values.map(|(number, name)| give(name, number)).collect();
        let missing = Some(give("missing", 0));
        let other = other.then(|| give("another", 0));
        Enum {
            name: given.lower(stem),
            function: given.lower(&format!("{stem}_value")),
            missing,
            other,
            values,
        }
    }

    /// The enum, and the names of its values in the order of their numbers.
    fn write(&self, doc: &str, all: &[String], code: &mut Code) {
        let first = usize::from(self.missing.is_some());
        code.blank();
        code.comment(&[doc]);
        code.line("typedef enum {");
        let mut lines: Vec<String> = Vec::new();
        if let Some(missing) = &self.missing {
            lines.push(format!("    {missing} = 0"));
        }
        for (number, (value, name)) in self.values.iter().zip(all).enumerate() {
            let name = super::code::inert(&quoted(name));
            lines.push(format!(
                "    /* {name} */\n    {value} = {}",
                number + first
            ));
        }
        if let Some(other) = &self.other {
            let doc = "a name that the model does not know, which counts as missing";
            lines.push(format!(
                "    /* {doc} */\n    {other} = {}",
                all.len() + first
            ));
        }
        code.line(&lines.join(",\n"));
        code.line(&format!("}} {};", self.name));
    }

    /// The function that answers the name of a class.
    fn write_name(&self, all: &[String], code: &mut Code) {
        let (kind, function) = (&self.name, &self.function);
        code.blank();
        code.comment(&["The name as the model has it; an empty one where there is no such class."]);
        code.lines(&format!(
            "static inline const char *{function}({kind} value)\n{{\n    switch (value) {{"
        ));
        for (value, name) in self.values.iter().zip(all) {
            code.line(&format!(
                "    case {value}:\n        return {};",
                text(name)
            ));
        }
        code.line("    }\n    return \"\";\n}");
    }

    /// The function that makes a value of the library of a category. What is no value of the enum is no name that a model knows.
    fn write_value(&self, all: &[String], code: &mut Code) {
        let (kind, function) = (&self.name, &self.function);
        code.blank();
        code.lines(&format!(
            "static inline tillsense_value {function}({kind} name)\n\
             {{\n    \
                 tillsense_value value;\n    \
                 value.kind = TILLSENSE_NAME;\n    \
                 value.number = 0;\n    \
                 value.name = \"\";\n    \
                 value.name_len = 0;\n    \
                 switch (name) {{"
        ));
        for (value, name) in self.values.iter().zip(all) {
            code.line(&format!(
                "    case {value}:\n        value.name = {};\n        value.name_len = {}u;\n        break;",
                text(name),
                name.len()
            ));
        }
        if let Some(other) = &self.other {
            code.line(&format!("    case {other}:\n        break;"));
        }
        if let Some(missing) = &self.missing {
            code.line(&format!(
                "    case {missing}:\n        value.kind = TILLSENSE_MISSING;\n        break;"
            ));
        }
        code.line("    }\n    return value;\n}");
    }
}
