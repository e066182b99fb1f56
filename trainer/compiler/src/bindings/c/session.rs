//! Functions that open a session, push by name and read answers.

use super::super::{Answers, Facts, HeadFacts, InputFacts, Takes, quoted};
use super::code::Code;
use super::types::{Class, Record, Types};
use super::{Given, Stems};

pub(super) fn write(
    facts: &Facts,
    stems: &Stems,
    types: &Types,
    given: &mut Given,
    code: &mut Code,
) {
    opening(facts, given, code);
    let inputs = facts.inputs.iter().zip(&stems.inputs).zip(&types.records);
    for (number, ((input, stem), record)) in inputs.enumerate() {
        for way in ["push", "begin"] {
            let function = given.lower(&format!("{way}_{stem}"));
            input.c_push(way, &function, number, record.as_ref(), code);
        }
    }
    let heads = facts.heads.iter().zip(&stems.heads).zip(&types.heads);
    for (number, ((head, stem), class)) in heads.enumerate() {
        let function = given.lower(&format!("read_{stem}"));
        head.c_read(&function, number, class.as_ref(), code);
    }
}

/// The check that model and bindings belong together, and the function that opens a session with it.
fn opening(facts: &Facts, given: &mut Given, code: &mut Code) {
    let (expect, open) = (given.lower("expect"), given.lower("open"));
    let rows = facts.interface.chunks(16).map(|row| {
        let bytes: Vec<_> = row.iter().map(|byte| format!("{byte:#04x}")).collect();
        format!("        {},", bytes.join(", "))
    });
    let rows: Vec<_> = rows.collect();
    code.blank();
    code.comment(&["Whether the model of a session has the inputs and answers of these bindings."]);
    code.lines(&format!(
        "static inline tillsense_status {expect}(const tillsense_session *session)\n\
         {{\n    \
             static const uint8_t interface_digest[32] = {{\n{}\n    }};\n    \
             return tillsense_expect(session, interface_digest);\n\
         }}",
        rows.join("\n")
    ));
    code.blank();
    code.comment(&[
        "Checks a model file and opens a session; a model with other inputs or answers is refused, and a library of another",
        "release than its header.",
    ]);
    code.lines(&format!(
        "static inline tillsense_status {open}(tillsense_session *session, const void *file, size_t len, void *arena, size_t arena_len)\n\
         {{\n    \
             tillsense_status status = TILLSENSE_ERROR_HEADER;\n    \
             if (tillsense_version() == TILLSENSE_VERSION) {{\n        \
                 status = tillsense_open(session, file, len, arena, arena_len);\n    \
             }}\n    \
             if (status == TILLSENSE_OK) {{\n        \
                 status = {expect}(session);\n        \
                 if (status != TILLSENSE_OK) {{\n            \
                     (void)tillsense_close(session);\n        \
                 }}\n    \
             }}\n    \
             return status;\n\
         }}"
    ));
}

impl InputFacts {
    fn c_push(
        &self,
        way: &str,
        function: &str,
        number: usize,
        record: Option<&Record>,
        code: &mut Code,
    ) {
        let name = quoted(&self.name);
        let (what, method, arguments, given) = match &self.takes {
            Takes::Image {
                height,
                width,
                channels,
            } => {
                let len = usize::from(*height) * usize::from(*width) * usize::from(*channels);
                (
                    format!("the picture {name}, row by row"),
                    "image",
                    format!("const uint8_t pixels[{len}]"),
                    format!("pixels, {len}u"),
                )
            }
            Takes::Audio { sample_rate, .. } => {
                let taken = way == "begin";
                let (more, out) = if taken {
                    (", size_t *taken", ", taken")
                } else {
                    ("", "")
                };
                (
                    format!("the next samples of the clip {name}, {sample_rate} a second"),
                    "audio",
                    format!("const int16_t *samples, size_t count{more}"),
                    format!("samples, count{out}"),
                )
            }
            Takes::Text { .. } => (
                format!("the text {name} in UTF-8"),
                "text",
                "const char *text, size_t len".to_owned(),
                "text, len".to_owned(),
            ),
            Takes::Record { .. } | Takes::Sequence { .. } => {
                let Some(record) = record else { return };
                let what = match self.takes {
                    Takes::Record { .. } => format!("the record {name}"),
                    _ => format!("the next record of the sequence {name}, in order of time"),
                };
                return c_push_record(&what, way, function, number, record, self, code);
            }
            Takes::Tensor(facts) => {
                let len = facts.len();
                (
                    format!("the tensor {name}, row by row"),
                    "tensor",
                    format!("const int8_t values[{len}]"),
                    format!("values, {len}u"),
                )
            }
        };
        said(way, &what, code);
        code.lines(&format!(
            "static inline tillsense_status {function}(tillsense_session *session, {arguments})\n\
             {{\n    \
                 return tillsense_{way}_{method}(session, {number}u, {given});\n\
             }}"
        ));
    }
}

/// What a function takes, and whether it computes.
fn said(way: &str, what: &str, code: &mut Code) {
    let computes = match way {
        "begin" => "; tillsense_step computes",
        _ => "",
    };
    code.blank();
    code.comment(&[&format!("Takes {what}{computes}.")]);
}

fn c_push_record(
    what: &str,
    way: &str,
    function: &str,
    number: usize,
    record: &Record,
    input: &InputFacts,
    code: &mut Code,
) {
    let len = input.fields().map_or(0, <[_]>::len);
    let (kind, values) = (&record.name, &record.values);
    said(way, what, code);
    code.lines(&format!(
        "static inline tillsense_status {function}(tillsense_session *session, const {kind} *record)\n\
         {{\n    \
             tillsense_value values[{len}];\n    \
             if (record == NULL) {{\n        \
                 return tillsense_{way}_record(session, {number}u, NULL, {len}u);\n    \
             }}\n    \
             {values}(record, values);\n    \
             return tillsense_{way}_record(session, {number}u, values, {len}u);\n\
         }}"
    ));
}

impl HeadFacts {
    fn c_read(&self, function: &str, number: usize, class: Option<&Class>, code: &mut Code) {
        code.blank();
        code.comment(&[&format!(
            "Reads what the head {} answers, after a run.",
            quoted(&self.name)
        )]);
        match (&self.answers, class) {
            (Answers::Tensor(facts), _) => code.lines(&format!(
                "static inline tillsense_status {function}(const tillsense_session *session, const int8_t **values)\n\
                 {{\n    \
                     /* Always {} values. */\n    \
                     size_t len;\n    \
                     return tillsense_values(session, {number}u, values, &len);\n\
                 }}",
                facts.len()
            )),
            (_, Some(types)) => code.lines(&format!(
                "static inline tillsense_status {function}(const tillsense_session *session, {verdict} *out)\n\
                 {{\n    \
                     tillsense_verdict_t verdict;\n    \
                     tillsense_status status;\n    \
                     if (out == NULL) {{\n        \
                         return tillsense_verdict(session, {number}u, NULL);\n    \
                     }}\n    \
                     status = tillsense_verdict(session, {number}u, &verdict);\n    \
                     if (status == TILLSENSE_OK) {{\n        \
                         out->class_number = ({class})verdict.class_number;\n        \
                         out->score = verdict.score;\n        \
                         out->defer = verdict.defer;\n    \
                     }}\n    \
                     return status;\n\
                 }}",
                verdict = types.verdict,
                class = types.class.name,
            )),
            (_, None) => {}
        }
    }
}
