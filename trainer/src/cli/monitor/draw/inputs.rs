//! The inputs of a sample: a list of all, and one of them as it was sent.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use tillsense_compiler::run::sample::{Cell, Raw};
use tillsense_compiler::text::{brief, shown, start};
use tillsense_core::model::records::{Field, FieldKind, Source};

use super::framed;
use crate::cli::curves::spark;
use crate::cli::monitor::state::State;

/// Lists the inputs, and draws the one that is looked at.
pub(super) fn inputs(frame: &mut Frame<'_>, state: &State<'_>, area: Rect) {
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
    let line = |(field, cell): (&Field<'_>, &Cell<'_>)| {
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
