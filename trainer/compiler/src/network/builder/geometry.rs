//! Output sizes and padding of convolution and pooling windows.

use crate::network::graph::Padding;

/// Padding `[(top, bottom), (left, right)]`.
pub type Pads = [(usize, usize); 2];

/// Output size and padding (before, after) along one axis; `None` where the kernel does not fit.
///
/// Same: output = ceil(input / stride), the odd value of padding goes after. Valid and explicit:
/// output = floor((input + padding - span) / stride) + 1 with span = (kernel - 1) * dilation + 1.
fn axis(
    input: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    explicit: Option<(usize, usize)>,
) -> Option<(usize, (usize, usize))> {
    let span = (kernel - 1) * dilation + 1;
    match explicit {
        None => {
            let output = input.div_ceil(stride);
            let total = ((output - 1) * stride + span).saturating_sub(input);
            Some((output, (total / 2, total - total / 2)))
        }
        Some((before, after)) => {
            let room = (input + before + after).checked_sub(span)?;
            Some((room / stride + 1, (before, after)))
        }
    }
}

/// Output size `[h, w]` and padding of a window over an input `[h, w]`; `None` where the kernel does not fit.
pub fn pads(
    input: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    padding: Padding,
) -> Option<([usize; 2], Pads)> {
    let explicit = match padding {
        Padding::Same => [None, None],
        Padding::Valid => [Some((0, 0)), Some((0, 0))],
        Padding::Explicit([top, left, bottom, right]) => [Some((top, bottom)), Some((left, right))],
    };
    let (h, vertical) = axis(input[0], kernel[0], stride[0], dilation[0], explicit[0])?;
    let (w, horizontal) = axis(input[1], kernel[1], stride[1], dilation[1], explicit[1])?;
    Some(([h, w], [vertical, horizontal]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_tensorflow() {
        let cases = [
            (28, 3, 1, 1, Padding::Valid, Some((26, (0, 0)))),
            (28, 3, 1, 1, Padding::Same, Some((28, (1, 1)))),
            (28, 3, 2, 1, Padding::Same, Some((14, (0, 1)))),
            (7, 3, 2, 2, Padding::Same, Some((4, (2, 2)))),
            (2, 3, 1, 1, Padding::Valid, None),
            (5, 1, 2, 1, Padding::Same, Some((3, (0, 0)))),
            (
                6,
                3,
                1,
                1,
                Padding::Explicit([2, 0, 1, 0]),
                Some((7, (2, 1))),
            ),
        ];
        for (input, kernel, stride, dilation, padding, want) in cases {
            let got = pads([input, 1], [kernel, 1], [stride, 1], [dilation, 1], padding)
                .map(|(size, pad)| (size[0], pad[0]));
            assert_eq!(
                got, want,
                "{input} {kernel} {stride} {dilation} {padding:?}"
            );
        }
    }
}
