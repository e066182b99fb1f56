//! The self-test runs every op against its definition, where the image holds the parity suite.

/// What a self-test found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many cases of all ops ran.
    pub cases: u32,
    /// How many of them differed from their definition.
    pub failures: u32,
}

/// Runs `cases` cases of every op in the memory given. It does not depend on what the memory holds.
#[cfg(feature = "parity")]
pub fn run(cases: u16, memory: &mut [u8]) -> Outcome {
    use tillsense_core::parity::{OpKind, run_op};

    OpKind::ALL.iter().fold(Outcome::default(), |sum, &op| {
        let report = run_op(op, 0, cases.into(), memory);
        Outcome {
            cases: sum.cases + report.cases,
            failures: sum.failures + report.failures,
        }
    })
}

/// Runs nothing: without the suite there are no cases.
#[cfg(not(feature = "parity"))]
pub fn run(_: u16, _: &mut [u8]) -> Outcome {
    Outcome::default()
}
