//! Every op against its definition, where the image holds the parity suite.

/// Cases run, and cases that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Cases of all ops.
    pub cases: u32,
    /// Those that differed from their definition.
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

/// Without the suite there are no cases.
#[cfg(not(feature = "parity"))]
pub fn run(_: u16, _: &mut [u8]) -> Outcome {
    Outcome::default()
}
