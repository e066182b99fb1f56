//! A network with every kind of input, inspected.

use super::*;
use crate::export::assemble;
use crate::lower::lower;
use crate::lower::tests::every_input;
use crate::target::Aim;

#[test]
fn figures_agree_with_the_file_and_the_text_fits() {
    let toy = every_input();
    let file = assemble(&lower(&toy.graph, &toy.trained, &toy.frontends, &Aim::GENERIC).unwrap());
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
    let json = serde_json::to_value(&inspection).unwrap();
    assert_eq!(json["steps"][0]["op"], "frontend");
}

#[test]
fn what_is_no_model_is_refused() {
    let toy = every_input();
    let mut file =
        assemble(&lower(&toy.graph, &toy.trained, &toy.frontends, &Aim::GENERIC).unwrap());
    assert!(inspect(&file[..100]).is_err());
    file[200] ^= 1;
    let error = inspect(&file).unwrap_err().to_string();
    assert!(error.contains("damaged"), "{error}");
}
