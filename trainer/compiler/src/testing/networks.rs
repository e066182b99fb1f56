//! Descriptions of small networks, one for each kind of input.

use super::toy::Toy;

const HEADS: &str = r#"
[[heads]]
name = "a"
dense = [6]
[[heads]]
name = "b"
[[heads]]
name = "c"
dense = [4]
auxiliary = true
"#;

pub const ALL: [&str; 7] = [PICTURE, SOUND, BAG, TOKENS, RECORD, BARE, HISTORY];

/// Each of [`ALL`], then a picture of three channels and sound at the higher rate; a model has no room for all of them.
pub const EACH: [&str; 9] = [
    PICTURE,
    SOUND,
    BAG,
    TOKENS,
    RECORD,
    BARE,
    HISTORY,
    COLOURS,
    CLEAR_SOUND,
];

pub const PICTURE: &str = r#"
[[inputs]]
name = "image"
kind = "image"
size = [9, 8]
encoder = [
    { layer = "conv2d", channels = 6, kernel = [3, 3], padding = "same", activation = "relu6" },
    { layer = "depthwise_conv2d", multiplier = 2, kernel = [3, 3], stride = [2, 1], activation = "relu" },
    { layer = "max_pool", size = [2, 2] },
    { layer = "conv2d", channels = 5, kernel = [1, 1], activation = "tanh" },
    { layer = "global_pool" },
    { layer = "dense", units = 7, activation = "relu" },
]
"#;
pub const SOUND: &str = r#"
[[inputs]]
name = "audio"
kind = "audio"
bands = 5
stack = 2
max_steps = 5
encoder = [{ layer = "dense", units = 6, activation = "relu" }, { layer = "rnn", cell = "gru", hidden = 7, read = "mean" }]
"#;
pub const BAG: &str = r#"
[[inputs]]
name = "text"
kind = "text"
buckets = 50
max_ids = 40
encoder = [{ layer = "embedding_bag", channels = 9, mode = "sqrt_n" }, { layer = "dense", units = 6, activation = "relu" }]
"#;
pub const TOKENS: &str = r#"
[[inputs]]
name = "tokens"
kind = "text"
form = "tokens"
buckets = 30
max_ids = 6
encoder = [{ layer = "embedding", channels = 4 }, { layer = "rnn", cell = "elman", hidden = 5, direction = "both" }, { layer = "rnn", cell = "lstm", hidden = 3, direction = "both", read = "last" }]
"#;
pub const RECORD: &str = r#"
[[inputs]]
name = "record"
kind = "record"
encoder = [{ layer = "dense", units = 8, activation = "relu" }]
"#;
pub const BARE: &str = r#"
[[inputs]]
name = "bare"
kind = "record"
"#;
pub const HISTORY: &str = r#"
[[inputs]]
name = "history"
kind = "sequence"
max_steps = 4
encoder = [{ layer = "rnn", cell = "gru", hidden = 4 }, { layer = "rnn", cell = "lstm", hidden = 6, read = "last" }, { layer = "dense", units = 5, activation = "relu" }]
"#;

/// A picture of three channels.
pub const COLOURS: &str = r#"
[[inputs]]
name = "photo"
kind = "image"
size = [10, 12]
channels = 3
fit = "crop"
encoder = [
    { layer = "conv2d", channels = 6, kernel = [3, 3], stride = [2, 2], padding = "same", activation = "relu" },
    { layer = "depthwise_conv2d", kernel = [3, 3], padding = "same", activation = "relu" },
    { layer = "max_pool", size = [2, 2] },
    { layer = "flatten" },
    { layer = "dense", units = 7, activation = "relu" },
]
"#;
/// Sound at the higher rate.
pub const CLEAR_SOUND: &str = r#"
[[inputs]]
name = "voice"
kind = "audio"
sample_rate = 16000
fft = 512
bands = 12
max_steps = 4
encoder = [{ layer = "dense", units = 8, activation = "relu" }, { layer = "rnn", cell = "gru", hidden = 6, read = "last" }]
"#;

pub fn described(inputs: &[&str], fusion: &str, seed: u64) -> Toy {
    let start = "name = \"toy\"\ndata.compose = \"terminal\"\n";
    Toy::from_description(&format!("{start}{}{fusion}{HEADS}", inputs.concat()), seed)
}
