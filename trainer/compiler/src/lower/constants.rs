//! Constants on their way from one weights section to another.

use tillsense_core::model::constants::{of_op, of_source};
use tillsense_core::model::records::{Blob, Op, Source};

use super::blobs::Blobs;

/// Moves the constants of an op from one section to another. Only tables, indices and operands may be shared with other ops.
pub(super) fn move_op(op: &mut Op, from: &[u8], to: &mut Blobs) {
    let shared = matches!(op, Op::Lookup(_) | Op::Rearrange(_) | Op::Constant(_));
    of_op(op, &mut |blob, align| {
        let content = bytes(from, *blob);
        *blob = if shared {
            to.bytes(content, align)
        } else {
            to.own(content, align)
        };
    });
}

/// Moves the constants of a frontend from one section to another.
pub(super) fn move_source(source: &mut Source, from: &[u8], to: &mut Blobs) {
    of_source(source, &mut |blob, align| {
        *blob = to.bytes(bytes(from, *blob), align);
    });
}

/// The bytes of a constant.
pub(super) fn bytes(section: &[u8], blob: Blob) -> &[u8] {
    &section[blob.offset as usize..][..blob.len as usize]
}
