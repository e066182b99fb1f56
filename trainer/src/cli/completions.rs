//! The commands `tillsense completions` and `tillsense man`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use tillsense_compiler::files;

use super::progress::note;
use super::{Cli, Shared, output};

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

const COMPLETIONS_EXAMPLES: &str = "Examples:
  tillsense completions bash > ~/.local/share/bash-completion/completions/tillsense
  tillsense completions zsh > ~/.zfunc/_tillsense             with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc
  tillsense completions fish > ~/.config/fish/completions/tillsense.fish
  tillsense completions powershell >> $PROFILE";

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = MAN_EXAMPLES)]
pub struct ManArgs {
    /// The folder to write the pages to
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
}

const MAN_EXAMPLES: &str = "Examples:
  tillsense man -o ~/.local/share/man/man1      then `man tillsense-train`
  tillsense man -o out                          then `man -l out/tillsense.1`";

/// Prints what a shell reads to complete commands and options.
pub fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tillsense", &mut script);
    output::lines(String::from_utf8(script)?.trim_end())
}

/// Writes a manual page for each command.
pub fn man(args: &ManArgs, shared: &Shared) -> Result<()> {
    let mut command = Cli::command();
    command.build();
    let mut pages = Vec::new();
    pages_of(command, "tillsense", &mut pages)?;
    let dir = &args.out;
    std::fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    for (name, page) in &pages {
        files::write(&dir.join(format!("{name}.1")), page)?;
    }
    let (count, dir) = (pages.len(), dir.display());
    note(shared, format_args!("wrote {count} pages to {dir}"));
    match shared.json {
        true => output::json(&pages.iter().map(|(name, _)| name).collect::<Vec<_>>()),
        false => Ok(()),
    }
}

/// The pages of a command and of all below it, each with its name.
fn pages_of(command: Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let below: Vec<Command> = command.get_subcommands().cloned().collect();
    for command in below
        .into_iter()
        .filter(|command| command.get_name() != "help")
    {
        let name = format!("{name}-{}", command.get_name());
        pages_of(command, &name, pages)?;
    }
    let mut page = Vec::new();
    // `tillsense-train` is the page's name; what a person types stays in its synopsis.
    clap_mangen::Man::new(command)
        .title(name.to_owned())
        .render(&mut page)?;
    pages.push((name.to_owned(), page));
    Ok(())
}
