//! Why a terminal runs no model, in words.

use tillsense_core::link::ModelError;

/// One line for people, with the figures.
pub fn explain(error: &ModelError) -> String {
    match error {
        ModelError::Empty => "its model slot is empty".to_owned(),
        ModelError::Load(error) => format!("the file does not check: {error:?}"),
        ModelError::Arena { needs, has } => {
            format!("it needs {needs} bytes of arena, the board has {has}")
        }
        ModelError::Inbox { needs, has } => {
            format!("an input is up to {needs} bytes long, the board has room for {has}")
        }
    }
}
