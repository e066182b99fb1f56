//! The same samples on emulated boards, or on one that is attached.

use anyhow::{Context, Error, Result, anyhow, ensure};
use serde::Serialize;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::run::sample::Sample;
use tillsense_compiler::run::{self, Scores};
use tillsense_compiler::say::complain;
use tillsense_compiler::text::message;
use tillsense_core::engine::Model;
use tillsense_core::link::Count;
use tillsense_device::boards::Machine;
use tillsense_device::compare::{self, Reading, Unit};
use tillsense_device::fit::Room;
use tillsense_device::terminal::Terminal;
use tillsense_device::toolchain;

use super::super::Shared;
use super::super::compare::{board, require_packing};
use super::super::port::PortArgs;
use super::super::progress::note;
use crate::project::{ModelSource, OnDisk};

/// What a board makes of a sample.
#[derive(Clone, Debug, Serialize)]
pub struct OnBoard {
    /// The board.
    pub board: String,
    /// Its processor; `None` where its file is not known.
    pub processor: Option<&'static str>,
    /// Whether every byte of its answers equals this machine's.
    pub identical: bool,
    /// From the first input to the answers: `instructions`, or what else the board counts.
    #[serde(flatten)]
    pub cost: Reading,
}

/// A board that runs with the model, emulated or attached.
pub struct Booted {
    board: String,
    processor: Option<&'static str>,
    unit: Unit,
    terminal: Terminal,
    /// The emulator reads the model file as long as it runs.
    _file: Option<OnDisk>,
}

/// A board with the model file that it is to run.
pub struct Planned {
    /// The board.
    pub machine: &'static Machine,
    /// The model file for its processor.
    pub file: Vec<u8>,
    /// The same on the disk.
    pub on_disk: OnDisk,
}

/// Why boards are left out on which a model does not fit.
#[derive(Default)]
#[must_use]
pub struct TooSmall(Vec<Error>);

impl TooSmall {
    /// What comes of the other boards; where they do well, an error that tells which boards were left out.
    pub fn after(self, others: Result<()>) -> Result<()> {
        let TooSmall(all) = self;
        if others.is_err() {
            for error in all {
                complain(message(format_args!("left out: {error:#}")));
            }
            return others;
        }
        let told: Vec<_> = all.iter().map(|error| format!("{error:#}")).collect();
        match told.is_empty() {
            true => Ok(()),
            false => Err(anyhow!("{}", told.join("; "))),
        }
    }
}

/// The model file for each board, and why some have no room for it; fails where none has, and where a file is packed for another
/// processor.
pub fn plan(
    machines: &[&'static Machine],
    source: &ModelSource,
) -> Result<(Vec<Planned>, TooSmall)> {
    let mut planned = Vec::new();
    let TooSmall(mut left_out) = TooSmall::default();
    for &machine in machines {
        let file = source.file(machine.reads)?;
        let aligned = Aligned::from(&*file);
        let model = run::load(&aligned)?;
        let named = || source.path().display().to_string();
        require_packing(machine, &model, source).with_context(named)?;
        match Room::of(machine).require(&model).with_context(named) {
            Err(error) => left_out.push(error),
            Ok(()) => planned.push(Planned {
                on_disk: source.on_disk(&file)?,
                machine,
                file,
            }),
        }
    }
    let too_small = TooSmall(left_out);
    match planned.is_empty() {
        true => too_small.after(Ok(())).map(|()| Default::default()),
        false => Ok((planned, too_small)),
    }
}

/// Boots the boards of these names with a model, but those that have no room for it; or attaches the board at a port, which holds it.
pub fn boot(
    names: &[String],
    port: &PortArgs,
    source: &ModelSource,
    shared: &Shared,
) -> Result<(Vec<Booted>, TooSmall)> {
    if let Some(attached) = port.attach(names, source, shared)? {
        let booted = Booted {
            board: attached.board,
            processor: attached.machine.map(|machine| machine.processor),
            unit: attached.unit,
            terminal: attached.terminal,
            _file: None,
        };
        return Ok((vec![booted], TooSmall::default()));
    }
    let machines = names.iter().map(|name| board(name));
    let (planned, too_small) = plan(&machines.collect::<Result<Vec<_>>>()?, source)?;
    if planned.is_empty() {
        return Ok((Vec::new(), too_small));
    }
    let machines: Vec<_> = planned.iter().map(|planned| planned.machine).collect();
    toolchain::ensure(&toolchain::for_machines(&machines))?;
    let boot = |planned: Planned| {
        let machine = planned.machine;
        let image = toolchain::build_firmware(machine, "terminal")?;
        note(shared, format_args!("booting {} in QEMU", machine.id));
        let mut terminal = Terminal::boot_image(machine, &image, planned.on_disk.path())?;
        terminal.require_model()?;
        Ok(Booted {
            board: machine.id.to_owned(),
            processor: Some(machine.processor),
            unit: Unit::Instructions,
            terminal,
            _file: Some(planned.on_disk),
        })
    };
    let booted = planned.into_iter().map(boot).collect::<Result<_>>()?;
    Ok((booted, too_small))
}

/// Refuses a model file that a board cannot run.
pub fn require_fit(machine: &Machine, source: &ModelSource, file: &[u8]) -> Result<()> {
    let aligned = Aligned::from(file);
    let model = run::load(&aligned)?;
    require_packing(machine, &model, source)
        .and_then(|()| Ok(Room::of(machine).require(&model)?))
        .with_context(|| source.path().display().to_string())
}

impl Booted {
    /// The name of the board.
    pub fn id(&self) -> &str {
        &self.board
    }

    /// What the board answers to a sample.
    pub fn answer(
        &mut self,
        model: &Model<'_>,
        sample: &Sample<'_>,
        order: &[usize],
    ) -> Result<Scores> {
        let answer = compare::run(&mut self.terminal, model, sample, order);
        Ok(answer.with_context(|| self.board.clone())?.scores)
    }

    /// What the board answers to a sample, what it took, and what each part of it took.
    pub fn told(
        &mut self,
        model: &Model<'_>,
        sample: &Sample<'_>,
        order: &[usize],
    ) -> Result<(Scores, Reading, Vec<Count>)> {
        let answer = compare::run(&mut self.terminal, model, sample, order);
        let answer = answer.with_context(|| self.board.clone())?;
        let counts = compare::counts(&mut self.terminal).with_context(|| self.board.clone())?;
        Ok((
            answer.scores,
            self.unit.reading(answer.instructions),
            counts,
        ))
    }

    /// Whether the board still says what it is.
    pub fn is_alive(&mut self) -> bool {
        self.terminal.info().is_ok()
    }

    /// Runs a sample, and compares its answers with those of this machine.
    pub fn run(
        &mut self,
        model: &Model<'_>,
        sample: &Sample<'_>,
        order: &[usize],
        here: &Scores,
    ) -> Result<OnBoard> {
        let answer = compare::run(&mut self.terminal, model, sample, order)
            .with_context(|| self.board.clone())?;
        Ok(OnBoard {
            board: self.board.clone(),
            processor: self.processor,
            identical: answer.scores == *here,
            cost: self.unit.reading(answer.instructions),
        })
    }
}

/// Fails where a board's answers differ from this machine's.
pub fn require_identical<'a>(all: impl Iterator<Item = &'a OnBoard>) -> Result<()> {
    for on_board in all {
        ensure!(
            on_board.identical,
            "{}: its answers differ from those of this machine",
            on_board.board
        );
    }
    Ok(())
}
