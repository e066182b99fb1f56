use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::inspect::inspect;
use tillsense_compiler::lower::file::make;
use tillsense_compiler::run;
use tillsense_compiler::run::sample::{Cell, Raw};
use tillsense_compiler::target::ExportOptions;
use tillsense_compiler::testing::networks::{ALL, described};
use tillsense_core::engine::Stage;
use tillsense_core::link::Count;
use tillsense_device::compare::Unit;

use super::draw::draw;
use super::plain::Command;
use super::state::{Prompt, State, Status};
use super::worker::{Answered, Event};
use crate::cli::run::inputs::Kind;

/// Runs with the state of a model that has every kind of input.
fn with_state(work: impl FnOnce(&mut State<'_>)) {
    let toy = described(&ALL, "", 1);
    let file = make(
        &toy.graph,
        &toy.trained,
        &toy.frontends,
        1,
        &ExportOptions::GENERIC,
    )
    .unwrap();
    let file = Aligned::from(file.as_slice());
    let model = run::load(&file).unwrap();
    let inspection = inspect(model.file()).unwrap();
    work(&mut State::new(&model, &inspection, "mps2-an386"));
}

/// The rows of a screen of this size.
fn seen(state: &State<'_>, (width, height): (u16, u16)) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state)).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y| {
        (0..width)
            .map(|x| buffer[(x, y)].symbol().to_owned())
            .collect::<String>()
    };
    (0..height).map(row).collect()
}

/// Sends scores of every head, the best of them the first class.
fn answer(state: &mut State<'_>, best: i8) {
    let heads = state.model.heads();
    let scores = heads.map(|head| {
        let mut scores = vec![-128; head.scores.len()];
        scores[0] = best;
        scores
    });
    let scores = scores.collect();
    state.update(Event::Answered(Answered {
        scores,
        cost: Unit::Instructions.reading(1_234_567),
        counts: vec![Count {
            stage: Stage::Frontend(0),
            calls: 1,
            instructions: 777,
        }],
        identical: true,
    }));
}

#[test]
fn every_kind_of_input_is_seen_on_every_size() {
    with_state(|state| {
        let kinds: Vec<Kind> = state.inputs.iter().map(|input| input.kind()).collect();
        for (number, kind) in kinds.iter().enumerate() {
            let fields = state.inputs[number].fields.len();
            let value = match kind {
                Kind::Image => Raw::Image(vec![200; 4096].into()),
                Kind::Audio => Raw::Audio(vec![1000; 4000].into()),
                Kind::Text => Raw::Text("where is my \u{1b}[2J\u{202e}card".into()),
                Kind::Record => Raw::Record(vec![Cell::Number(7); fields]),
                Kind::Sequence => Raw::Sequence(vec![vec![Cell::Missing; fields]; 3]),
                Kind::Tensor => Raw::Tensor(vec![1; 64].into()),
            };
            state.put(number, value);
            answer(state, 100);
            for size in [(80, 24), (120, 40), (60, 16), (200, 60)] {
                let rows = seen(state, size);
                let all = rows.join("\n");
                assert!(all.contains("1,234,567"), "{kind:?} {size:?}:\n{all}");
                assert!(
                    all.contains("mps2-an386") && all.contains("q quit") || size.0 == 60,
                    "{all}"
                );
                assert!(!all.contains(['\u{1b}', '\u{202e}']), "{all}");
            }
        }
        let all = seen(state, (80, 24)).join("\n");
        assert!(all.contains("89 %") && all.contains("sequence in"), "{all}");
    });
}

#[test]
fn small_screens_say_what_is_needed() {
    with_state(|state| {
        for size in [(40, 10), (59, 24), (80, 15), (1, 1)] {
            let all = seen(state, size).join("");
            assert!(size.0 < 40 || all.contains("needs 60 x 16"), "{all}");
        }
    });
}

#[test]
fn what_was_deferred_and_what_is_wrong_is_said_in_words() {
    with_state(|state| {
        let head = 0;
        let classes = state.model.heads().next().unwrap().scores.len();
        state.truth = vec![Some(classes - 1); state.model.heads().count()];
        answer(state, -100);
        let told = state.told(head);
        assert!(told.contains("right:"), "{told}");
        let all = seen(state, (120, 40)).join("\n");
        assert!(all.contains("WRONG") || all.contains("right"), "{all}");
        state.truth[head] = Some(0);
        assert!(seen(state, (120, 40)).join("\n").contains("  right"));
    });
}

#[test]
fn a_failure_stays_in_the_top_line_until_the_terminal_answers() {
    with_state(|state| {
        state.running = true;
        state.update(Event::Failed("the emulator has ended".to_owned()));
        assert!(!state.running, "no samples are sent to nobody");
        let top = seen(state, (100, 24)).remove(0);
        assert!(
            top.contains("FAILED: the emulator has ended") && top.contains("connects again"),
            "{top}"
        );
        state.update(Event::Connected("mps2-an386".to_owned()));
        assert_eq!(state.status, Status::Ready);
        assert!(!seen(state, (100, 24)).remove(0).contains("FAILED"));
    });
}

#[test]
fn what_is_typed_and_help_are_seen() {
    with_state(|state| {
        state.prompt = Some(Prompt {
            kind: Kind::Text,
            text: format!("{}END", "x".repeat(300)),
        });
        let foot = seen(state, (80, 24)).pop().unwrap();
        assert!(
            foot.contains("text, Enter sends") && foot.contains("END_"),
            "{foot}"
        );
        state.prompt = None;
        state.help = true;
        let all = seen(state, (80, 24)).join("\n");
        assert!(all.contains("leave an input out, or give it"), "{all}");
    });
}

#[test]
fn lines_are_commands() {
    let parse = |line| Command::parse(line).unwrap();
    assert_eq!(parse("  "), None);
    assert_eq!(parse("next"), Some(Command::Sample { random: false }));
    assert_eq!(
        parse("text  where is it "),
        Some(Command::Give(Kind::Text, "where is it".to_owned()))
    );
    assert_eq!(
        parse("without receipt"),
        Some(Command::Include("receipt".to_owned(), false))
    );
    let error = Command::parse("jump \u{1b}[2J").unwrap_err().to_string();
    assert!(error.contains("`jump` is not understood"), "{error}");
}
