//! The self-test runs every op against its definition, where the image holds the parity suite.

/// What a self-test found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Number of cases run, of all ops.
    pub cases: u32,
    /// Number of cases whose result differed from the definition.
    pub failures: u32,
}

/// Runs `cases` cases of every op in `memory`, whose contents do not matter.
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
