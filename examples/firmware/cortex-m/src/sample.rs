//! What the program is asked; the repository's tests ask it the same on another machine.

use tillsense_core::Value;

/// What a customer types.
pub const REQUEST: &[u8] = b"I have lost my card";

/// A payment of 18.95 at 12 o'clock, by chip. Fields come in any order.
pub const PAYMENT: [(&str, Value<'_>); 3] = [
    ("amount", Value::Number(1895)),
    ("hour", Value::Number(12)),
    ("entry", Value::Name("chip")),
];
