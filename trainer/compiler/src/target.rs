//! What a model file is made for: the processor whose kernels read its weights, and how much flash speed may cost.

use std::fmt;

use clap::ValueEnum;
use tillsense_core::engine::Model;
use tillsense_core::model::records::{Op, Packing};

/// A processor. Files for processors of one packing differ in nothing but this name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum)]
pub enum Target {
    /// plain weights: runs on every board, without its fast kernels
    #[default]
    Generic,
    /// Cortex-M0, M0+, M23
    #[value(alias = "m0")]
    CortexM0,
    /// Cortex-M3
    #[value(alias = "m3")]
    CortexM3,
    /// Cortex-M4
    #[value(alias = "m4")]
    CortexM4,
    /// Cortex-M7
    #[value(alias = "m7")]
    CortexM7,
    /// Cortex-M33 with the DSP extension
    #[value(alias = "m33")]
    CortexM33,
    /// Cortex-M55 with Helium
    #[value(alias = "m55")]
    CortexM55,
    /// RISC-V without vectors
    Rv32imc,
}

impl Target {
    /// All of them, the plain one first.
    pub const ALL: [Target; 8] = [
        Target::Generic,
        Target::CortexM0,
        Target::CortexM3,
        Target::CortexM4,
        Target::CortexM7,
        Target::CortexM33,
        Target::CortexM55,
        Target::Rv32imc,
    ];

    /// Its name in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Target::Generic => "generic",
            Target::CortexM0 => "cortex-m0",
            Target::CortexM3 => "cortex-m3",
            Target::CortexM4 => "cortex-m4",
            Target::CortexM7 => "cortex-m7",
            Target::CortexM33 => "cortex-m33",
            Target::CortexM55 => "cortex-m55",
            Target::Rv32imc => "rv32imc",
        }
    }

    /// The order in which its kernels read weights; `None` for plain ones.
    pub const fn packing(self) -> Option<Packing> {
        match self {
            Target::Generic => None,
            Target::CortexM4 | Target::CortexM7 | Target::CortexM33 => Some(Packing::Pairs),
            Target::CortexM0 | Target::CortexM3 => Some(Packing::Squares),
            Target::Rv32imc => Some(Packing::Quads),
            Target::CortexM55 => Some(Packing::Vectors),
        }
    }

    /// The target with this name.
    pub fn named(name: &str) -> Option<Target> {
        Target::ALL.into_iter().find(|target| target.name() == name)
    }
}

/// The orders of all packed weights of a model.
pub fn packings<'a>(model: &Model<'a>) -> impl Iterator<Item = Packing> + use<'a> {
    let model = *model;
    let inputs = model.inputs();
    let encoders = inputs.flat_map(|input| [input.step, input.finish]);
    let parts = encoders.chain([model.trunk()]);
    let ops = parts.flat_map(move |part| model.ops(part));
    ops.filter_map(|(_, op)| match op {
        Op::PackedConv2d(c) | Op::WinogradConv2d(c) => Some(c.matrix.packing),
        Op::PackedDepthwise(c) => Some(c.matrix.packing),
        Op::PackedSeparable(c) => Some(c.pointwise.matrix.packing),
        Op::PackedDense(d) => Some(d.matrix.packing),
        Op::PackedRnn(r) => Some(r.x.packing),
        _ => None,
    })
}

/// An order's name in reports.
pub const fn order(packing: Packing) -> &'static str {
    match packing {
        Packing::Pairs => "pairs",
        Packing::Quads => "quads",
        Packing::Vectors => "vectors",
        Packing::Squares => "squares",
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// By how many percent of the packed file faster algorithms may let it grow, if nobody says.
pub const FLASH_GROWTH: u16 = 25;

/// What an export is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// For which processor.
    pub target: Target,
    /// By how many percent faster algorithms may let the file grow.
    pub flash_growth: u16,
}

impl ExportOptions {
    /// For this processor, with the usual growth.
    pub const fn at(target: Target) -> ExportOptions {
        ExportOptions {
            target,
            flash_growth: FLASH_GROWTH,
        }
    }

    /// Plain weights.
    pub const GENERIC: ExportOptions = ExportOptions {
        target: Target::Generic,
        flash_growth: 0,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        for target in Target::ALL {
            assert_eq!(Target::named(target.name()), Some(target));
            assert_eq!(Target::from_str(target.name(), false), Ok(target));
        }
        assert_eq!(Target::from_str("m33", false), Ok(Target::CortexM33));
        assert_eq!(Target::value_variants(), Target::ALL);
        assert_eq!(Target::named("m33"), None);
    }
}
