//! What the program is asked; the repository's tests ask it the same on another machine.

use tillsense_core::Value;

/// A payment of 899.00 at 3 o'clock, by magnetic stripe. Fields come in any order.
pub const PAYMENT: [(&str, Value<'_>); 3] = [
    ("entry", Value::Name("magstripe")),
    ("amount", Value::Number(89_900)),
    ("hour", Value::Number(3)),
];
