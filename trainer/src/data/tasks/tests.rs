//! Tests of every task's samples, on generated data.

use super::*;

const TASKS: [Task; 7] = [
    Task::Digits,
    Task::SpokenDigits,
    Task::AvDigits,
    Task::BankIntents,
    Task::CreditRisk,
    Task::Shoppers,
    Task::Terminal,
];

#[test]
fn every_sample_fits_its_task() {
    for task in TASKS {
        let data = TaskData::load(task, &DataSource::Synthetic).unwrap();
        let heads = data.heads();
        for part in [Subset::Train, Subset::Test] {
            assert!(!data.is_empty(part), "{task:?}");
            for index in [0, data.len(part) / 2, data.len(part) - 1] {
                let sample = data.sample(part, index);
                assert_eq!(sample.inputs.len(), data.input_names().len(), "{task:?}");
                assert_eq!(sample.labels.len(), heads.len(), "{task:?}");
                for (label, head) in sample.labels.iter().zip(&heads) {
                    assert!(
                        label.is_none_or(|l| usize::from(l) < head.classes.len()),
                        "{task:?} {}",
                        head.name
                    );
                }
                for (raw, name) in sample.inputs.iter().zip(data.input_names()) {
                    let fits = matches!(
                        (raw, data.kind(name)),
                        (Raw::Image(_), Some(InputKind::Image { .. }))
                            | (Raw::Audio(_), Some(InputKind::Audio { .. }))
                            | (Raw::Text(_), Some(InputKind::Text))
                            | (Raw::Record(_), Some(InputKind::Record))
                            | (Raw::Sequence(_), Some(InputKind::Sequence))
                    );
                    assert!(fits, "{task:?} {name}");
                }
            }
        }
    }
}

#[test]
fn every_record_input_has_a_training_table() {
    for task in TASKS {
        let data = TaskData::load(task, &DataSource::Synthetic).unwrap();
        for name in data.input_names() {
            let record = matches!(
                data.kind(name),
                Some(InputKind::Record | InputKind::Sequence)
            );
            assert_eq!(
                data.training_table(name).is_some(),
                record,
                "{task:?} {name}"
            );
        }
    }
}

#[test]
fn composed_tasks_hold_out_a_twentieth() {
    for task in TASKS {
        let data = TaskData::load(task, &DataSource::Synthetic).unwrap();
        let all: Vec<_> = (0..data.len(Subset::Train))
            .map(|i| data.held_out(i))
            .collect();
        let held = all.iter().filter(|&&held| held == Some(true)).count();
        match task {
            Task::AvDigits | Task::Terminal => {
                assert!(all.iter().all(Option::is_some), "{task:?}");
                assert_eq!(held, all.len() / 20, "{task:?}");
            }
            _ => assert!(all.iter().all(Option::is_none), "{task:?}"),
        }
    }
}

#[test]
fn a_terminal_session_tells_its_story() {
    let data = TaskData::load(Task::Terminal, &DataSource::Synthetic).unwrap();
    for index in 0..50 {
        let (story, sample) = (
            data.session_truth(Subset::Test, index).unwrap(),
            data.sample(Subset::Test, index),
        );
        let risky = story.defaults || story.written != story.spoken;
        assert_eq!(sample.labels[1], Some(u16::from(risky)));
        assert_eq!(
            sample.labels[3..],
            [
                Some(u16::from(story.written)),
                Some(u16::from(story.spoken))
            ]
        );
    }
}

#[test]
fn the_digest_is_of_all_rows_and_of_nothing_else() {
    type Change = (Task, fn(&mut Sets));
    let changes: [Change; 9] = [
        (Task::Digits, |sets| {
            let Sets::Digits(s) = sets else {
                unreachable!()
            };
            s.test.pixels[7] ^= 1;
        }),
        (Task::Digits, |sets| {
            let Sets::Digits(s) = sets else {
                unreachable!()
            };
            s.train.labels.swap(0, 1);
        }),
        (Task::SpokenDigits, |sets| {
            let Sets::SpokenDigits(s) = sets else {
                unreachable!()
            };
            s.train.clips[3].samples[100] ^= 1;
        }),
        (Task::AvDigits, |sets| {
            let Sets::AvDigits(_, clips, ..) = sets else {
                unreachable!()
            };
            clips.test.clips[3].speaker ^= 1;
        }),
        (Task::BankIntents, |sets| {
            let Sets::BankIntents(s) = sets else {
                unreachable!()
            };
            s.train.texts[9].push('!');
        }),
        (Task::CreditRisk, |sets| {
            let Sets::CreditRisk(s) = sets else {
                unreachable!()
            };
            s.train.months.cells[1] = tillsense_compiler::run::sample::Cell::Missing;
        }),
        (Task::Shoppers, |sets| {
            let Sets::Shoppers(s) = sets else {
                unreachable!()
            };
            s.test.records.cells[0] = tillsense_compiler::run::sample::Cell::Missing;
        }),
        (Task::Terminal, |sets| {
            let Sets::Terminal(t) = sets else {
                unreachable!()
            };
            t.visits.train.labels[5] ^= 1;
        }),
        (Task::Terminal, |sets| {
            let Sets::Terminal(t) = sets else {
                unreachable!()
            };
            t.images.test.labels[5] ^= 1;
        }),
    ];
    for (at, (task, change)) in changes.into_iter().enumerate() {
        let load = || TaskData::load(task, &DataSource::Synthetic).unwrap();
        let (data, mut other) = (load(), load());
        assert_eq!(data.digest(), other.digest(), "{task:?}");
        let mut changed = load();
        change(&mut changed.sets);
        assert_ne!(data.digest(), changed.digest(), "change {at} of {task:?}");
        if let Sets::SpokenDigits(s) = &data.sets {
            other.leave_out(&s.train.speakers[0]).unwrap();
            assert_ne!(data.digest(), other.digest(), "another split");
        }
    }
}
