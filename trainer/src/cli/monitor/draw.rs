//! The state on a screen, from 60 columns and 16 rows on.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};
use tillsense_compiler::run::sample::{Cell, Raw};
use tillsense_compiler::text::{brief, shown, start};
use tillsense_compiler::words::grouped;
use tillsense_core::model::records::{FieldKind, Source};

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

fn inputs(frame: &mut Frame<'_>, state: &State<'_>, area: Rect) {
    let block = framed(if state.title.is_empty() {
        "inputs"
    } else {
        "inputs as sent"
    });
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let mut lines = Vec::new();
    let title = start(&state.title, usize::from(inner.width)).into_owned();
    lines.push(Line::from(title).style(Style::new().add_modifier(Modifier::DIM)));
    for (number, input) in state.inputs.iter().enumerate() {
        let mark = match (&state.values[number], state.given[number]) {
            (_, false) => "out",
            (Raw::Absent, true) => "-",
            (_, true) => "in",
        };
        let sign = if number == state.shown { '>' } else { ' ' };
        let name = start(input.name, 12);
        let line = format!(
            "{sign}{} {:<12} {:<8} {}",
            number + 1,
            shown(name),
            input.kind().word(),
            mark
        );
        let line = Line::from(start(&line, usize::from(inner.width)).into_owned());
        let line = match state.given[number] {
            true => line,
            false => line.style(Style::new().add_modifier(Modifier::CROSSED_OUT)),
        };
        lines.push(line);
    }
    let taken = (lines.len() as u16).min(inner.height);
    frame.render_widget(Paragraph::new(lines), inner);
    let rest = Rect {
        y: inner.y + taken,
        height: inner.height - taken,
        ..inner
    };
    if rest.height > 0
        && let Some(raw) = state.values.get(state.shown)
    {
        frame.render_widget(
            Paragraph::new(value(state, raw, (rest.width, rest.height))),
            rest,
        );
    }
}

/// An input as it was sent.
fn value(state: &State<'_>, raw: &Raw<'_>, (width, height): (u16, u16)) -> Vec<Line<'static>> {
    let (columns, rows) = (usize::from(width), usize::from(height));
    let input = &state.inputs[state.shown];
    let plain = |text: String| Line::from(start(&text, columns).into_owned());
    match (raw, &input.source) {
        (Raw::Image(pixels), Source::Image(params)) => {
            let size = [params.source_h, params.source_w, params.source_c.into()].map(usize::from);
            picture(pixels, size, (columns, rows))
        }
        (Raw::Audio(samples), Source::Audio(params)) => {
            let rate = f64::from(params.sample_rate).max(1.0);
            let seconds = samples.len() as f64 / rate;
            let mut lines = vec![plain(format!("{seconds:.2} s at {rate} Hz"))];
            let piece = samples.len().div_ceil(columns.max(1)).max(1);
            let loud = samples.chunks(piece).map(|piece| {
                let most = piece.iter().map(|sample| sample.unsigned_abs()).max();
                f64::from(most.unwrap_or(0))
            });
            lines.push(Line::from(spark(&loud.collect::<Vec<_>>(), columns)));
            lines
        }
        (Raw::Text(text), _) => {
            let text: Vec<char> = shown(text).chars().collect();
            text.chunks(columns.max(1))
                .take(rows)
                .map(|line| Line::from(line.iter().collect::<String>()))
                .collect()
        }
        (Raw::Record(cells), _) => fields(state, cells, rows, &plain),
        (Raw::Sequence(records), _) => {
            let mut lines = vec![plain(format!("the last of {} records:", records.len()))];
            lines.extend(fields(
                state,
                records.last().map_or(&[][..], Vec::as_slice),
                rows.saturating_sub(1),
                &plain,
            ));
            lines
        }
        (Raw::Tensor(values), _) => {
            let numbers: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
            vec![
                plain(format!("{} values", values.len())),
                Line::from(spark(&numbers, columns)),
            ]
        }
        _ => Vec::new(),
    }
}

fn fields(
    state: &State<'_>,
    cells: &[Cell<'_>],
    rows: usize,
    plain: &dyn Fn(String) -> Line<'static>,
) -> Vec<Line<'static>> {
    let fields = &state.inputs[state.shown].fields;
    let line = |(field, cell): (&tillsense_core::model::records::Field<'_>, &Cell<'_>)| {
        let decimals = match field.kind {
            FieldKind::Number { decimals, .. } => u32::from(decimals),
            _ => 0,
        };
        let value = match cell {
            Cell::Missing => "-".to_owned(),
            Cell::Number(number) => (f64::from(*number) / 10f64.powi(decimals as i32)).to_string(),
            Cell::Name(name) => brief(name),
        };
        plain(format!("{} = {value}", brief(field.name)))
    };
    let mut lines: Vec<_> = fields.iter().zip(cells).map(line).collect();
    if lines.len() > rows && rows > 0 {
        let left = lines.len() - (rows - 1);
        lines.truncate(rows - 1);
        lines.push(plain(format!("and {left} more")));
    }
    lines
}

/// A picture in half blocks: two rows of pixels a row of the screen. Where colours are not wanted, in five shades of characters.
fn picture(
    pixels: &[u8],
    [height, width, channels]: [usize; 3],
    (columns, rows): (usize, usize),
) -> Vec<Line<'static>> {
    if pixels.len() < height * width * channels || height == 0 || width == 0 || channels == 0 {
        return Vec::new();
    }
    let scale = (columns as f64 / width as f64)
        .min(2.0 * rows as f64 / height as f64)
        .min(1.0);
    let (across, down) = (
        (width as f64 * scale) as usize,
        (height as f64 * scale) as usize,
    );
    let pixel = |x: usize, y: usize| -> [u8; 3] {
        let (x, y) = ((x as f64 / scale) as usize, (y as f64 / scale) as usize);
        let at = (y.min(height - 1) * width + x.min(width - 1)) * channels;
        match channels {
            3 => [pixels[at], pixels[at + 1], pixels[at + 2]],
            _ => [pixels[at]; 3],
        }
    };
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let row = |row: usize| -> Line<'static> {
        let spans = (0..across).map(|x| {
            let (above, below) = (
                pixel(x, 2 * row),
                pixel(x, (2 * row + 1).min(down.saturating_sub(1))),
            );
            let [a, b] = [above, below].map(|[red, green, blue]| Color::Rgb(red, green, blue));
            match no_colour {
                true => {
                    let sum: u32 = above
                        .iter()
                        .chain(&below)
                        .map(|&value| u32::from(value))
                        .sum();
                    Span::raw([" ", "░", "▒", "▓", "█"][(sum * 5 / (6 * 256)) as usize])
                }
                false => Span::styled("▀", Style::new().fg(a).bg(b)),
            }
        });
        Line::from(spans.collect::<Vec<_>>())
    };
    (0..down.div_ceil(2)).map(row).collect()
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
