//! Sound from a producer that gives a sample at a time, such as the queue that an interrupt fills.

use crate::arena::Region;
use crate::engine::error::PushError;
use crate::engine::session::{Probe, Session};
use crate::frontend::audio;
use crate::model::records::Source;
use crate::parts::Part;

/// Samples that are handed to the frontend at once: so many bytes of stack are nothing, and its call is not felt.
const CHUNK: usize = 32;

impl<P: Probe> Session<'_, '_, P> {
    /// Takes the next samples of a clip from a producer until it has none, or until they make the next step of the encoder whole, and
    /// tells how many it took. Where they made a step whole, the encoder waits.
    ///
    /// What the session does not take stays with the producer: `next` is not called where the input is refused or ops wait, and never
    /// for a sample behind the step. So nothing is lost of what an interrupt has put into a queue:
    ///
    /// ```ignore
    /// session.begin_audio_from(MICROPHONE, || queue.dequeue())?;
    /// ```
    pub fn begin_audio_from(
        &mut self,
        input: usize,
        mut next: impl FnMut() -> Option<i16>,
    ) -> Result<usize, PushError> {
        let Source::Audio(params) = self.find(input, Part::Audio)?.source else {
            return Err(PushError::WrongKind);
        };
        // A step takes no more, and what comes behind the clip's last step has an end too.
        let most = u32::from(params.frame_len) * u32::from(params.stack);
        let mut taken = 0;
        while !self.is_pending() && taken < most as usize {
            let state = self.arena.get(params.state.range()).unwrap_or(&[]);
            let wanted = audio::wanted(&params, state);
            let mut samples = [0; CHUNK];
            let mut count = 0;
            for place in samples.iter_mut().take(wanted) {
                let Some(sample) = next() else { break };
                *place = sample;
                count += 1;
            }
            let samples = samples.get(..count).unwrap_or(&[]);
            if samples.is_empty() {
                break;
            }
            taken += self.begin_audio(input, samples)?;
        }
        Ok(taken)
    }
}
