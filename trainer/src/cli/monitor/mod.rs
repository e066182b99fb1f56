//! The command `tillsense terminal monitor`: a terminal at work, seen as it answers.
//!
//! - `samples`: what is sent: samples of a data set, made-up ones, files and texts of one's own;
//! - `worker`: the terminal, in a thread of its own, so that keys are answered while it computes;
//! - `state`: what is known, changed by events only;
//! - `draw`: the state on a full screen, `screen` the loop around it;
//! - `plain`: a line for each event, where standard output is no terminal.

mod draw;
mod plain;
mod samples;
mod screen;
mod state;
#[cfg(test)]
mod tests;
mod worker;

use std::io::{IsTerminal, stdin, stdout};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, Result, ensure};
use clap::Args;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::inspect::inspect;
use tillsense_compiler::run;
use tillsense_compiler::target::Target;

use self::samples::Samples;
use self::state::State;
use self::worker::{Ends, work};
use super::Shared;
use super::compare::board;
use super::port::PortArgs;
use super::progress::{READING, note, waiting};
use crate::project::ModelSource;

/// Arguments of `terminal monitor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MonitorArgs {
    /// The model file, or a .tflite file
    model: PathBuf,
    /// An emulated board (a name, or a board's .toml file)
    #[arg(long, value_name = "BOARD", required_unless_present = "port")]
    board: Option<String>,
    #[command(flatten)]
    port: PortArgs,
    /// A line for each event, and commands from standard input, though there is a terminal
    #[arg(long)]
    plain: bool,
}

const EXAMPLES: &str = "Examples:
  tillsense terminal monitor models/terminal.till --board mps2-an386       an emulated terminal on the whole screen
  tillsense terminal monitor models/terminal.till --port /dev/ttyACM0      the board that is attached and holds the model
  tillsense terminal monitor models/terminal.till --board mps2-an386 --data generated
  printf 'next\\nwithout receipt\\ntext where is my card\\n' | tillsense terminal monitor models/terminal.till --board mps2-an386 --json
                                                                           the same for programs, a line an event

Keys: n next test sample, r random one, 1 to 8 leave an input out or give it, p a picture's file, a a recording's file, t a text,
s send again, space one after the other, tab another input, c connect again, ? help, q quit. Lines: next, random, picture FILE,
audio FILE, text WORDS, record NAME=VALUE,..., without INPUT, with INPUT, again, connect, quit. A line that is not understood is told,
and the exit code is 1 in the end.";

/// Shows a terminal at work.
pub fn run(args: &MonitorArgs, shared: &Shared) -> Result<()> {
    let source = ModelSource::read(&args.model, None, None)?;
    let machine = args.board.as_deref().map(board).transpose()?;
    let target = machine.map_or(Target::Generic, |machine| machine.reads);
    let file = Aligned::from(&*source.file(target)?);
    let model = run::load(&file)?;
    let inspection = inspect(model.file())?;
    let plain = args.plain || shared.json || !(stdout().is_terminal() && stdin().is_terminal());
    let prepared = waiting(shared, READING, || {
        samples::prepared(&args.model, &model, shared)
    });
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            note(shared, format_args!("no samples of a data set: {error:#}"));
            None
        }
    };
    let samples = Samples::new(&model, prepared.as_ref());
    let names: Vec<String> = args.board.iter().cloned().collect();
    let boot = || {
        let (mut boards, too_small) = super::run::board::boot(
            &names,
            &args.port,
            &source,
            &Shared {
                json: true,
                ..shared.clone()
            },
        )?;
        let board = boards.pop();
        too_small.after(Ok(()))?;
        board.context("no board")
    };
    // What is missing is installed, and firmware is built, before the screen is taken.
    let first = waiting(shared, "starting the terminal", boot)?;
    let mut state = State::new(&model, &inspection, first.id());
    thread::scope(|scope| {
        let (requests, wanted) = mpsc::channel();
        let (told, events) = mpsc::channel();
        let (model, order) = (&model, samples.order());
        scope.spawn(move || work(model, &order, first, &boot, Ends { wanted, told }));
        let done = match plain {
            true => plain::run(&mut state, &samples, (&requests, &events), shared.json),
            false => screen::run(&mut state, &samples, (&requests, &events)),
        };
        drop(requests);
        done
    })?;
    ensure!(
        state.misunderstood == 0,
        "{} lines were not understood; they are told above",
        state.misunderstood
    );
    Ok(())
}
