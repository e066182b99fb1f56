//! Features and encoder of one input, from its description to nodes.

use tillsense_core::model::records::{BagMode, Cell, Direction, ReadMode, TextForm};

use super::{BuildError, Builder, InputFacts, geometry};
use crate::network::description::{Directions, Input, Layer, Source, Window};
use crate::network::graph::{Activation, Bits, NodeId, NodeOp, Padding, Segment};

/// The form of the values that one layer hands to the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// Ids of a text.
    Ids,
    /// All values `[h, w, c]` at once.
    Whole,
    /// One step `[1, 1, c]` after the other.
    Steps,
}

struct Encoder<'a> {
    builder: &'a mut Builder,
    input: &'a Input,
    index: usize,
    /// The node that was added last.
    at: NodeId,
    flow: Flow,
    /// Number of the layer that is being added, for names and errors.
    layer: usize,
}

/// Adds the nodes of input `index` and returns the node of its features and the node of its encoding.
pub(super) fn encoder(
    builder: &mut Builder,
    index: usize,
    input: &Input,
    facts: &InputFacts,
) -> Result<(NodeId, NodeId), BuildError> {
    let (op, shape, flow) = features(input, facts)?;
    let features = builder.push(
        input.name.clone(),
        op,
        Vec::new(),
        shape,
        Segment::Step(index),
    );
    let mut encoder = Encoder {
        builder,
        input,
        index,
        at: features,
        flow,
        layer: 0,
    };
    for (number, layer) in input.encoder.iter().enumerate() {
        encoder.layer = number;
        encoder.add(layer)?;
    }
    encoder.layer = input.encoder.len();
    encoder.close()?;
    Ok((features, encoder.at))
}

/// Op, shape and flow of what the frontend writes.
fn features(input: &Input, facts: &InputFacts) -> Result<(NodeOp, [usize; 3], Flow), BuildError> {
    let (shape, flow) = match &input.source {
        Source::Image(image) => ([image.size[0], image.size[1], image.channels], Flow::Whole),
        Source::Audio(audio) => ([audio.max_steps, 1, audio.bands * audio.stack], Flow::Steps),
        Source::Sequence(sequence) => ([sequence.max_steps, 1, facts.width], Flow::Steps),
        Source::Record => ([1, 1, facts.width], Flow::Whole),
        Source::Text(text) => return Ok((NodeOp::Ids, [text.max_ids, 1, 1], Flow::Ids)),
    };
    let width = if flow == Flow::Steps {
        shape[2]
    } else {
        shape.iter().product()
    };
    if width != facts.width || width == 0 {
        let problem = format!(
            "the data hold {} values where this describes {width}",
            facts.width
        );
        return Err(BuildError {
            field: format!("inputs.{}", input.name),
            problem,
        });
    }
    Ok((NodeOp::Features(facts.quant), shape, flow))
}

impl Encoder<'_> {
    /// Adds the nodes of one layer.
    fn add(&mut self, layer: &Layer) -> Result<(), BuildError> {
        match *layer {
            Layer::Conv2d {
                channels,
                window,
                activation,
                batch_norm,
            } => {
                let op = conv2d(window, activation, batch_norm);
                self.windowed("conv2d", op, window, |_| channels)
            }
            Layer::DepthwiseConv2d {
                multiplier,
                window,
                activation,
                batch_norm,
            } => {
                let op = depthwise_conv2d(window, multiplier, activation, batch_norm);
                self.windowed("depthwise_conv2d", op, window, |c| c * multiplier)
            }
            Layer::MaxPool(window) => self.windowed("max_pool", max_pool(window), window, |c| c),
            Layer::AveragePool(window) => {
                self.windowed("average_pool", average_pool(window), window, |c| c)
            }
            Layer::GlobalPool { max } => self.global_pool(max),
            Layer::Flatten => {
                self.want(Flow::Whole, "flatten reads a whole picture")?;
                self.flatten()
            }
            Layer::Dense {
                units,
                activation,
                bits,
            } => self.dense(units, activation, bits),
            Layer::Embedding { channels, bits } => self.embedding(channels, bits),
            Layer::EmbeddingBag {
                channels,
                mode,
                bits,
            } => self.embedding_bag(channels, mode, bits),
            Layer::Rnn {
                cell,
                hidden,
                directions,
                read,
            } => self.rnn(cell, hidden, directions, read),
        }
    }

    /// Adds a pool whose window is the whole picture.
    fn global_pool(&mut self, max: bool) -> Result<(), BuildError> {
        self.want(Flow::Whole, "global_pool reads a whole picture")?;
        let [h, w, c] = self.builder.shape(self.at);
        let window = Window {
            kernel: [h, w],
            stride: [1, 1],
            dilation: [1, 1],
            padding: Padding::Valid,
        };
        let op = match max {
            true => max_pool(window),
            false => average_pool(window),
        };
        self.push("global_pool", op, [1, 1, c])
    }

    /// Adds an embedding, after which the rows of the ids flow as steps.
    fn embedding(&mut self, channels: usize, bits: Bits) -> Result<(), BuildError> {
        self.want_text(
            TextForm::Tokens,
            "embedding reads a text of form \"tokens\"; a bag takes embedding_bag",
        )?;
        let [most, ..] = self.builder.shape(self.at);
        let rows = self.rows();
        self.push(
            "embedding",
            NodeOp::Embedding { rows, bits },
            [most, 1, channels],
        )?;
        self.flow = Flow::Steps;
        Ok(())
    }

    /// Adds an embedding bag, which makes one vector of all ids.
    fn embedding_bag(
        &mut self,
        channels: usize,
        mode: BagMode,
        bits: Bits,
    ) -> Result<(), BuildError> {
        self.want(Flow::Ids, "embedding_bag reads a text")?;
        let rows = self.rows();
        self.push(
            "embedding_bag",
            NodeOp::EmbeddingBag { rows, mode, bits },
            [1, 1, channels],
        )?;
        self.flow = Flow::Whole;
        Ok(())
    }

    /// Flattens what the last layer left, so that the encoding is a vector.
    fn close(&mut self) -> Result<(), BuildError> {
        match self.flow {
            Flow::Ids => {
                Err(self.fault("a text needs an embedding_bag, or an embedding and an rnn"))
            }
            Flow::Steps => {
                Err(self
                    .fault("steps need an rnn layer with read = \"last\" or \"mean\" at the end"))
            }
            Flow::Whole if self.builder.shape(self.at)[..2] != [1, 1] => self.flatten(),
            Flow::Whole => Ok(()),
        }
    }

    fn windowed(
        &mut self,
        name: &str,
        op: NodeOp,
        window: Window,
        channels: impl Fn(usize) -> usize,
    ) -> Result<(), BuildError> {
        self.want(
            Flow::Whole,
            "this layer reads a whole picture; steps are read by dense and rnn layers",
        )?;
        let [h, w, c] = self.builder.shape(self.at);
        let Some((size, pad)) = geometry::pads(
            [h, w],
            window.kernel,
            window.stride,
            window.dilation,
            window.padding,
        ) else {
            return Err(self.fault(&misfit(&window, [h, w])));
        };
        let empty = |pad: (usize, usize), kernel: usize| pad.0 >= kernel || pad.1 >= kernel;
        if matches!(op, NodeOp::MaxPool { .. } | NodeOp::AveragePool { .. })
            && (empty(pad[0], window.kernel[0]) || empty(pad[1], window.kernel[1]))
        {
            return Err(
                self.fault("padding must be smaller than the window, or some windows hold nothing")
            );
        }
        self.push(name, op, [size[0], size[1], channels(c)])
    }

    /// Adds a dense layer: over the values of one step where steps flow, else over all values.
    fn dense(
        &mut self,
        units: usize,
        activation: Activation,
        bits: Bits,
    ) -> Result<(), BuildError> {
        let shape = match self.flow {
            Flow::Ids => {
                return Err(self.fault("dense cannot read ids; put an embedding_bag before it"));
            }
            Flow::Whole => [1, 1, units],
            Flow::Steps if self.input.source.streaming() => {
                [self.builder.shape(self.at)[0], 1, units]
            }
            Flow::Steps => {
                return Err(self.fault("tokens are read by rnn layers; put dense after them"));
            }
        };
        self.push("dense", NodeOp::Dense { activation, bits }, shape)
    }

    /// Adds a recurrent layer: a node for each direction, and where the layer hands on one vector, a node that reads it.
    fn rnn(
        &mut self,
        cell: Cell,
        hidden: usize,
        directions: Directions,
        read: Option<ReadMode>,
    ) -> Result<(), BuildError> {
        self.want(
            Flow::Steps,
            "rnn reads steps: of sound, of a sequence, or of tokens after an embedding",
        )?;
        if directions != Directions::Forward && self.input.source.streaming() {
            return Err(self.fault(
                "sound and sequences are read while they arrive; use direction = \"forward\"",
            ));
        }
        let which: &[Direction] = match directions {
            Directions::Forward => &[Direction::Forward],
            Directions::Backward => &[Direction::Backward],
            Directions::Both => &[Direction::Forward, Direction::Backward],
        };
        let mut ends = Vec::new();
        for &direction in which {
            ends.push(self.one_direction(cell, hidden, direction, read));
        }
        if read.is_some() {
            self.flow = Flow::Whole;
        }
        self.at = match ends[..] {
            [one] => one,
            _ => {
                let [h, w, c] = self.builder.shape(ends[0]);
                let shape = [h, w, c * ends.len()];
                self.builder.push(
                    self.name("concat"),
                    NodeOp::Concat,
                    ends,
                    shape,
                    Segment::Step(self.index),
                )
            }
        };
        Ok(())
    }

    /// Adds the nodes of a recurrent layer in one direction and returns the last of them.
    fn one_direction(
        &mut self,
        cell: Cell,
        hidden: usize,
        direction: Direction,
        read: Option<ReadMode>,
    ) -> NodeId {
        let word = match direction {
            Direction::Forward => "forward",
            Direction::Backward => "backward",
        };
        let [steps, ..] = self.builder.shape(self.at);
        let op = NodeOp::Rnn {
            cell,
            direction,
            hidden,
        };
        let states = self.builder.push(
            self.name(&format!("rnn_{word}")),
            op,
            vec![self.at],
            [steps, 1, hidden],
            Segment::Step(self.index),
        );
        let Some(mode) = read else {
            return states;
        };
        let segment = match self.input.source.streaming() {
            true => Segment::Finish(self.index),
            false => Segment::Step(self.index),
        };
        self.builder.push(
            self.name(&format!("read_{word}")),
            NodeOp::RnnRead { mode },
            vec![states],
            [1, 1, hidden],
            segment,
        )
    }

    fn flatten(&mut self) -> Result<(), BuildError> {
        let len = self.builder.len(self.at);
        self.push("flatten", NodeOp::Reshape, [1, 1, len])
    }

    /// Adds a node that reads the latest one. After the last recurrent layer of a streaming input, nodes run once at the end.
    fn push(&mut self, name: &str, op: NodeOp, shape: [usize; 3]) -> Result<(), BuildError> {
        if shape.iter().any(|&n| n > usize::from(u16::MAX)) {
            return Err(self.fault(&format!(
                "a result of {shape:?} is too large; at most {} along an axis",
                u16::MAX
            )));
        }
        let finish = self.input.source.streaming() && self.flow == Flow::Whole;
        let segment = if finish {
            Segment::Finish(self.index)
        } else {
            Segment::Step(self.index)
        };
        self.at = self
            .builder
            .push(self.name(name), op, vec![self.at], shape, segment);
        Ok(())
    }

    fn name(&self, layer: &str) -> String {
        format!("{}.{}.{layer}", self.input.name, self.layer)
    }

    fn rows(&self) -> usize {
        match &self.input.source {
            Source::Text(text) => text.buckets,
            _ => 0,
        }
    }

    fn want(&self, flow: Flow, problem: &str) -> Result<(), BuildError> {
        if self.flow == flow {
            Ok(())
        } else {
            Err(self.fault(problem))
        }
    }

    fn want_text(&self, form: TextForm, problem: &str) -> Result<(), BuildError> {
        match &self.input.source {
            Source::Text(text) if text.form == form && self.flow == Flow::Ids => Ok(()),
            _ => Err(self.fault(problem)),
        }
    }

    fn fault(&self, problem: &str) -> BuildError {
        BuildError {
            field: format!("inputs.{}.encoder[{}]", self.input.name, self.layer),
            problem: problem.to_owned(),
        }
    }
}

fn conv2d(window: Window, activation: Activation, batch_norm: bool) -> NodeOp {
    NodeOp::Conv2d {
        kernel: window.kernel,
        stride: window.stride,
        dilation: window.dilation,
        padding: window.padding,
        activation,
        batch_norm,
    }
}

fn depthwise_conv2d(
    window: Window,
    multiplier: usize,
    activation: Activation,
    batch_norm: bool,
) -> NodeOp {
    NodeOp::DepthwiseConv2d {
        kernel: window.kernel,
        stride: window.stride,
        dilation: window.dilation,
        padding: window.padding,
        multiplier,
        activation,
        batch_norm,
    }
}

fn max_pool(window: Window) -> NodeOp {
    NodeOp::MaxPool {
        kernel: window.kernel,
        stride: window.stride,
        padding: window.padding,
    }
}

fn average_pool(window: Window) -> NodeOp {
    NodeOp::AveragePool {
        kernel: window.kernel,
        stride: window.stride,
        padding: window.padding,
    }
}

/// The message for a window that is larger than its input; it names stride, dilation and padding where they matter.
fn misfit(window: &Window, [h, w]: [usize; 2]) -> String {
    let Window {
        kernel, dilation, ..
    } = window;
    let span = |axis: usize| (kernel[axis] - 1) * dilation[axis] + 1;
    let dilated = match dilation {
        [1, 1] => String::new(),
        _ => format!(
            " with a dilation of {dilation:?} spans {} rows and {} columns, which",
            span(0),
            span(1)
        ),
    };
    let padded = match window.padding {
        crate::network::graph::Padding::Explicit(pads) => format!(" with a padding of {pads:?}"),
        _ => String::new(),
    };
    format!("a kernel of {kernel:?}{dilated} does not fit into {h} rows and {w} columns{padded}")
}
