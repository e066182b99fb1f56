//! Pictures and recordings as people have them: files of many forms, sizes, rates and widths, made what a model's input takes.
//!
//! | read | forms | then |
//! | --- | --- | --- |
//! | [`Picture`] | PNG, JPEG (CMYK too), BMP, PGM and PPM; EXIF orientation is obeyed | [`Picture::fitted`] to an input's size and channels |
//! | [`Recording`] | WAV of any rate, width and number of channels, FLAC, Ogg Vorbis | [`Recording::at_rate`]: one channel of 16 bits at 8 or 16 kHz |
//!
//! The form is told by a file's first bytes, never by its name. What a file announces is compared with a limit before memory is taken
//! for it. Resizing is integer arithmetic and resampling is basic arithmetic of `f64` with `libm`, so every machine makes the same pixels
//! and samples of what a decoder gives. Decoders of PNG, BMP, PNM, WAV and FLAC are exact; those of JPEG and Vorbis round, each in its
//! one way: JPEG in integers, Vorbis in `f32` with sines of the machine's C library.

mod compressed;
mod error;
mod picture;
mod resample;
mod resize;
mod silence;
mod sound;
#[cfg(test)]
mod tests;
pub(crate) mod wav;

/// Endings of the names of pictures, in small letters.
pub const PICTURE_ENDINGS: &[&str] = &["png", "jpg", "jpeg", "bmp", "pgm", "ppm", "pnm"];

/// Endings of the names of recordings, in small letters.
pub const SOUND_ENDINGS: &[&str] = &["wav", "wave", "flac", "ogg", "oga"];

pub use error::{Fault, MediaError};
pub use picture::{MOST_PICTURE_BYTES, Picture};
pub use silence::leading as leading_silence;
pub use sound::{Form, MOST_SAMPLES, Recording, Width};
