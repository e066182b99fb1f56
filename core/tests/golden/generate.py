"""Writes the golden files: single-op int8 models run by TensorFlow Lite's reference kernels.

    python3 -m venv venv && venv/bin/pip install tensorflow==2.21.0
    venv/bin/python generate.py

Each case is a Keras layer with random weights, quantised to full int8 with random representative data, fed with
random int8 values and run by the interpreter with BUILTIN_REF. A file holds one op's cases, one field a line:
a name and its values. Scales are the bits of their f32 in hex; int8 tensors are hex, two digits a value.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import pathlib
import struct
import warnings

import keras
import numpy as np
import tensorflow as tf

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).parent
VERSION = "2.21.0"
SAMPLES = 4


def quantise(model, rng, widen):
    """The model as int8 TensorFlow Lite bytes; the inputs' ranges are random and lopsided."""
    spread = [(widen * rng.uniform(0.2, 3.0), widen * rng.uniform(-1.5, 1.5)) for _ in model.inputs]

    def representative():
        for _ in range(16):
            yield [(rng.normal(size=[side or 1 for side in i.shape]) * s + m).astype(np.float32) for i, (s, m) in zip(model.inputs, spread)]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return converter.convert()


def interpreter(content):
    """The reference kernels, without delegates."""
    resolver = tf.lite.experimental.OpResolverType.BUILTIN_REF
    lite = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=resolver)
    lite.allocate_tensors()
    return lite


def bits(values):
    return " ".join(f"{struct.unpack('<I', struct.pack('<f', v))[0]:08x}" for v in np.atleast_1d(values))


def octets(values):
    return np.ascontiguousarray(values, dtype=np.int8).tobytes().hex()


def fed(sample, zero, shape, rng):
    """Uniform values, many extremes, or values near zero, which reach the output's bounds less often."""
    x = rng.integers(-128, 128, size=shape)
    if sample % 4 == 1:
        x = np.where(rng.random(size=shape) < 0.5, x, rng.choice([-128, 127], size=shape))
    if sample % 4 > 1:
        x = np.clip(zero + rng.normal(size=shape) * 15 * sample, -128, 127)
    return x.astype(np.int8)


def case(name, model, op_name, rng, fields, widen=1.0, samples=SAMPLES):
    """One case's lines."""
    lite = interpreter(quantise(model, rng, widen))
    operations = [o for o in lite._get_ops_details() if o["op_name"] != "DELEGATE"]
    names = [o["op_name"] for o in operations]
    if names != [op_name]:
        raise SystemExit(f"{name}: expected the single op {op_name}, the converter made {names}")
    tensors = {t["index"]: t for t in lite.get_tensor_details()}
    op = operations[0]
    inputs = {d["index"] for d in lite.get_input_details()}
    lines = [f"case {name}"] + [f"{key} {value}" for key, value in fields.items()]
    operands = [i for i in op["inputs"] if i in inputs]
    for label, index in list(zip("ab", operands)) + [("y", op["outputs"][0])]:
        quant = tensors[index]["quantization_parameters"]
        lines.append(f"{label}_shape " + " ".join(map(str, tensors[index]["shape"][1:])))
        lines.append(f"{label}_scale {bits(quant['scales'])}")
        lines.append(f"{label}_zero {quant['zero_points'][0]}")
    if op_name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        weights, bias = op["inputs"][1], op["inputs"][2]
        assert not tensors[weights]["quantization_parameters"]["zero_points"].any()
        lines.append(f"w_scale {bits(tensors[weights]['quantization_parameters']['scales'])}")
        lines.append(f"weights {octets(lite.get_tensor(weights))}")
        channels = tensors[op["outputs"][0]]["shape"][-1]
        bias = lite.get_tensor(bias) if bias >= 0 else np.zeros(channels, np.int32)
        lines.append("bias " + " ".join(map(str, bias)))
    for sample in range(samples):
        for label, index in zip("ab", operands):
            zero = tensors[index]["quantization_parameters"]["zero_points"][0]
            x = fed(sample, zero, tensors[index]["shape"], rng)
            lite.set_tensor(index, x)
            lines.append(f"{label} {octets(x)}")
        lite.invoke()
        lines.append(f"y {octets(lite.get_tensor(op['outputs'][0]))}")
    return lines


def write(op, cases):
    text = [f"# TensorFlow Lite {VERSION}, BUILTIN_REF. Made by generate.py."]
    for lines in cases:
        text += lines
    (HERE / f"{op}.txt").write_text("\n".join(text) + "\n")
    print(op, len(cases), "cases", flush=True)


def window(kernel, stride=(1, 1), padding="valid", dilation=(1, 1), activation="linear"):
    return {
        "kernel": "{} {}".format(*kernel),
        "stride": "{} {}".format(*stride),
        "dilation": "{} {}".format(*dilation),
        "padding": padding,
        "activation": activation,
    }


def initialised(layer_type, rng, **options):
    """A layer with random weights and biases whose channels differ in size."""
    keras.utils.set_random_seed(int(rng.integers(1 << 31)))
    return layer_type(bias_initializer=keras.initializers.RandomNormal(stddev=0.5), **options)


def uneven(model, rng):
    """Scales the output channels' weights apart, so that per-channel factors differ."""
    for layer in model.layers:
        values = layer.get_weights()
        if values:
            values[0] = values[0] * np.exp(rng.normal(size=values[0].shape[-1] if values[0].ndim < 4 else values[0].shape[2:]))
            layer.set_weights([v.astype(np.float32) for v in values])
    return model


def activated(x, activation):
    if activation == "relu":
        return keras.layers.ReLU()(x)
    if activation == "relu6":
        return keras.layers.ReLU(max_value=6.0)(x)
    return x


def convolutions(depthwise):
    shapes = [
        ((5, 5, 1), 4, (3, 3), (1, 1), "valid", (1, 1), "linear"),
        ((6, 5, 3), 5, (3, 3), (1, 1), "same", (1, 1), "relu"),
        ((7, 7, 2), 8, (3, 3), (2, 2), "same", (1, 1), "relu6"),
        ((8, 6, 4), 3, (2, 2), (2, 2), "same", (1, 1), "linear"),
        ((5, 6, 4), 6, (1, 1), (1, 1), "valid", (1, 1), "relu"),
        ((8, 8, 2), 4, (3, 3), (1, 1), "valid", (2, 2), "linear"),
        ((7, 8, 3), 4, (3, 3), (1, 1), "same", (2, 2), "relu6"),
        ((9, 7, 2), 7, (5, 3), (3, 3), "same", (1, 1), "linear"),
        ((1, 20, 4), 9, (1, 5), (2, 2), "same", (1, 1), "relu"),
        ((6, 6, 3), 2, (4, 4), (1, 1), "same", (1, 1), "linear"),
        ((4, 4, 16), 10, (3, 3), (1, 1), "valid", (1, 1), "relu6"),
        ((5, 5, 8), 12, (3, 3), (2, 2), "valid", (1, 1), "linear"),
    ]
    op = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    for n, (shape, channels, kernel, stride, padding, dilation, activation) in enumerate(shapes):
        rng = np.random.default_rng(100 * depthwise + n)
        options = {"kernel_size": kernel, "strides": stride, "padding": padding, "dilation_rate": dilation}
        if depthwise:
            layer = initialised(keras.layers.DepthwiseConv2D, rng, depth_multiplier=1 + n % 3, **options)
        else:
            layer = initialised(keras.layers.Conv2D, rng, filters=channels, **options)
        x = keras.Input(shape, batch_size=1)
        model = uneven(keras.Model(x, activated(layer(x), activation)), rng)
        yield case(f"{n}", model, op, rng, window(kernel, stride, padding, dilation, activation))


def dense_layers():
    shapes = [(1, 1), (3, 5), (16, 4), (33, 7), (64, 10), (100, 3), (7, 40), (128, 12), (20, 20), (50, 9), (9, 6), (250, 5)]
    for n, (inputs, outputs) in enumerate(shapes):
        rng = np.random.default_rng(200 + n)
        activation = ["linear", "relu", "relu6"][n % 3]
        x = keras.Input((inputs,), batch_size=1)
        layer = initialised(keras.layers.Dense, rng, units=outputs)
        model = uneven(keras.Model(x, activated(layer(x), activation)), rng)
        yield case(f"{n}", model, "FULLY_CONNECTED", rng, {"activation": activation}, samples=16)


def pools(layer_type, op):
    shapes = [
        ((4, 4, 1), (2, 2), (2, 2), "valid"),
        ((5, 5, 3), (2, 2), (2, 2), "same"),
        ((6, 7, 4), (3, 3), (1, 1), "same"),
        ((7, 6, 2), (3, 3), (2, 2), "same"),
        ((5, 9, 5), (3, 2), (2, 1), "valid"),
        ((1, 16, 3), (1, 4), (1, 4), "valid"),
        ((8, 8, 9), (8, 8), (1, 1), "valid"),
        ((5, 5, 10), (5, 5), (3, 3), "same"),
        ((6, 4, 8), (2, 3), (1, 1), "same"),
        ((9, 3, 2), (4, 1), (3, 1), "same"),
    ]
    for n, (shape, kernel, stride, padding) in enumerate(shapes):
        rng = np.random.default_rng(300 + 50 * (op == "AVERAGE_POOL_2D") + n)
        x = keras.Input(shape, batch_size=1)
        y = layer_type(pool_size=kernel, strides=stride, padding=padding)(x)
        yield case(f"{n}", keras.Model(x, y), op, rng, window(kernel, stride, padding))


def pairs(layer_type, op):
    shapes = [(1, 1), (3, 3, 2), (4, 5, 3), (5, 8), (2, 2, 16), (5, 5, 2), (30, 2), (3, 7, 5), (6, 2, 4), (9, 11)]
    for n, shape in enumerate(shapes):
        rng = np.random.default_rng(400 + 50 * (op == "MUL") + n)
        activation = ["linear", "relu", "relu6"][n % 3]
        a, b = keras.Input(shape, batch_size=1), keras.Input(shape, batch_size=1)
        model = keras.Model([a, b], activated(layer_type()([a, b]), activation))
        yield case(f"{n}", model, op, rng, {"activation": activation})


class Sharpened(keras.layers.Layer):
    """Softmax alone; the representative data decide the input scale."""

    def call(self, x):
        return tf.nn.softmax(x)


def softmaxes():
    for n, classes in enumerate([1, 2, 3, 5, 10, 10, 17, 33, 77, 150, 300]):
        rng = np.random.default_rng(500 + n)
        x = keras.Input((classes,), batch_size=1)
        yield case(f"{n}", keras.Model(x, Sharpened()(x)), "SOFTMAX", rng, {}, widen=[1.0, 0.1, 20.0][n % 3])


if __name__ == "__main__":
    assert tf.__version__ == VERSION, tf.__version__
    write("conv2d", list(convolutions(False)))
    write("depthwise_conv2d", list(convolutions(True)))
    write("dense", list(dense_layers()))
    write("max_pool", list(pools(keras.layers.MaxPooling2D, "MAX_POOL_2D")))
    write("average_pool", list(pools(keras.layers.AveragePooling2D, "AVERAGE_POOL_2D")))
    write("add", list(pairs(keras.layers.Add, "ADD")))
    write("product", list(pairs(keras.layers.Multiply, "MUL")))
    write("softmax", list(softmaxes()))
