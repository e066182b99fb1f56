use super::watch::Window;
use super::*;

/// QEMU's log of a caller at 0x100 that runs two trials at 0x200, each with a loop of two rounds.
fn two_trials() -> String {
    let mut log = "IN:\n0x00000100:  f000 f87e  bl #0x200\nTrace 0: 0x1 [0/100/0/0]\n".to_owned();
    log += "IN:\n0x00000200:  3801  subs r0, #1\n0x00000202:  d1fd  bne #0x200\n";
    log += &"Trace 0: 0x2 [0/200/0/0]\n".repeat(2);
    log += "IN:\n0x00000204:  4770  bx lr\nTrace 0: 0x3 [0/204/0/0]\n";
    log += "IN:\n0x00000104:  f7ff fffc  bl #0x100\nTrace 0: 0x4 [0/104/0/0]\n";
    log += "IN:\n0x00000300:  bf00  nop\nTrace 0: 0x5 [0/300/0/0]\n";
    let again = [
        "1 [0/100/",
        "2 [0/200/",
        "2 [0/200/",
        "3 [0/204/",
        "4 [0/104/",
        "1 [0/100/",
    ];
    log += &again
        .map(|place| format!("Trace 0: 0x{place}0/0]\n"))
        .concat();
    log
}

#[test]
fn trials_are_found_between_call_and_return() {
    let watch = |at| {
        let models = [CycleModel::CortexM4, CycleModel::CortexM0];
        Watch::new(Isa::Thumb, Window::Calls(at), &models, None).without(0x300..0x302)
    };
    let done = watch(0x200).read(two_trials().as_bytes()).unwrap();
    let [first, again] = &done[..] else {
        panic!("{done:?}")
    };
    assert_eq!(first.instructions, 5);
    assert_eq!(first.cycles, [1 + 3 + 1 + 1 + 3, 1 + 3 + 1 + 1 + 3]);
    assert_eq!(again, first);
    assert!(watch(0x400).read(two_trials().as_bytes()).is_err());
}

#[test]
fn a_models_count_is_that_of_the_log_but_for_calls() {
    let logged = [
        Measured {
            instructions: 100,
            ..Measured::default()
        },
        Measured {
            instructions: 52,
            ..Measured::default()
        },
    ];
    assert!(check_model(146, 2, &logged).is_ok());
    for (counted, runs) in [(147, 2), (146, 3), (153, 2), (100, 2)] {
        assert!(
            check_model(counted, runs, &logged).is_err(),
            "{counted}, {runs}"
        );
    }
}

/// QEMU's log of a caller that measures nothing, then three instructions: `begin` is at 0x200, `end` at 0x220.
fn two_parts() -> String {
    let code = [
        (0x100, "f000 f87e", "bl #0x200"),
        (0x200, "4770", "bx lr"),
        (0x104, "f000 f88c", "bl #0x220"),
        (0x220, "4770", "bx lr"),
        (0x108, "f000 f87a", "bl #0x200"),
        (0x10c, "3801", "subs r0, #1"),
        (0x10e, "3801", "subs r0, #1"),
        (0x110, "f000 f886", "bl #0x220"),
    ];
    let mut log = String::new();
    for (number, (address, code, text)) in code.iter().enumerate() {
        log += &format!(
            "IN:\n{address:#010x}:  {code}  {text}\nTrace 0: {number:#x} [0/{address:x}/0/0]\n"
        );
        if *address == 0x108 {
            log += "Trace 0: 0x1 [0/200/0/0]\n";
        }
        if *address == 0x110 {
            log += "Trace 0: 0x3 [0/220/0/0]\nTrace 0: 0x1 [0/200/0/0]\n";
        }
    }
    log
}

#[test]
fn parts_are_found_between_the_counters_calls() {
    let window = Window::Between {
        begin: 0x200,
        end: 0x220,
    };
    let watch = Watch::new(Isa::Thumb, window, &[CycleModel::CortexM4], None);
    let done = watch.read(two_parts().as_bytes()).unwrap();
    let figures: Vec<_> = done
        .iter()
        .map(|one| (one.instructions, one.cycles[0]))
        .collect();
    assert_eq!(figures, [(1, 3), (3, 5)]);
}

#[test]
fn counts_must_be_those_of_the_log() {
    let one = |instructions| Measured {
        instructions,
        ..Measured::default()
    };
    let logged = [one(100), one(200)];
    assert!(check(&[103, 203], &logged).is_ok());
    for counted in [
        &[103, 204][..],
        &[103],
        &[99, 199],
        &[120, 220],
        &[103, 203, 303],
    ] {
        assert!(check(counted, &logged).is_err(), "{counted:?}");
    }
}
