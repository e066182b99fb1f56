//! What a session takes: the frontend of an input runs at once, its encoder waits until it is stepped through.
//!
//! `begin_*` take an input and leave the encoder's ops to [`Session::step`]; `push_*` do both. What is refused leaves everything as
//! it was, but verdicts want a new run.

use crate::arena::{Region, i8s_mut, ids_mut, split};
use crate::engine::error::PushError;
use crate::engine::model::{MAX_INPUTS, Model};
use crate::engine::session::{Probe, Session, Stage};
use crate::frontend::image::ImageError;
use crate::frontend::record::{self, RecordError, Value};
use crate::frontend::tensor::TensorError;
use crate::frontend::{audio, image, tensor, text};
use crate::model::records::{Input, RecordParams, Source};
use crate::parts::Part;

impl<'m, P: Probe> Session<'m, '_, P> {
    /// Takes a picture, row by row, `source_c` bytes a pixel.
    pub fn push_image(&mut self, input: usize, pixels: &[u8]) -> Result<(), PushError> {
        self.begin_image(input, pixels)?;
        self.finish();
        Ok(())
    }

    /// As [`Session::push_image`]; the encoder waits.
    pub fn begin_image(&mut self, input: usize, pixels: &[u8]) -> Result<(), PushError> {
        let found = self.find(input, Part::Image)?;
        let Source::Image(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        let weights = *self.model.weights();
        self.frontend(input, |_, arena| match split(arena, [&params.output]) {
            Some([output]) => image::run(&params, &weights, pixels, i8s_mut(output)),
            None => Ok(()),
        })
        .map_err(PushError::Image)?;
        self.encode(input, &found, usize::MAX);
        Ok(())
    }

    /// Takes the next bytes of a picture, those from `offset` on, and tells whether it is whole now; see [`Session::push_tensor_piece`].
    /// Only of a picture that is neither cropped nor resized, and whole pixels at a time.
    pub fn push_image_piece(
        &mut self,
        input: usize,
        offset: usize,
        bytes: &[u8],
    ) -> Result<bool, PushError> {
        let whole = self.begin_image_piece(input, offset, bytes)?;
        self.finish();
        Ok(whole)
    }

    /// As [`Session::push_image_piece`]; the encoder waits behind the last piece.
    pub fn begin_image_piece(
        &mut self,
        input: usize,
        offset: usize,
        bytes: &[u8],
    ) -> Result<bool, PushError> {
        let found = self.find(input, Part::Image)?;
        let Source::Image(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        let total = image::source_len(&params);
        let wrong = PushError::Image(ImageError::WrongSize);
        let end = self.follow(input, offset, bytes.len(), total, wrong)?;
        let weights = *self.model.weights();
        self.frontend(input, |_, arena| match split(arena, [&params.output]) {
            Some([output]) => image::piece(&params, &weights, offset, bytes, i8s_mut(output)),
            None => Ok(()),
        })
        .map_err(PushError::Image)?;
        Ok(self.go_on(input, &found, end, total))
    }

    /// Takes the next samples of a clip. What comes after the clip's last step is not heard.
    pub fn push_audio(&mut self, input: usize, samples: &[i16]) -> Result<(), PushError> {
        let mut rest = samples;
        loop {
            // Every call takes at least one sample.
            let taken = self.begin_audio(input, rest)?;
            self.finish();
            rest = rest.get(taken..).unwrap_or(&[]);
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Takes the next samples of a clip, up to those that make the next step of its encoder whole, and tells how many it took: one
    /// at least. Where they made a step whole, the encoder waits.
    pub fn begin_audio(&mut self, input: usize, samples: &[i16]) -> Result<usize, PushError> {
        let found = self.find(input, Part::Audio)?;
        let Source::Audio(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        if samples.is_empty() {
            return Err(PushError::NoSamples);
        }
        let weights = *self.model.weights();
        let regions: [&dyn Region; 3] = [&params.state, &params.scratch, &params.output];
        let pushed = self.frontend(input, |_, arena| {
            let [state, scratch, output] = split(arena, regions)?;
            let output = i8s_mut(output);
            Some(audio::push(
                &params, &weights, state, scratch, samples, output,
            ))
        });
        let Some(pushed) = pushed else {
            return Ok(samples.len());
        };
        if pushed.step {
            self.encode(input, &found, 1);
        }
        Ok(pushed.consumed.max(1))
    }

    /// Takes a text.
    pub fn push_text(&mut self, input: usize, text: &[u8]) -> Result<(), PushError> {
        self.begin_text(input, text)?;
        self.finish();
        Ok(())
    }

    /// As [`Session::push_text`]; the encoder waits.
    pub fn begin_text(&mut self, input: usize, text: &[u8]) -> Result<(), PushError> {
        let found = self.find(input, Part::Text)?;
        let Source::Text(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        let regions: [&dyn Region; 2] = [&params.scratch, &params.ids];
        let count = self
            .frontend(input, |_, arena| {
                let Some([scratch, ids]) = split(arena, regions) else {
                    return Ok(0);
                };
                // Places past the last id would hold what another input left.
                ids.fill(0);
                text::run(&params, text, scratch, ids_mut(ids))
            })
            .map_err(PushError::Text)?;
        self.encode(input, &found, count);
        Ok(())
    }

    /// Takes a record, or the next one of a sequence; values in the order of the schema, see [`Model::record_fields`].
    pub fn push_record(&mut self, input: usize, values: &[Value<'_>]) -> Result<(), PushError> {
        self.begin_record(input, values)?;
        self.finish();
        Ok(())
    }

    /// As [`Session::push_record`]; the encoder waits.
    pub fn begin_record(&mut self, input: usize, values: &[Value<'_>]) -> Result<(), PushError> {
        self.record(input, |params, fields, output| {
            record::run(params, fields, values, output)
        })
    }

    /// Takes a record, or the next one of a sequence, of which each value comes with the name of its field, in any order.
    ///
    /// Each field is named once; one whose value is not known has [`Value::Missing`].
    pub fn push_named(
        &mut self,
        input: usize,
        values: &[(&str, Value<'_>)],
    ) -> Result<(), PushError> {
        self.begin_named(input, values)?;
        self.finish();
        Ok(())
    }

    /// As [`Session::push_named`]; the encoder waits.
    pub fn begin_named(
        &mut self,
        input: usize,
        values: &[(&str, Value<'_>)],
    ) -> Result<(), PushError> {
        self.record(input, |params, fields, output| {
            record::run_named(params, fields, values, output)
        })
    }

    /// Takes a plain tensor, row by row, as many values as its record's `output` has.
    pub fn push_tensor(&mut self, input: usize, values: &[i8]) -> Result<(), PushError> {
        self.begin_tensor(input, values)?;
        self.finish();
        Ok(())
    }

    /// As [`Session::push_tensor`]; the encoder waits.
    pub fn begin_tensor(&mut self, input: usize, values: &[i8]) -> Result<(), PushError> {
        let found = self.find(input, Part::Tensor)?;
        let Source::Tensor(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        self.frontend(input, |_, arena| match split(arena, [&params.output]) {
            Some([output]) => tensor::run(values, i8s_mut(output)),
            None => Ok(()),
        })
        .map_err(PushError::Tensor)?;
        self.encode(input, &found, usize::MAX);
        Ok(())
    }

    /// Takes the next values of a plain tensor, those from number `offset` on, and tells whether it is whole now.
    ///
    /// Values need no room but where the model reads them. A piece from offset 0 starts the tensor again; the input is absent from then
    /// until its last value is there. What is half there is forgotten when anything else is pushed, on [`Session::run`] and on
    /// [`Session::reset`]; the next piece is then refused with [`PushError::Order`].
    pub fn push_tensor_piece(
        &mut self,
        input: usize,
        offset: usize,
        values: &[i8],
    ) -> Result<bool, PushError> {
        let whole = self.begin_tensor_piece(input, offset, values)?;
        self.finish();
        Ok(whole)
    }

    /// As [`Session::push_tensor_piece`]; the encoder waits behind the last piece.
    pub fn begin_tensor_piece(
        &mut self,
        input: usize,
        offset: usize,
        values: &[i8],
    ) -> Result<bool, PushError> {
        let found = self.find(input, Part::Tensor)?;
        let Source::Tensor(params) = found.source else {
            return Err(PushError::WrongKind);
        };
        let total = params.output.len();
        let wrong = PushError::Tensor(TensorError::WrongSize);
        let end = self.follow(input, offset, values.len(), total, wrong)?;
        self.frontend(input, |_, arena| {
            if let Some([output]) = split(arena, [&params.output]) {
                tensor::piece(values, offset, i8s_mut(output));
            }
        });
        Ok(self.go_on(input, &found, end, total))
    }

    /// The input with this number. No model that was loaded has one of a kind that this build holds no frontend for.
    #[inline(always)]
    pub(super) fn find(&self, input: usize, part: Part) -> Result<Input<'m>, PushError> {
        if !part.is_built() {
            return Err(PushError::WrongKind);
        }
        if self.is_pending() {
            return Err(PushError::Pending);
        }
        self.model
            .input(input)
            .filter(|_| input < MAX_INPUTS)
            .ok_or(PushError::NoSuchInput)
    }

    /// Takes a record whose features `write` makes: of its parameters, the section of field records, and the place of the features.
    #[inline(always)]
    fn record(
        &mut self,
        input: usize,
        write: impl FnOnce(&RecordParams, &[u8], &mut [i8]) -> Result<(), RecordError>,
    ) -> Result<(), PushError> {
        let found = self.find(input, Part::Record)?;
        let taken = self.pieces.get(input).copied().unwrap_or(0);
        let params = match found.source {
            // A single record replaces the one before it.
            Source::Record(params) => params,
            Source::Sequence(params) if taken < params.max_steps => params,
            Source::Sequence(_) => return Err(PushError::TooManySteps),
            _ => return Err(PushError::WrongKind),
        };
        self.frontend(input, |model, arena| match split(arena, [&params.output]) {
            Some([output]) => write(&params, model.fields(), i8s_mut(output)),
            None => Ok(()),
        })
        .map_err(PushError::Record)?;
        self.encode(input, &found, 1);
        Ok(())
    }

    /// Runs a frontend, whether or not it takes what it is given. It writes to the workspace, where scores lie too.
    fn frontend<T>(&mut self, input: usize, work: impl FnOnce(&Model<'m>, &mut [u8]) -> T) -> T {
        (self.ran, self.making) = (false, None);
        self.probe.begin(self.arena);
        let result = work(&self.model, self.arena);
        self.probe.end(Stage::Frontend(input as u8), self.arena);
        result
    }

    /// Where a piece of an input ends. One that does not follow those before it is refused, and so is one that is too long.
    fn follow(
        &self,
        input: usize,
        offset: usize,
        len: usize,
        total: usize,
        too_long: PushError,
    ) -> Result<usize, PushError> {
        let next = match self.making {
            Some((which, next)) if usize::from(which) == input && offset > 0 => next,
            _ => 0,
        };
        if offset != next as usize {
            return Err(PushError::Order { next });
        }
        let end = offset.checked_add(len).filter(|&end| end <= total);
        end.ok_or(too_long)
    }

    /// Goes on after a piece: the encoder waits behind its last one, and the input is absent until then.
    fn go_on(&mut self, input: usize, found: &Input<'m>, end: usize, total: usize) -> bool {
        if end == total {
            self.encode(input, found, usize::MAX);
            return true;
        }
        if let Some(pieces) = self.pieces.get_mut(input) {
            *pieces = 0;
        }
        self.making = Some((input as u8, end as u32));
        false
    }
}
