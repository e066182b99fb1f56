//! Plain tensors: pushed as they are, read as they are, and refused where their records are not what they must be.

mod support;

use support::{Guarded, Network, network, tensor_network};
use tillsense_core::engine::{
    HeadError, InputError, LoadError, Model, OpRefusal, PushError, Session,
};
use tillsense_core::frontend::FrontendError;
use tillsense_core::frontend::tensor::TensorError;
use tillsense_core::model::records::{
    Answer, Blob, Dense, Op, Requant, Scale, Source, TensorParams,
};
use tillsense_core::ops::OpError;
use tillsense_core::parts::Part;

/// The answer to a tensor, `None` where it is absent.
fn answer(network: &Network, given: Option<&[i8]>) -> Vec<i8> {
    let file = network.file();
    let model = Model::load(file.bytes()).unwrap();
    assert!(model.interface_holds());
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    if let Some(values) = given {
        session.push_tensor(0, values).unwrap();
    }
    assert_eq!((session.tensor(0), session.scores(0)), (None, None));
    session.run();
    let tensor = session.tensor(0).unwrap().to_vec();
    assert_eq!(session.scores(0), Some(&tensor[..]));
    assert_eq!((session.verdict(0), session.tensor(1)), (None, None));
    assert!(memory.is_intact());
    tensor
}

#[test]
fn two_layers_answer_as_by_hand() {
    // First layer, halved:  (10 + 40 - 60 + 160) / 2 = 75,  (-10 + 20 + 20 + 40) / 2 = 35.
    // Second layer, each sum by its own factor, less 3: 75 + 35 + 5, (150 - 10) / 2, (-140 + 2) / 4 rounded half up.
    let given = [10, 20, -20, 40];
    assert_eq!(answer(&tensor_network(), Some(&given)), [112, 67, -37]);
    // What is absent has an encoding of its own, 7 and -7: 5, (14 - 10) / 2, (28 + 2) / 4.
    assert_eq!(answer(&tensor_network(), None), [2, -1, 5]);
    // First layer: -260 / 2 and -510 / 2, both -128 as bytes. Second layer: -251, -266 / 2, 514 / 4, less 3.
    let given = [127, -128, 127, -128];
    assert_eq!(answer(&tensor_network(), Some(&given)), [-128, -128, 126]);
}

#[test]
fn a_factor_that_is_stored_once_is_one_for_each_channel() {
    let mut network = tensor_network();
    let multipliers = network.constant(&[1i32 << 30; 2].map(i32::to_le_bytes).concat());
    let shifts = network.constant(&[0, 0]);
    let each = |network: &mut Network, requant: Requant| {
        let Op::Dense(layer) = &mut network.steps[0][0] else {
            panic!("the first layer is fully connected");
        };
        layer.requant = requant;
        layer.requant
    };
    let Op::Dense(Dense { requant: once, .. }) = network.steps[0][0] else {
        panic!("the first layer is fully connected");
    };
    let expected = answer(&network, Some(&[10, 20, -20, 40]));
    let all = Requant {
        multipliers,
        shifts,
        ..once
    };
    each(&mut network, all);
    assert_eq!(answer(&network, Some(&[10, 20, -20, 40])), expected);
    // As many shifts as multipliers, and one for each channel or one for all.
    let none = Blob { offset: 0, len: 0 };
    let mixed = [
        (once.multipliers, shifts),
        (multipliers, once.shifts),
        (none, none),
    ];
    for (multipliers, shifts) in mixed {
        let mixed = Requant {
            multipliers,
            shifts,
            ..once
        };
        each(&mut network, mixed);
        let error = OpRefusal::Check(OpError::Weights);
        assert_eq!(network.error(), Some(LoadError::Op { at: 0, error }));
    }
}

#[test]
fn what_is_no_such_tensor_is_refused() {
    let file = tensor_network().file();
    let model = Model::load(file.bytes()).unwrap();
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    let wrong = Err(PushError::Tensor(TensorError::WrongSize));
    for len in (0..9).filter(|&len| len != 4) {
        assert_eq!(session.push_tensor(0, &vec![1; len]), wrong, "{len}");
    }
    assert_eq!(session.push_tensor(1, &[1; 4]), Err(PushError::NoSuchInput));
    assert_eq!(session.push_image(0, &[1; 4]), Err(PushError::WrongKind));
    assert!(!session.is_present(0));
    assert_eq!(session.push_tensor(0, &[1; 4]), Ok(()));
    assert!(session.is_present(0));

    let file = network(1).file();
    let model = Model::load(file.bytes()).unwrap();
    let mut memory = Guarded::new(model.header().arena_len as usize);
    let mut session = Session::new(model, memory.arena()).unwrap();
    for input in 0..6 {
        assert_eq!(
            session.push_tensor(input, &[1; 4]),
            Err(PushError::WrongKind)
        );
    }
    session.run();
    assert_eq!(session.tensor(0), None);
    assert_eq!(
        session.verdict(0).map(|verdict| verdict.scores),
        session.scores(0)
    );
}

#[test]
fn wrong_records_are_refused() {
    type Case = (&'static str, fn(&mut TensorParams), InputError);
    let frontend = InputError::Frontend;
    let cases: [Case; 7] = [
        (
            "no value",
            |p| p.output.w = 0,
            frontend(FrontendError::Shape),
        ),
        (
            "too many values",
            |p| (p.output.h, p.output.w, p.output.c) = (4096, 4096, 5),
            frontend(FrontendError::Shape),
        ),
        (
            "a scale of 0",
            |p| p.scale.multiplier = 0,
            frontend(FrontendError::Scale),
        ),
        (
            "a scale that is not normalised",
            |p| p.scale.multiplier = (1 << 30) - 1,
            frontend(FrontendError::Scale),
        ),
        (
            "a shift beyond the range",
            |p| p.scale.shift = 31,
            frontend(FrontendError::Scale),
        ),
        (
            "outside of the arena",
            |p| p.output.offset = 29,
            InputError::Placement,
        ),
        (
            "in what is kept",
            |p| p.output.offset = 4,
            InputError::Placement,
        ),
    ];
    for (name, change, error) in cases {
        let mut network = tensor_network();
        let Source::Tensor(params) = &mut network.inputs[0].source else {
            panic!("the input is a tensor");
        };
        change(params);
        let expected = LoadError::Input { input: 0, error };
        assert_eq!(network.error(), Some(expected), "{name}");
    }
}

#[test]
fn wrong_answers_are_refused() {
    let refused = |change: &dyn Fn(&mut Network), error: HeadError| {
        let mut network = tensor_network();
        change(&mut network);
        assert_eq!(network.error(), Some(LoadError::Head { head: 0, error }));
    };
    for (multiplier, shift) in [(0, 0), (1, 0), (-1, 0), (1 << 30, 31), (1 << 30, -32)] {
        let scale = Scale { multiplier, shift };
        let answer = Answer::Tensor { scale };
        refused(&|n| n.heads[0].answer = answer, HeadError::Scale);
    }
    refused(&|n| n.heads[0].scores.h = 0, HeadError::Scores);
    refused(&|n| n.heads[0].scores.w = 4, HeadError::Scores);
    refused(&|n| n.trunk.clear(), HeadError::Scores);
}

/// What a build without it says is tested in `model::decode` and `engine::error`, and on images in `tests/tests/size.rs`.
#[test]
fn the_part_has_a_feature() {
    assert_eq!(Part::Tensor.feature(), "tensor");
    assert!(Part::ALL.contains(&Part::Tensor) && Part::Tensor.is_built());
    let source = tensor_network().inputs[0].source;
    assert_eq!(
        (Part::of_source(&source), source.name()),
        (Part::Tensor, "tensor")
    );
}

/// A session of the network with a tensor of four values, in this memory.
fn open<'m, 'a>(file: &'m [u8], memory: &'a mut Guarded) -> Session<'m, 'a> {
    Session::new(Model::load(file).unwrap(), memory.arena()).unwrap()
}

#[test]
fn a_tensor_in_pieces_is_the_whole_one() {
    let file = tensor_network().file();
    let mut memory = Guarded::new(64);
    let mut session = open(file.bytes(), &mut memory);
    let given = [10, 20, -20, 40];
    let expected = answer(&tensor_network(), Some(&given));
    for cuts in [[0, 0], [1, 1], [1, 3], [2, 2], [3, 4], [4, 4]] {
        session.reset();
        let mut from = 0;
        for to in [cuts[0], cuts[1], 4] {
            assert!(!session.is_present(0) || from == 4, "{cuts:?}");
            if from < 4 {
                let whole = session.push_tensor_piece(0, from, &given[from..to]);
                assert_eq!(whole, Ok(to == 4), "{cuts:?}");
            }
            from = to;
        }
        session.run();
        assert_eq!(session.tensor(0), Some(&expected[..]), "{cuts:?}");
    }
    assert!(memory.is_intact());
}

#[test]
fn pieces_out_of_order_are_refused_and_a_tensor_starts_again() {
    let file = tensor_network().file();
    let mut memory = Guarded::new(64);
    let mut session = open(file.bytes(), &mut memory);
    let order = |next| Err(PushError::Order { next });
    let too_long = Err(PushError::Tensor(TensorError::WrongSize));
    assert_eq!(session.push_tensor_piece(0, 1, &[1]), order(0));
    assert_eq!(session.push_tensor_piece(0, 0, &[1; 5]), too_long);
    assert_eq!(session.push_tensor_piece(0, 0, &[10, 20]), Ok(false));
    for offset in [1, 3, 4, usize::MAX] {
        assert_eq!(session.push_tensor_piece(0, offset, &[1]), order(2));
    }
    assert_eq!(session.push_tensor_piece(0, 2, &[1; 3]), too_long);
    assert_eq!(
        session.push_tensor_piece(1, 0, &[1]),
        Err(PushError::NoSuchInput)
    );
    assert_eq!(
        session.push_image_piece(0, 0, &[1]),
        Err(PushError::WrongKind)
    );
    // What was refused changed nothing.
    assert_eq!(session.push_tensor_piece(0, 2, &[-20, 40]), Ok(true));
    session.run();
    let expected = answer(&tensor_network(), Some(&[10, 20, -20, 40]));
    assert_eq!(session.tensor(0), Some(&expected[..]));
    // A tensor that starts again is absent until it is whole, and what is half there does not outlive a run.
    assert_eq!(session.push_tensor_piece(0, 0, &[10]), Ok(false));
    assert!(!session.is_present(0) && session.tensor(0).is_none());
    session.run();
    let absent = answer(&tensor_network(), None);
    assert_eq!(session.tensor(0), Some(&absent[..]));
    assert_eq!(session.push_tensor_piece(0, 1, &[20, -20, 40]), order(0));
    assert_eq!(session.push_tensor_piece(0, 0, &[10, 20, -20]), Ok(false));
    session.reset();
    assert_eq!(session.push_tensor_piece(0, 3, &[40]), order(0));
    assert_eq!(session.push_tensor_piece(0, 0, &[10, 20, -20]), Ok(false));
    assert_eq!(session.push_tensor(0, &[10, 20, -20, 40]), Ok(()));
    assert_eq!(session.push_tensor_piece(0, 3, &[40]), order(0));
    session.run();
    assert_eq!(session.tensor(0), Some(&expected[..]));
    assert!(memory.is_intact());
}
