//! Files of every form that is read, and of those that are not.
//!
//! What no crate here can write was made elsewhere and lies in `samples/`: a JPEG of four inks and one with an EXIF orientation (by Pillow),
//! a FLAC and an Ogg Vorbis file (by libsndfile).

mod picture;
mod sound;
