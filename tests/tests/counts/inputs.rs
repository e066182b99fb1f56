//! Inputs of a model that differ only in their values: lengths, and the spaces between words, are the same.

use tillsense_core::engine::Model;
use tillsense_core::frontend::record::{Value, fields, names};
use tillsense_core::model::records::{FieldKind, RecordParams, Source};
use tillsense_device::bench::data::{Fill, Values};
use tillsense_device::link::Failure;
use tillsense_device::terminal::Terminal;

/// Lengths of the words of every text.
const WORDS: [usize; 8] = [1, 3, 7, 2, 5, 5, 11, 4];

/// Number of steps of every sound: all take the same instructions, and a serial line takes its time.
const STEPS: u16 = 4;

/// Values for a model's inputs.
pub struct Inputs<'a> {
    model: Model<'a>,
    values: Values,
    fill: Fill,
}

impl<'a> Inputs<'a> {
    /// Inputs whose random values come from this seed.
    pub fn new(model: Model<'a>, seed: u64, fill: Fill) -> Self {
        Inputs {
            model,
            values: Values::new(seed),
            fill,
        }
    }

    /// Pushes all inputs to the terminal.
    pub fn push(&mut self, link: &mut Terminal) -> Result<(), Failure> {
        let model = self.model;
        for (number, input) in (0..).zip(model.inputs()) {
            match input.source {
                Source::Image(p) => {
                    let sides = [p.source_h, p.source_w, p.source_c.into()];
                    let count = sides.into_iter().map(usize::from).product();
                    let pixels: Vec<u8> = self.take(count, 0, 255).map(|v| v as u8).collect();
                    link.push_image(number, &pixels)?;
                }
                Source::Audio(p) => {
                    let frames = usize::from(p.max_steps.min(STEPS)) * usize::from(p.stack);
                    let count = (frames - 1) * usize::from(p.hop) + usize::from(p.frame_len);
                    let (low, high) = (i16::MIN.into(), i16::MAX.into());
                    let samples: Vec<i16> = self.take(count, low, high).map(|v| v as i16).collect();
                    link.push_audio(number, &samples)?;
                }
                Source::Text(_) => link.push_text(number, &self.text())?,
                Source::Record(p) => link.push_record(number, &self.record(&p))?,
                Source::Sequence(p) => {
                    for _ in 0..p.max_steps {
                        link.push_record(number, &self.record(&p))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, count: usize, low: i32, high: i32) -> impl Iterator<Item = i32> {
        self.values.take(self.fill, count, low..=high)
    }

    fn text(&mut self) -> Vec<u8> {
        let (first, last) = (b'a'.into(), b'z'.into());
        let mut word = |len| -> Vec<u8> { self.take(len, first, last).map(|c| c as u8).collect() };
        WORDS.map(&mut word).join(&b' ')
    }

    fn record(&mut self, params: &RecordParams) -> Vec<Value<'a>> {
        let model = self.model;
        let mut value = |kind| match kind {
            FieldKind::Number { .. } => {
                let number = self.take(1, i32::MIN, i32::MAX).next();
                Value::Number(number.unwrap())
            }
            FieldKind::Category { names: list, .. } => {
                // How long a name is takes time, as it does in a text.
                let len = names(list).map(str::len).min().unwrap();
                let alike: Vec<_> = names(list).filter(|name| name.len() == len).collect();
                let place = self.take(1, 0, alike.len() as i32 - 1).next();
                Value::Name(alike[place.unwrap() as usize])
            }
        };
        fields(params, model.fields())
            .map(|field| value(field.kind))
            .collect()
    }
}
