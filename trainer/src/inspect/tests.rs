//! A network with every kind of input, inspected.

use super::*;
use crate::aligned::Aligned;
use crate::export::assemble;
use crate::lower::lower;
use crate::lower::tests::every_input;

#[test]
fn figures_agree_with_the_file_and_the_text_fits() {
    let toy = every_input();
    let file = assemble(&lower(&toy.graph, &toy.trained, &toy.frontends).unwrap());
    let file = Aligned::from(&file[..]);
    let model = Model::load(&file).unwrap();
    let inspection = inspect(&model);
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
    for line in table(&inspection).lines().chain(map(&model).lines()) {
        assert!(line.chars().count() <= 100, "{line}");
    }
    println!("{}\n{}", table(&inspection), map(&model));
    let json = serde_json::to_value(&inspection).unwrap();
    assert_eq!(json["steps"][0]["op"], "frontend");
}
