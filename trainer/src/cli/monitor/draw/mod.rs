//! The state on a screen, from 60 columns and 16 rows on.

mod inputs;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};
use tillsense_compiler::text::{brief, shown, start};
use tillsense_compiler::words::grouped;

use self::inputs::inputs;
use super::state::{State, Status};
use crate::cli::curves::spark;
use crate::cli::run::answer::Said;

/// The smallest screen on which all has room.
const LEAST: (u16, u16) = (60, 16);

/// Keys and what they do.
const KEYS: &str = "n next  r random  1-8 in/out  p picture  a audio  t text  ? help  q quit";

/// All keys, a line each.
const HELP: [&str; 14] = [
    "n      the next sample of the test part",
    "r      a random one",
    "1-8    leave an input out, or give it",
    "p      a picture: type a file's path",
    "a      a recording: type a file's path",
    "t      a text",
    "d      a record: NAME=VALUE,NAME=VALUE",
    "s      send the same again",
    "space  samples one after the other, or stop",
    "tab    look at another input",
    "c      connect again",
    "?      this help",
    "q      quit (Esc, Ctrl-C)",
    "Before a path or text, INPUT= names the input.",
];

/// Draws the state.
pub fn draw(frame: &mut Frame<'_>, state: &State<'_>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!(
            "needs {} x {}, this is {} x {}; q quits",
            LEAST.0, LEAST.1, area.width, area.height
        );
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    }
    let log = (area.height / 5).clamp(4, 12);
    let rows = [
        Constraint::Length(1),
        Constraint::Min(8),
        Constraint::Length(log),
        Constraint::Length(1),
    ];
    let [top, middle, bottom, keys] = Layout::vertical(rows).areas(area);
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(45), Constraint::Min(20)]).areas(middle);
    let verdicts = (state.model.heads().count() as u16 * 2 + 2)
        .clamp(4, right.height.saturating_sub(6).max(4));
    let [above, below] =
        Layout::vertical([Constraint::Length(verdicts), Constraint::Min(3)]).areas(right);
    head(frame, state, top);
    inputs(frame, state, left);
    answers(frame, state, above);
    work(frame, state, below);
    tell(frame, state, bottom);
    foot(frame, state, keys);
    if state.help {
        help(frame, middle);
    }
}

fn framed(title: &str) -> Block<'static> {
    Block::bordered()
        .title(format!(" {title} "))
        .border_style(Style::new().add_modifier(Modifier::DIM))
}

fn head(frame: &mut Frame<'_>, state: &State<'_>, area: Rect) {
    let status = match &state.status {
        Status::Ready if state.running => "one after the other".to_owned(),
        Status::Ready => "ready".to_owned(),
        Status::Busy => "at work".to_owned(),
        Status::Starting => "starting".to_owned(),
        Status::Lost(why) => format!("FAILED: {why} (c connects again)"),
    };
    let [answered, differing] = state.answered;
    let equal = match (answered, differing) {
        (0, _) => String::new(),
        (_, 0) => format!(", {} answered, every byte as here", grouped(answered)),
        _ => format!(
            ", {} answered, {} DIFFER",
            grouped(answered),
            grouped(differing)
        ),
    };
    let line = format!(
        " {} on {}: {status}{equal}",
        brief(state.model.name()),
        state.board
    );
    frame.render_widget(
        Paragraph::new(line).style(Style::new().add_modifier(Modifier::REVERSED)),
        area,
    );
}

fn answers(frame: &mut Frame<'_>, state: &State<'_>, area: Rect) {
    let block = framed("verdicts");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inner.width);
    let mut lines = Vec::new();
    for (head, answer) in state.answers.iter().enumerate() {
        let right = state.right(head);
        match &answer.said {
            Said::Class(class) => {
                let judged = match right {
                    Some(right) if right == class.answer => "  right".to_owned(),
                    Some(right) => format!("  WRONG: {}", brief(right)),
                    None => String::new(),
                };
                let said = format!("{}: {}{judged}", brief(&answer.head), brief(&class.answer));
                lines.push(
                    Line::from(start(&said, width).into_owned())
                        .style(Style::new().add_modifier(Modifier::BOLD)),
                );
                let defers = if class.defers { " to a person" } else { "" };
                let said = format!(" {:>3.0} %{defers}", 100.0 * class.score);
                let room = width.saturating_sub(said.chars().count()).max(1);
                let bar = ((class.score * room as f64).round() as usize).min(room);
                let sign = if class.defers { "░" } else { "█" };
                lines.push(Line::from(format!(
                    "{}{}{said}",
                    sign.repeat(bar),
                    "·".repeat(room - bar)
                )));
            }
            Said::Tensor(tensor) => {
                lines.push(Line::from(
                    start(
                        &format!("{}: {} values", brief(&answer.head), tensor.values.len()),
                        width,
                    )
                    .into_owned(),
                ));
                lines.push(Line::from(spark(&tensor.values, width)));
            }
        }
    }
    if lines.is_empty() {
        lines.push(Line::from("n sends a sample"));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

fn work(frame: &mut Frame<'_>, state: &State<'_>, area: Rect) {
    let block = framed("work and memory");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inner.width);
    let bytes = &state.bytes;
    let mut lines = vec![Line::from(
        start(
            &format!(
                "model {} B, arena {} B ({} B kept)",
                grouped(bytes.file),
                grouped(bytes.arena),
                grouped(bytes.kept)
            ),
            width,
        )
        .into_owned(),
    )];
    if let Some(cost) = state.cost {
        lines.push(Line::from(format!(
            "{} {}",
            grouped(cost.number()),
            cost.unit().word()
        )));
    }
    let mut parts: Vec<_> = state.parts.iter().collect();
    parts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let most = parts.first().map_or(1, |(_, count)| *count).max(1);
    for (name, count) in parts {
        let number = grouped(*count);
        let room = width.saturating_sub(number.len() + 1);
        let named = room.min(22);
        let bar = room.saturating_sub(named + 1) * (*count as usize) / most as usize;
        let name = start(name, named.max(1)).into_owned();
        lines.push(Line::from(format!(
            "{name:<named$} {}{number:>pad$}",
            "▇".repeat(bar),
            pad = width.saturating_sub(named + 1 + bar)
        )));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

fn tell(frame: &mut Frame<'_>, state: &State<'_>, area: Rect) {
    let block = framed("log");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let rows = usize::from(inner.height);
    let from = state.log.len().saturating_sub(rows);
    let lines = state.log.iter().skip(from).map(|(seconds, text)| {
        let line = format!("{seconds:>7.1} {text}");
        Line::from(start(&line, usize::from(inner.width)).into_owned())
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inner);
}

fn foot(frame: &mut Frame<'_>, state: &State<'_>, area: Rect) {
    let line = match &state.prompt {
        Some(prompt) => {
            let asked = format!("{}, Enter sends, Esc leaves: ", prompt.kind.word());
            let room = usize::from(area.width).saturating_sub(asked.chars().count() + 1);
            let typed = shown(&prompt.text);
            let end: String = typed
                .chars()
                .skip(typed.chars().count().saturating_sub(room))
                .collect();
            format!("{asked}{end}_")
        }
        None => KEYS.to_owned(),
    };
    frame.render_widget(Paragraph::new(line), area);
}

fn help(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = (52.min(area.width), (HELP.len() as u16 + 2).min(area.height));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, place);
    let lines: Vec<_> = HELP.iter().map(|line| Line::from(*line)).collect();
    frame.render_widget(Paragraph::new(lines).block(framed("keys")), place);
}
