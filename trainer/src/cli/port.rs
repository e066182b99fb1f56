//! A board that is attached to this machine, in place of an emulated one.

use anyhow::{Result, anyhow, ensure};
use clap::Args;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::run;
use tillsense_compiler::target::Target;
use tillsense_compiler::text::brief;
use tillsense_core::engine::Model;
use tillsense_device::boards::{self, Machine};
use tillsense_device::compare::Unit;
use tillsense_device::link::{Facts, ModelFacts};
use tillsense_device::serial::PortName;
use tillsense_device::terminal::Terminal;

use super::Shared;
use super::compare::board;
use super::progress::note;
use crate::project::ModelSource;

/// Option of commands that run on boards.
#[derive(Clone, Debug, Default, Args)]
pub struct PortArgs {
    /// The board attached to this serial port, which holds the model already, in place of an emulated one (/dev/ttyACM0,
    /// /dev/ttyUSB0:9600, COM3; 115200 baud where none is given). --board is then its file, where none that ships has its name
    #[arg(long, value_name = "PORT[:BAUD]")]
    pub port: Option<PortName>,
}

/// An attached board that holds the model which a person named.
pub struct Attached {
    /// The link to it.
    pub terminal: Terminal,
    /// Its name.
    pub board: String,
    /// Its file, where that is known.
    pub machine: Option<&'static Machine>,
    /// What its counter counts.
    pub unit: Unit,
    /// The model file that it holds.
    pub file: Vec<u8>,
}

/// An attached board, whatever it holds.
pub struct Found {
    /// The link to it.
    pub terminal: Terminal,
    /// What it says of itself.
    pub facts: Facts,
    /// Its file, where that is known.
    pub machine: Option<&'static Machine>,
}

impl PortArgs {
    /// Finds the board at the port; `names` are those of `--board`. `None` without a port.
    pub fn find(&self, names: &[String], shared: &Shared) -> Result<Option<Found>> {
        let Some(port) = &self.port else {
            return Ok(None);
        };
        ensure!(
            names.len() < 2,
            "one board is attached to {}: --board may name it once",
            brief(&port.path)
        );
        let named = names.first().map(|name| board(name)).transpose()?;
        note(shared, format_args!("asking {port}"));
        let (terminal, facts) = Terminal::attach(port)?;
        if let Some(named) = named {
            ensure!(
                named.id == facts.board,
                "the board at {port} calls itself `{}`, --board names {}",
                brief(&facts.board),
                named.id
            );
        }
        Ok(Some(Found {
            machine: named.or_else(|| boards::find(&facts.board)),
            terminal,
            facts,
        }))
    }

    /// Finds the board at the port and makes sure that it holds this model; `None` without a port.
    pub fn attach(
        &self,
        names: &[String],
        source: &ModelSource,
        shared: &Shared,
    ) -> Result<Option<Attached>> {
        let Some(found) = self.find(names, shared)? else {
            return Ok(None);
        };
        let file = source.file(found.machine.map_or(Target::Generic, |m| m.reads))?;
        let aligned = Aligned::from(&*file);
        require_model(&found, &run::load(&aligned)?, source)?;
        Ok(Some(Attached {
            board: brief(&found.facts.board),
            machine: found.machine,
            unit: Unit::of_attached(found.machine),
            terminal: found.terminal,
            file,
        }))
    }
}

/// Refuses a model that is another one than the attached board holds.
pub fn require_model(found: &Found, model: &Model<'_>, source: &ModelSource) -> Result<ModelFacts> {
    let board = brief(&found.facts.board);
    let path = source.path().display();
    let writes = match found.machine {
        Some(machine) => format!(
            "`tillsense flash {path} --board {}` writes it",
            machine.source
        ),
        None => format!("`tillsense flash {path} --board BOARD` writes it"),
    };
    let held = match &found.facts.model {
        Ok(held) => held,
        Err(error) => return Err(anyhow!("{board} runs no model: {error}; {writes}")),
    };
    ensure!(
        held.digest == model.digest(),
        "{board} holds `{}` version {} (digest {}), {path} is `{}` version {} (digest {}); {writes}",
        brief(&held.name),
        held.version,
        short(&held.digest),
        brief(model.name()),
        model.header().model_version,
        short(&model.digest())
    );
    Ok(held.clone())
}

/// The beginning of a digest, as people compare them.
fn short(digest: &[u8]) -> String {
    digest.iter().take(8).map(|b| format!("{b:02x}")).collect()
}
