//! A network with every kind of input, inspected.

use super::*;
use crate::lower::file::assemble;
use crate::lower::lower;
use crate::lower::tests::{deep, every_input};
use crate::target::{ExportOptions, Target, order};

#[test]
fn figures_agree_with_the_file_and_the_text_fits() {
    let toy = every_input();
    let file = assemble(
        &lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::GENERIC,
        )
        .unwrap(),
    );
    let inspection = inspect(&file).unwrap();
    assert_eq!(inspection.bytes.file, file.len());
    assert_eq!(inspection.inputs.len(), toy.graph.inputs.len());
    let arena = inspection.bytes.arena;
    // The plan is as long as its busiest step, but for alignment.
    let busiest = inspection.steps.iter().map(|s| s.alive).max().unwrap();
    assert!(
        busiest <= arena && arena <= busiest + 16,
        "{busiest} {arena}"
    );
    let gru = inspection
        .steps
        .iter()
        .find(|s| s.part == "audio" && s.op == "rnn")
        .unwrap();
    assert_eq!((gru.macs, gru.runs), (3 * 7 * (6 + 7), 5));
    for line in inspection.to_string().lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    let ops = inspection.steps.len();
    for (width, out) in [
        (80, "column reads left out at 80"),
        (60, "reads, const, alive left out at 60"),
    ] {
        let text = inspection.text(width);
        assert!(text.contains(out), "{text}");
        let from = text
            .lines()
            .position(|line| line.trim_start().starts_with("op "))
            .unwrap();
        for line in text.lines().skip(from).take(ops + 1) {
            assert!(line.chars().count() <= width, "{line}");
        }
    }
    let json = serde_json::to_value(&inspection).unwrap();
    assert_eq!(json["steps"][0]["op"], "frontend");
    let mut heads = inspection;
    for (below, words) in [
        (0, "classes, never defers: "),
        (9, "classes, defers below 9/256: "),
    ] {
        heads.heads[0].defer_below = below;
        assert!(heads.to_string().contains(words), "{heads}");
    }
}

#[test]
fn what_a_loader_limits_is_told() {
    let toy = every_input();
    let file = assemble(
        &lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::GENERIC,
        )
        .unwrap(),
    );
    let inspection = inspect(&file).unwrap();
    let of = |what: &str| {
        let limit = inspection.limits.iter().find(|limit| limit.what == what);
        let limit = limit.unwrap_or_else(|| panic!("no {what}"));
        assert!(limit.takes > 0 && limit.takes <= limit.most, "{limit:?}");
        limit.takes
    };
    assert_eq!(of("inputs"), toy.graph.inputs.len() as u64);
    let ops = inspection.steps.iter().filter(|step| step.record.is_some());
    assert_eq!(of("ops"), ops.count() as u64);
    // Every product is a step, and an op is 512 more.
    let runs = inspection.steps.iter().map(|step| u64::from(step.runs));
    assert!(of("steps of a complete run") > inspection.macs + 512 * runs.sum::<u64>() / 2);
    assert!(of("bytes that a load reads") > 0);
    let records = of("bytes of input records") + of("bytes of head records");
    assert!(records < inspection.bytes.records as u64);
    assert_eq!(inspection.interface.len(), 64);
    assert!(inspection.to_string().contains(&inspection.interface));
}

#[test]
fn tensors_are_told() {
    use tillsense_core::model::records::{
        Answer, Head, Input, Scale, Source, Span, TensorParams, View,
    };
    let view = View {
        offset: 0,
        h: 2,
        w: 3,
        c: 4,
        zero_point: -5,
    };
    let scale = Scale {
        multiplier: 1 << 30,
        shift: -3,
    };
    let head = head_line(&Head {
        name: "it",
        answer: Answer::Tensor { scale },
        scores: view,
    });
    let told = "2x3x4, scale 6.250e-2, zero point -5";
    assert_eq!((head.tensor.as_deref(), head.classes_len), (Some(told), 0));
    let input = input_line(
        &Input {
            name: "it",
            source: Source::Tensor(TensorParams {
                output: view,
                scale,
            }),
            step: Span::default(),
            finish: Span::default(),
            encoding: view,
            absent: tillsense_core::model::records::Blob { offset: 0, len: 0 },
        },
        &[],
    );
    assert_eq!(input.takes, format!("tensor, {told}"));
    let toy = every_input();
    let file = assemble(
        &lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::GENERIC,
        )
        .unwrap(),
    );
    let mut inspection = inspect(&file).unwrap();
    inspection.heads = vec![head];
    assert!(
        inspection
            .to_string()
            .contains(&format!("a tensor, {told}"))
    );
}

/// A device takes what is sealed.
#[test]
fn an_interface_that_is_not_that_of_the_records_is_refused() {
    use tillsense_core::model::digest;
    use tillsense_core::model::header::Header;

    let toy = every_input();
    let mut file = assemble(
        &lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::GENERIC,
        )
        .unwrap(),
    );
    file[70] ^= 1;
    let end = Header::parse(&file).unwrap().digest_offset();
    let seal = digest(&file[..end]);
    file[end..end + seal.len()].copy_from_slice(&seal);
    let aligned = crate::aligned::Aligned::from(file.as_slice());
    assert!(tillsense_core::engine::Model::load(&aligned).is_ok());
    let error = inspect(&file).unwrap_err().to_string();
    assert!(error.contains("another interface"), "{error}");
}

/// What a retrained model must keep, and one with another class must not.
#[test]
fn the_interface_is_that_of_inputs_and_heads() {
    let toy = every_input();
    let interface = |toy: &crate::testing::toy::Toy, target| {
        let lowered = lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::at(target),
        )
        .unwrap();
        inspect(&assemble(&lowered)).unwrap().interface
    };
    let own = interface(&toy, Target::Generic);
    for target in Target::ALL {
        assert_eq!(interface(&toy, target), own, "{target}");
    }
    let mut other = every_input();
    other.graph.heads[0].classes[0].push('s');
    assert_ne!(interface(&other, Target::Generic), own);
}

#[test]
fn what_is_no_model_is_refused() {
    let toy = every_input();
    let mut file = assemble(
        &lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::GENERIC,
        )
        .unwrap(),
    );
    assert!(inspect(&file[..100]).is_err());
    file[200] ^= 1;
    let error = inspect(&file).unwrap_err().to_string();
    assert!(error.contains("damaged"), "{error}");
}

#[test]
fn packed_layers_are_told() {
    let toy = every_input();
    for target in Target::ALL {
        let lowered = lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::at(target),
        )
        .unwrap();
        let inspection = inspect(&assemble(&lowered)).unwrap();
        assert_eq!(inspection.target, target.name());
        let packed: Vec<_> = inspection
            .steps
            .iter()
            .filter_map(|s| s.packed.as_ref())
            .collect();
        let order = target.packing().map(order);
        assert_eq!(packed.is_empty(), order.is_none());
        assert!(packed.iter().all(|layer| Some(layer.order) == order));
        let text = inspection.to_string();
        assert!(text.contains(&format!("for {target}")), "{text}");
        assert_eq!(text.contains("extra flash"), order.is_some());
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn fused_and_fast_layers_are_told() {
    let toy = deep();
    let aim = ExportOptions {
        target: Target::CortexM4,
        flash_growth: 400,
    };
    let lowered = lower(&toy.graph, &toy.trained, &toy.frontends, &aim).unwrap();
    let inspection = inspect(&assemble(&lowered)).unwrap();
    let layers: Vec<_> = inspection
        .steps
        .iter()
        .filter_map(|s| s.packed.clone())
        .collect();
    let fused = PackedLayer {
        order: "pairs",
        algorithm: "winograd",
        pool: Some("max 2x2 of 2x12x16".to_owned()),
        scratch: 112 * 8 + 16,
        extra_flash: (32 * 16 * 8 + 16 * 16) - 16 * (72 + 9),
    };
    assert_eq!(layers[1], fused);
    assert_eq!(
        (layers[0].algorithm, layers[0].pool.as_ref()),
        ("direct", None)
    );
    let plain = inspect(&assemble(
        &lower(
            &toy.graph,
            &toy.trained,
            &toy.frontends,
            &ExportOptions::GENERIC,
        )
        .unwrap(),
    ));
    assert_eq!(inspection.macs, plain.unwrap().macs);
}

#[test]
fn long_names_and_many_classes_are_cut() {
    let classes = "a\n".repeat(65_534) + "b";
    let view = tillsense_core::model::records::View {
        offset: 0,
        h: 1,
        w: 1,
        c: u16::MAX,
        zero_point: 0,
    };
    let head = head_line(&tillsense_core::model::records::Head {
        name: &"n".repeat(1 << 20),
        answer: tillsense_core::model::records::Answer::Classes {
            names: &classes,
            defer_below: 0,
        },
        scores: view,
    });
    assert_eq!((head.classes.len(), head.classes_len), (1000, 65_535));
    assert_eq!(head.name.chars().count(), 200);
    let toy = every_input();
    let lowered = lower(
        &toy.graph,
        &toy.trained,
        &toy.frontends,
        &ExportOptions::GENERIC,
    )
    .unwrap();
    let mut inspection = inspect(&assemble(&lowered)).unwrap();
    inspection.heads = vec![head];
    let text = inspection.to_string();
    assert!(
        text.contains("65535 classes") && text.len() < 20_000,
        "{}",
        text.len()
    );
    let json = serde_json::to_value(&inspection).unwrap();
    assert_eq!(json["heads"][0]["classes_len"], 65_535);
}

#[test]
fn tenants_of_the_arena_are_those_bytes_that_are_in_use() {
    for target in [Target::Generic, Target::CortexM4] {
        let toy = every_input();
        let aim = ExportOptions {
            target,
            ..ExportOptions::GENERIC
        };
        let file = assemble(&lower(&toy.graph, &toy.trained, &toy.frontends, &aim).unwrap());
        let inspection = inspect(&file).unwrap();
        let aligned = Aligned::from(file.as_slice());
        let found = occupancy(&run::load(&aligned).unwrap());
        assert_eq!(found.steps, inspection.steps.len());
        assert_eq!(found.parts.first().map(|(_, first)| *first), Some(0));
        for step in &inspection.steps {
            let there = found
                .tenants
                .iter()
                .filter(|tenant| (tenant.first..=tenant.last).contains(&step.number));
            let mut ranges: Vec<_> = there.map(|tenant| (tenant.start, tenant.end)).collect();
            ranges.sort_unstable();
            let apart = ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0);
            assert!(apart, "{target}: step {}: {ranges:?}", step.number);
            let bytes: usize = ranges.iter().map(|(start, end)| end - start).sum();
            assert_eq!(bytes, step.alive, "{target}: step {}", step.number);
        }
        // What a step has written is seen from that step on.
        for tenant in &found.tenants {
            assert!(tenant.writer.is_none_or(|writer| writer <= tenant.first));
            assert!(tenant.first <= tenant.last && tenant.last < found.steps);
        }
    }
}
