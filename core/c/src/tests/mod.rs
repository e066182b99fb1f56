//! The functions as C calls them, beside a session of Rust; small enough for Miri.

#[path = "../../../tests/support/mod.rs"]
mod support;

mod random;

use core::mem::MaybeUninit;
use core::ptr::{null, null_mut};

use tillsense_core::Part;
use tillsense_core::engine::{LoadError, OpRefusal};
use tillsense_core::ops::OpError;

use crate::explain::{tillsense_explain, tillsense_left_out};
use crate::memory::{self, SessionMemory};
use crate::open::{tillsense_close, tillsense_info_of, tillsense_open, tillsense_reset};
use crate::push::tillsense_push_text;
use crate::run::{tillsense_begin_run, tillsense_run, tillsense_step};
use crate::status::{Status, tillsense_status_text};
use support::{Guarded, network, tensor_network};

/// Memory for a session, of zeros.
fn session_memory() -> Box<SessionMemory> {
    // SAFETY: it is made of numbers.
    unsafe { Box::new(MaybeUninit::zeroed().assume_init()) }
}

#[test]
fn whoever_calls_meanwhile_is_refused() {
    let file = tensor_network().file();
    let mut room = Guarded::new(1 << 14);
    let arena = room.arena();
    let mut memory = session_memory();
    let session: *mut SessionMemory = &mut *memory;
    // SAFETY: memory, file and arena live until the end.
    unsafe {
        let (bytes, arena_len) = (file.bytes(), arena.len());
        let (at, arena) = (bytes.as_ptr().cast(), arena.as_mut_ptr().cast());
        let opened = tillsense_open(session, at, bytes.len(), arena, arena_len);
        assert_eq!(opened, Status::Ok);
        // As an interrupt would.
        let done = memory::change(session, |_| {
            let mut pending = false;
            assert_eq!(tillsense_run(session), Status::ErrorBusy);
            assert_eq!(tillsense_step(session, 1, &mut pending), Status::ErrorBusy);
            assert_eq!(tillsense_close(session), Status::ErrorBusy);
            Ok(())
        });
        assert_eq!(done, Status::Ok);
        // Who reads is not disturbed; others may read too, and are refused again behind that.
        let done = memory::read(session, |_| {
            let mut info = MaybeUninit::uninit();
            for _ in 0..2 {
                assert_eq!(tillsense_reset(session), Status::ErrorBusy);
                assert_eq!(tillsense_close(session), Status::ErrorBusy);
                assert_eq!(tillsense_info_of(session, info.as_mut_ptr()), Status::Ok);
                assert_eq!(tillsense_explain(session, null_mut(), 0), 0);
            }
            Ok(())
        });
        assert_eq!(done, Status::Ok);
        // Nobody works on what is being opened, nor on what lay there before.
        let opened = memory::open(session, |_| {
            let mut info = MaybeUninit::uninit();
            let read = tillsense_info_of(session, info.as_mut_ptr());
            assert_eq!(read, Status::ErrorBusy);
            assert_eq!(tillsense_run(session), Status::ErrorBusy);
            Err(Status::ErrorNullPointer.into())
        });
        assert_eq!(opened, Status::ErrorNullPointer);
        assert_eq!(tillsense_run(session), Status::ErrorNotOpened);
        let opened = tillsense_open(session, at, bytes.len(), arena, arena_len);
        assert_eq!(opened, Status::Ok);
        assert_eq!(tillsense_begin_run(session), Status::Ok);
        assert_eq!(tillsense_close(session), Status::Ok);
    }
}

#[test]
fn an_open_session_may_be_opened_again() {
    let (first, second) = (network(1).file(), tensor_network().file());
    let mut room = Guarded::new(1 << 14);
    let mut memory = session_memory();
    let session: *mut SessionMemory = &mut *memory;
    let arena = room.arena();
    let (arena, len) = (arena.as_mut_ptr().cast(), arena.len());
    for file in [&second, &first, &second] {
        let bytes = file.bytes();
        // SAFETY: memory, files and arena live until the end.
        unsafe {
            let opened = tillsense_open(session, bytes.as_ptr().cast(), bytes.len(), arena, len);
            assert_eq!(opened, Status::Ok);
            assert_eq!(tillsense_run(session), Status::Ok);
        }
    }
    // SAFETY: a null pointer is allowed.
    let opened = unsafe { tillsense_open(session, null_mut(), 0, arena, len) };
    assert_eq!(opened, Status::ErrorNullPointer);
    // SAFETY: as above.
    assert_eq!(unsafe { tillsense_run(session) }, Status::ErrorNotOpened);
}

#[test]
fn words_are_written_neither_to_the_arena_nor_to_the_model() {
    let file = tensor_network().file();
    let mut room = Guarded::new(1 << 14);
    let mut memory = session_memory();
    let session: *mut SessionMemory = &mut *memory;
    let arena = room.arena();
    let (arena, arena_len) = (arena.as_mut_ptr(), arena.len());
    let (at, len) = (file.bytes().as_ptr(), file.bytes().len());
    // SAFETY: memory, file and arena live until the end.
    unsafe {
        let opened = tillsense_open(session, at.cast(), len, arena.cast(), arena_len);
        assert_eq!(opened, Status::Ok);
        let refused = tillsense_push_text(session, 9, null(), 0);
        assert_eq!(refused, Status::ErrorNoSuchInput);
        let whole = tillsense_explain(session, null_mut(), 0);
        assert!(whole > 0);
        let model = at.cast_mut();
        for place in [arena, model, model.add(len - 1), session.cast()] {
            assert_eq!(tillsense_explain(session, place.cast(), 40), 0);
            // The last byte lies in the last whole word.
            let part = place.map_addr(|at| at & !7);
            let told = tillsense_left_out(session, part.cast());
            assert_eq!(told, Status::ErrorOverlap);
        }
        let mut line = [1; 40];
        for room in 0..line.len() {
            line.fill(1);
            let said = tillsense_explain(session, line.as_mut_ptr(), room);
            assert_eq!(said, whole);
            assert!(line[room..].iter().all(|&byte| byte == 1));
            assert!(room == 0 || line[room.min(whole + 1) - 1] == 0);
        }
        assert_eq!(tillsense_run(session), Status::Ok);
    }
}

#[test]
fn a_model_for_another_processor_has_a_status_of_its_own() {
    // The portable kernels of a host read every order of weights, so that no file is refused for it there.
    let of = |error| Status::from(&LoadError::Op { at: 0, error });
    let packing = of(OpRefusal::Check(OpError::Packing));
    assert_eq!(packing, Status::ErrorFileOtherTarget);
    assert_eq!(of(OpRefusal::Overlap), Status::ErrorFileInvalid);
    assert_eq!(Status::from(&LoadError::Work), Status::ErrorFileTooMuchWork);
}

#[test]
fn every_part_of_the_core_is_a_part_of_the_library() {
    let manifest = include_str!("../../Cargo.toml");
    let (_, features) = manifest.split_once("default = [").unwrap();
    let (default, passed_on) = features.split_once(']').unwrap();
    for part in Part::ALL.map(Part::feature) {
        assert!(default.contains(&format!("\"{part}\"")), "{part}");
        let line = format!("\n{part} = [\"tillsense-core/{part}\"]\n");
        assert!(passed_on.contains(&line), "{part}");
    }
}

#[test]
fn every_status_has_a_text() {
    let known = (0..100).filter(|&number| {
        // SAFETY: the text is a constant that ends with a NUL.
        let text = unsafe { core::ffi::CStr::from_ptr(tillsense_status_text(number)) };
        text != c"unknown status"
    });
    assert_eq!(known.count(), Status::COUNT);
}
