//! Operators that join tensors: CONCATENATION along any axis, and PACK.

use tillsense_core::model::records::{Concat, MAX_PARTS, Op as Record, View};

use super::scales::quant;
use super::{Lowering, refuse, sides};
use crate::import::error::ImportError;
use crate::import::net::Operator;
use crate::lower::program::Home;

impl Lowering<'_, '_> {
    /// CONCATENATION: TensorFlow Lite, too, refuses parts of several scales.
    pub(super) fn concat(&mut self, operator: &Operator, axis: i64) -> Result<(), ImportError> {
        let shape = self.joined(operator)?;
        let axis = axis_of(operator, axis, shape.len())?;
        let mut total = 0;
        for input in operator.inputs.iter().flatten() {
            let part = &self.tensor(*input).shape;
            let alike = part.len() == shape.len()
                && (0..shape.len()).all(|at| at == axis || part[at] == shape[at]);
            if !alike {
                return Err(refuse(
                    operator,
                    format!("joins the shape {part:?} to {shape:?} along axis {axis}"),
                ));
            }
            total += part[axis];
        }
        if total != shape[axis] {
            return Err(refuse(
                operator,
                format!("joins {total} places along axis {axis} of {shape:?}"),
            ));
        }
        self.join(operator, shape[..axis].iter().product())
    }

    /// PACK: a new axis, of one place for each part.
    pub(super) fn pack(&mut self, operator: &Operator, axis: i64) -> Result<(), ImportError> {
        let shape = self.joined(operator)?;
        let axis = axis_of(operator, axis, shape.len())?;
        let mut inner = shape.clone();
        let parts = inner.remove(axis);
        let inputs = || operator.inputs.iter().flatten();
        if parts != inputs().count() || inputs().any(|&input| self.tensor(input).shape != inner) {
            return Err(refuse(
                operator,
                format!("does not make {shape:?} of its parts"),
            ));
        }
        self.join(operator, shape[..axis].iter().product())
    }

    /// The shape of the result, whose scale all parts have.
    fn joined(&self, operator: &Operator) -> Result<Vec<usize>, ImportError> {
        let &[output] = &operator.outputs[..] else {
            return Err(refuse(operator, "lacks its output"));
        };
        let after = quant(self.net, output)?;
        for input in operator.inputs.iter().flatten() {
            if quant(self.net, *input)? != after {
                return Err(refuse(
                    operator,
                    "joins values of different scales, which TensorFlow Lite refuses for int8; convert anew",
                ));
            }
        }
        Ok(self.tensor(output).shape.clone())
    }

    /// Joins all operands, each of so many rows, row by row.
    fn join(&mut self, operator: &Operator, rows: usize) -> Result<(), ImportError> {
        let output = operator.outputs[0];
        let to = self.new_view(output, self.part)?;
        let mut parts = Vec::new();
        for input in operator.inputs.iter().flatten() {
            parts.push(self.operand(*input)?);
        }
        match rows {
            1 => self.lay(&parts, to),
            _ => self.interleave(operator, parts, rows, to)?,
        }
        self.views[output] = Some(to);
        Ok(())
    }

    /// Parts one after the other: each is copied to its place, or is computed there in the first place.
    fn lay(&mut self, parts: &[View], to: View) {
        let wide = u16::try_from(to.len());
        if let (Ok(c), true) = (wide, parts.len() <= MAX_PARTS) {
            let row = |view: &View, c: u16| View {
                h: 1,
                w: 1,
                c,
                ..*view
            };
            let of = |part: &View| row(part, part.len() as u16);
            self.emit(Record::Concat(Concat {
                parts: parts.iter().map(of).collect(),
                output: row(&to, c),
            }));
            return;
        }
        let mut at = 0;
        for part in parts {
            let output = View {
                zero_point: part.zero_point,
                ..self.part_of(to, at, [part.h, part.w, part.c])
            };
            self.emit(Record::Concat(Concat {
                parts: [*part].into_iter().collect(),
                output,
            }));
            at += part.len();
        }
    }

    /// Rows of all parts in turn, eight parts at a time.
    pub(super) fn interleave(
        &mut self,
        operator: &Operator,
        mut parts: Vec<View>,
        rows: usize,
        to: View,
    ) -> Result<(), ImportError> {
        let many = || {
            refuse(
                operator,
                format!(
                    "joins {rows} rows of {} values; up to 65,535 of each are supported",
                    to.len() / rows
                ),
            )
        };
        let [h, _, _] = sides(&[rows, to.len() / rows]).ok_or_else(many)?;
        let by_rows = |view: View| View {
            h,
            w: 1,
            c: (view.len() / rows) as u16,
            ..view
        };
        while parts.len() > MAX_PARTS {
            let groups = parts.chunks(MAX_PARTS).map(<[View]>::to_vec);
            let groups: Vec<Vec<View>> = groups.collect();
            parts.clear();
            for group in groups {
                let len: usize = group.iter().map(View::len).sum();
                let value = self.program.add(len, 1, Home::Work(self.part));
                let joined = View {
                    offset: value as u32,
                    h,
                    w: 1,
                    c: (len / rows) as u16,
                    ..to
                };
                self.emit(Record::Concat(Concat {
                    parts: group.into_iter().map(by_rows).collect(),
                    output: joined,
                }));
                parts.push(joined);
            }
        }
        self.emit(Record::Concat(Concat {
            parts: parts.into_iter().map(by_rows).collect(),
            output: by_rows(to),
        }));
        Ok(())
    }
}

/// An axis, counted from the end where it is negative.
fn axis_of(operator: &Operator, axis: i64, rank: usize) -> Result<usize, ImportError> {
    let counted = if axis < 0 { axis + rank as i64 } else { axis };
    usize::try_from(counted)
        .ok()
        .filter(|&axis| axis < rank)
        .ok_or_else(|| refuse(operator, format!("names axis {axis} of {rank}")))
}
