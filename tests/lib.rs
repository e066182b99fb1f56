//! End-to-end tests, in `tests/`: real QEMU processes with time limits, nothing skipped. A missing tool is installed after saying so,
//! or is an error that names the command.
//!
//! | program | checks |
//! |---|---|
//! | `presets` | every preset from synthetic data to the same score bytes on every board with room; any inputs missing |
//! | `boards` | the link on every board: order, bad frames, refusals with figures, counts |
//! | `server` | the same server on the host, with every bad input there is |
//! | `imported` | networks of others on every board: tensors and pictures in pieces, all values back |
//! | `parity` | every op against its oracle on the boards, digests equal to the host's |
//! | `image` | no allocator, float text or panics in the terminal's image; its size |
//! | `golden` | instructions and modelled cycles of every layer, as they are written down |
//! | `size` | bytes of the engine, as they are written down; a model runs on the parts that it needs |
//! | `alone` | the `verdict` program on inputs built into it |
//!
//! A test of all boards takes them from the boards' files, through [`on_each`]: a new file is tested without a line of Rust.

pub mod held;

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

use tillsense_device::boards;
use tillsense_device::boards::Machine;

/// Names of the boards to test, with commas between; all are tested where it is not set.
const ONLY: &str = "TILLSENSE_TEST_BOARDS";

/// The board with this name, for a test that is about one.
pub fn board(id: &str) -> &'static Machine {
    boards::find(id).unwrap_or_else(|| panic!("firmware/boards has no {id}.toml"))
}

/// Runs a test on each of these boards, as many at a time as the machine has processors, and then names every board that failed.
///
/// With the variable `TILLSENSE_TEST_BOARDS` it runs on those of them only that the variable names.
pub fn on_each(
    boards: impl IntoIterator<Item = &'static Machine>,
    test: impl Fn(&'static Machine) + Sync,
) {
    let only = std::env::var(ONLY).ok();
    let only: Option<Vec<_>> = only
        .as_ref()
        .map(|names| names.split(',').map(board).collect());
    let wanted = |board: &&Machine| only.as_ref().is_none_or(|only| only.contains(board));
    let queue: VecDeque<_> = boards.into_iter().filter(wanted).collect();
    assert!(only.is_some() || !queue.is_empty(), "no board to test");
    let (queue, failures) = (Mutex::new(queue), Mutex::new(Vec::new()));
    let next = || queue.lock().unwrap().pop_front();
    thread::scope(|scope| {
        let work = || {
            while let Some(board) = next() {
                // Each board has a thread of its own, so that a message of the test begins with the board's name.
                let named = thread::Builder::new().name(board.id.to_owned());
                let ran = named.spawn_scoped(scope, || test(board)).unwrap();
                if let Err(panic) = ran.join() {
                    failures
                        .lock()
                        .unwrap()
                        .push(format!("{board}: {}", message(&*panic)));
                }
            }
        };
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref().copied())
        .unwrap_or("it panicked")
}
