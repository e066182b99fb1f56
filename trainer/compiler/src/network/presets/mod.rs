//! Presets: the descriptions that ship with the command.

use crate::network::description::{Spec, SpecError, parse};

/// First word of a preset's origin, before its name; the origin of a file is its path, which ends in `.toml`.
pub const PRESET: &str = "preset ";

/// A description that ships with the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Name of the preset and of its model.
    pub name: &'static str,
    /// One line about the preset, for lists.
    pub about: &'static str,
    /// The description, as TOML text.
    pub text: &'static str,
}

macro_rules! preset {
    ($name:literal, $about:literal) => {
        Preset {
            name: $name,
            about: $about,
            text: include_str!(concat!($name, ".toml")),
        }
    };
}

/// All presets, the smallest tasks first.
pub const PRESETS: [Preset; 9] = [
    preset!(
        "seed-digits",
        "written digits with the network of the article that began this"
    ),
    preset!("digits", "written digits, 20 times smaller"),
    preset!(
        "spoken-digits",
        "spoken digits through a recurrent network, while they are spoken"
    ),
    preset!(
        "av-digits",
        "a noisy written digit and a noisy spoken one: which, and are they the same?"
    ),
    preset!(
        "bank-intents",
        "what a customer asks of a bank, of 77 intents"
    ),
    preset!("bank-intents-s", "the same in 48 KB"),
    preset!(
        "credit-risk",
        "whether a credit client will pay next month, from six months and a record"
    ),
    preset!("shoppers", "whether a shop visit ends in a purchase"),
    preset!(
        "terminal",
        "the product: receipt, spoken amount, request, credit and shop visit, judged together"
    ),
];

/// Finds the preset with this name.
pub fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.name == name)
}

impl Preset {
    /// Parses and checks the preset's description.
    pub fn spec(&self) -> Result<Spec, SpecError> {
        parse(self.text, &format!("preset {}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::network::Plan;
    use crate::network::builder::{Facts, InputFacts, build};
    use crate::network::description::{Input, Source};
    use crate::network::graph::Quant;

    fn facts(spec: &Spec) -> Facts {
        let width = |input: &Input| match &input.source {
            Source::Image(s) => s.size[0] * s.size[1] * s.channels,
            Source::Audio(s) => s.bands * s.stack,
            Source::Record => 24,
            Source::Sequence(_) => 12,
            Source::Text(_) => 0,
        };
        let quant = Quant {
            scale: 1.0 / 32.0,
            zero_point: 0,
        };
        let classes = |name: &str| match name {
            "service" | "intent" => 77,
            "digit" | "written" | "spoken" => 10,
            _ => 2,
        };
        Facts {
            inputs: spec
                .inputs
                .iter()
                .map(|i| {
                    (
                        i.name.clone(),
                        InputFacts {
                            width: width(i),
                            quant,
                        },
                    )
                })
                .collect(),
            heads: spec
                .heads
                .iter()
                .map(|h| {
                    (
                        h.name.clone(),
                        (0..classes(&h.name)).map(|c| c.to_string()).collect(),
                    )
                })
                .collect::<BTreeMap<_, _>>(),
        }
    }

    #[test]
    fn all_presets_are_sound() {
        for preset in &PRESETS {
            let spec = preset.spec().unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(spec.name, preset.name);
            let graph =
                build(&spec, &facts(&spec)).unwrap_or_else(|e| panic!("{}: {e}", preset.name));
            let size: usize = Plan::new(&graph).params.iter().map(|p| p.len()).sum();
            assert!(size < 400_000, "{}: {size}", preset.name);
        }
        assert!(find("terminal").is_some() && find("toaster").is_none());
    }

    #[test]
    fn seed_digits_is_the_network_of_the_article() {
        let spec = find("seed-digits")
            .and_then(|p| p.spec().ok())
            .expect("it ships");
        let graph = build(&spec, &facts(&spec)).unwrap();
        let shapes: Vec<_> = graph.nodes.iter().map(|n| n.shape).collect();
        assert_eq!(
            shapes,
            [
                [28, 28, 1],
                [26, 26, 32],
                [13, 13, 32],
                [1, 1, 5408],
                [1, 1, 64],
                [1, 1, 10]
            ]
        );
        let count: usize = Plan::new(&graph)
            .params
            .iter()
            .filter(|p| !p.name.ends_with(".absent"))
            .map(|p| p.len())
            .sum();
        assert_eq!(count, 320 + 346_176 + 650);
        assert_eq!(
            (spec.train.epochs, spec.train.batch, spec.train.holdout),
            (5, 32, 0.0)
        );
    }
}
