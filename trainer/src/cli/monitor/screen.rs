//! The loop around the full screen: keys and events in, pictures out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::Duration;

use anyhow::{Context, Result};
use ratatui::crossterm::event::{
    self, Event as TerminalEvent, KeyCode, KeyEventKind, KeyModifiers,
};

use super::draw::draw;
use super::plain::{Command, carry_out};
use super::samples::Samples;
use super::state::{Prompt, State, Status};
use super::worker::{Event, Request};
use crate::cli::run::inputs::Kind;

/// Time between two looks at events where no key comes.
const PAUSE: Duration = Duration::from_millis(50);

/// What a key asks for.
enum Wish {
    Nothing,
    Quit,
    Do(Command),
}

/// Shows the state until somebody quits. The screen is given back in any case: ratatui restores it before a panic is told, too.
pub fn run<'a>(
    state: &mut State<'a>,
    samples: &Samples<'a>,
    (requests, events): (&Sender<Request<'a>>, &Receiver<Event>),
) -> Result<()> {
    let mut terminal =
        ratatui::try_init().context("the screen cannot be taken; --plain needs none")?;
    let hint = format!("{} is ready: n sends a sample, ? helps", state.board);
    state.say(hint);
    let done = watch(&mut terminal, state, samples, (requests, events));
    ratatui::restore();
    done
}

fn watch<'a>(
    terminal: &mut ratatui::DefaultTerminal,
    state: &mut State<'a>,
    samples: &Samples<'a>,
    (requests, events): (&Sender<Request<'a>>, &Receiver<Event>),
) -> Result<()> {
    let mut next = 0;
    let ended = ended()?;
    loop {
        if ended.load(Ordering::Relaxed) {
            return Ok(());
        }
        loop {
            match events.try_recv() {
                Ok(event) => state.update(event),
                Err(TryRecvError::Empty) => break,
                // The worker ends only where nobody asks any more, or by a panic.
                Err(TryRecvError::Disconnected) => anyhow::bail!("the terminal's thread has ended"),
            }
        }
        terminal.draw(|frame| draw(frame, state))?;
        let mut wish = Wish::Nothing;
        if event::poll(PAUSE)? {
            wish = match event::read()? {
                TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => {
                    let control = key.modifiers.contains(KeyModifiers::CONTROL);
                    key_pressed(state, key.code, control)
                }
                _ => Wish::Nothing,
            };
        }
        let command = match wish {
            Wish::Quit => return Ok(()),
            Wish::Do(command) => command,
            Wish::Nothing if state.running && state.status == Status::Ready => {
                Command::Sample { random: false }
            }
            Wish::Nothing => continue,
        };
        if [Status::Busy, Status::Starting].contains(&state.status) {
            state.say("the terminal is at work; try again when it has answered");
            continue;
        }
        match carry_out(state, samples, command, &mut next) {
            Ok(request) => {
                let _ = requests.send(request);
            }
            Err(error) => state.say(format!("{error:#}")),
        }
    }
}

/// Whether a signal has asked the command to end: it leaves by itself then, so that the screen is given back.
fn ended() -> Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&ended))
            .context("signals cannot be watched")?;
    }
    Ok(ended)
}

fn key_pressed(state: &mut State<'_>, key: KeyCode, control: bool) -> Wish {
    if control && matches!(key, KeyCode::Char('c' | 'd')) {
        return Wish::Quit;
    }
    if state.prompt.is_some() {
        return typed(state, key);
    }
    if state.help {
        state.help = false;
        return Wish::Nothing;
    }
    let mut ask = |kind| {
        state.prompt = Some(Prompt {
            kind,
            text: String::new(),
        });
        Wish::Nothing
    };
    match key {
        KeyCode::Char('q') | KeyCode::Esc => Wish::Quit,
        KeyCode::Char('n') => Wish::Do(Command::Sample { random: false }),
        KeyCode::Char('r') => Wish::Do(Command::Sample { random: true }),
        KeyCode::Char('s') => Wish::Do(Command::Again),
        KeyCode::Char('c') => Wish::Do(Command::Connect),
        KeyCode::Char('p') => ask(Kind::Image),
        KeyCode::Char('a') => ask(Kind::Audio),
        KeyCode::Char('t') => ask(Kind::Text),
        KeyCode::Char('d') => ask(Kind::Record),
        KeyCode::Char('?') | KeyCode::Char('h') => {
            state.help = true;
            Wish::Nothing
        }
        KeyCode::Char(' ') => {
            state.running = !state.running;
            Wish::Nothing
        }
        KeyCode::Tab => {
            state.shown = (state.shown + 1) % state.inputs.len().max(1);
            Wish::Nothing
        }
        KeyCode::Char(digit @ '1'..='8') => {
            let place = digit as usize - '1' as usize;
            match state.given.get(place) {
                Some(&given) => Wish::Do(Command::Include((place + 1).to_string(), !given)),
                None => Wish::Nothing,
            }
        }
        _ => Wish::Nothing,
    }
}

/// A key while something is typed.
fn typed(state: &mut State<'_>, key: KeyCode) -> Wish {
    let Some(prompt) = &mut state.prompt else {
        return Wish::Nothing;
    };
    match key {
        KeyCode::Esc => state.prompt = None,
        KeyCode::Backspace => {
            prompt.text.pop();
        }
        KeyCode::Char(c) if prompt.text.len() < 4000 => prompt.text.push(c),
        KeyCode::Enter => {
            let command = Command::Give(prompt.kind, prompt.text.clone());
            state.prompt = None;
            return Wish::Do(command);
        }
        _ => {}
    }
    Wish::Nothing
}
