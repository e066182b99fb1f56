//! The engine alone: no link, no server, no text formatting. The flash of its image shows the flash that the engine takes.
//!
//! The program loads the model in the slot, gives each input a value (a black picture, silence, zeros as a text,
//! records without values) and runs. It prints lines of a word and numbers: instructions of the load, of all inputs with
//! their encoders, of fusion and heads; bytes of stack used and there; number, class and score of each head. The exit
//! code is 1 where the model is refused, 2 where an input is.

use tillsense_core::engine::{Model, PushError, Session};
use tillsense_core::frontend::record::Value;
use tillsense_core::frontend::tensor;
use tillsense_core::model::header::Header;
use tillsense_core::model::records::Source;
use tillsense_core::parts::Part;

use crate::arch::{self, Counter};
use crate::memory::{self, Buffers};
use crate::stages::Clock;
use crate::{board, stack};

/// Samples that are pushed at a time.
static SILENCE: [i16; 160] = [0; 160];
/// Values of the longest record that there can be.
static NOTHING: [Value<'static>; u8::MAX as usize] = [Value::Missing; u8::MAX as usize];
const TEN_TO_THE: [u32; 10] = [
    1_000_000_000,
    100_000_000,
    10_000_000,
    1_000_000,
    100_000,
    10_000,
    1_000,
    100,
    10,
    1,
];

/// Runs the model once, prints the figures and ends QEMU.
#[inline(never)]
pub fn run() -> ! {
    stack::paint();
    board::init();
    let mut counter = Counter::start();
    let code = infer(&mut counter);
    let (used, there) = stack::depth();
    say("stack", &[used as u32, there as u32]);
    arch::exit(code)
}

#[inline(never)]
fn infer(counter: &mut Counter) -> u32 {
    let Buffers { arena, inbox } = Buffers::take();
    let slot = memory::model_slot();
    let file = Header::file_len(slot).and_then(|len| slot.get(..len));
    counter.begin();
    let model = Model::load(file.unwrap_or(&[]));
    let load = counter.end();
    let Some(mut session) = model.ok().and_then(|model| Session::new(model, arena).ok()) else {
        return 1;
    };
    counter.begin();
    let pushed = push_all(&mut session, inbox);
    let inputs = counter.end();
    if pushed.is_err() {
        return 2;
    }
    counter.begin();
    session.run();
    let trunk = counter.end();
    say("load", &[narrow(load)]);
    say("inputs", &[narrow(inputs)]);
    say("trunk", &[narrow(trunk)]);
    let mut head = 0;
    while let Some(verdict) = session.verdict(head) {
        let (class, score) = (verdict.class.into(), verdict.score.into());
        say("head", &[head as u32, class, score]);
        head += 1;
    }
    0
}

/// Pushes a value to each input.
#[inline(never)]
fn push_all(session: &mut Session<'_, '_>, inbox: &mut [u8]) -> Result<(), PushError> {
    let mut number = 0;
    while let Some(input) = session.model().input(number) {
        match input.source {
            Source::Image(p) if Part::Image.is_built() => {
                let len = usize::from(p.source_h) * usize::from(p.source_w);
                inbox.fill(0);
                let picture = inbox.get(..len * usize::from(p.source_c));
                session.push_image(number, picture.unwrap_or(&[]))?;
            }
            Source::Audio(p) if Part::Audio.is_built() => {
                let hops = u32::from(p.max_steps) * u32::from(p.stack);
                let mut left = u32::from(p.frame_len) + hops * u32::from(p.hop);
                while left > 0 {
                    session.push_audio(number, &SILENCE)?;
                    left = left.saturating_sub(SILENCE.len() as u32);
                }
            }
            Source::Text(p) if Part::Text.is_built() => {
                inbox.fill(b'0');
                let text = inbox.get(..p.max_bytes.into()).unwrap_or(inbox);
                session.push_text(number, text)?;
            }
            Source::Record(p) | Source::Sequence(p) if Part::Record.is_built() => {
                let values = NOTHING.get(..p.field_count.into()).unwrap_or(&[]);
                for _ in 0..p.max_steps {
                    session.push_record(number, values)?;
                }
            }
            Source::Tensor(p) if Part::Tensor.is_built() => {
                inbox.fill(0);
                let values = inbox.get(..p.output.len()).unwrap_or(&[]);
                session.push_tensor(number, tensor::values(values))?;
            }
            // The image takes no such input, so a model that has one was refused at load.
            _ => {}
        }
        number += 1;
    }
    Ok(())
}

fn narrow(instructions: u64) -> u32 {
    instructions.try_into().unwrap_or(u32::MAX)
}

/// Prints a line without dividing: a division would bring more code than this program has.
#[inline(never)]
fn say(word: &str, numbers: &[u32]) {
    word.bytes().for_each(board::write);
    for &number in numbers {
        board::write(b' ');
        let mut rest = number;
        for power in TEN_TO_THE {
            let mut digit = b'0';
            while rest >= power {
                rest -= power;
                digit += 1;
            }
            // Leading zeros are left out.
            if number >= power || power == 1 {
                board::write(digit);
            }
        }
    }
    board::write(b'\n');
}
