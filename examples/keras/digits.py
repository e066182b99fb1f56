#!/usr/bin/env python3
"""A Keras network on its way to a terminal, for docs/IMPORT.md; needs `pip install tensorflow scikit-learn`.

    python3 digits.py

Trains a small network on scikit-learn's handwritten digits (8 x 8 pixels, 1,797 pictures), converts it to int8 as TensorFlow's guide says,
and writes digits.tflite, digits.in.npy and digits.out.npy: the 360 test pictures as int8 and what TensorFlow Lite's reference kernels
answer. names.txt holds a name a class, and digit.png is the first test picture.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(1)
pictures, classes = load_digits(return_X_y=True)
pictures = pictures.reshape(-1, 8, 8, 1).astype(np.float32) / 16
train_x, test_x, train_y, test_y = train_test_split(pictures, classes, test_size=0.2, random_state=1, stratify=classes)

inputs = keras.Input((8, 8, 1))
x = layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
x = layers.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False)(x)
x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
x = layers.Conv2D(32, 3, activation="relu")(x)
x = layers.Dense(10)(layers.GlobalAveragePooling2D()(x))
model = keras.Model(inputs, layers.Softmax()(x))
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train_x, train_y, epochs=150, batch_size=32, verbose=0)
print(f"float: {model.evaluate(test_x, test_y, verbose=0)[1]:.2%} of {len(test_y)} test pictures")

converter = tf.lite.TFLiteConverter.from_keras_model(model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = lambda: ([picture[None]] for picture in train_x[:300])
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = tf.int8
converter.inference_output_type = tf.int8
content = converter.convert()
with open("digits.tflite", "wb") as file:
    file.write(content)

resolver = tf.lite.experimental.OpResolverType.BUILTIN_REF
lite = tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=resolver)
lite.allocate_tensors()
given, got = lite.get_input_details()[0], lite.get_output_details()[0]
scale, zero = given["quantization"]
stored = np.clip(np.round(test_x / scale) + zero, -128, 127).astype(np.int8)
answers = []
for picture in stored:
    lite.set_tensor(given["index"], picture[None])
    lite.invoke()
    answers.append(lite.get_tensor(got["index"])[0].copy())
answers = np.stack(answers)
print(f"int8:  {np.mean(answers.argmax(1) == test_y):.2%}")

np.save("digits.in.npy", stored)
np.save("digits.out.npy", answers)
with open("names.txt", "w") as file:
    file.write("".join(f"{digit}\n" for digit in range(10)))
tf.io.write_file("digit.png", tf.io.encode_png((test_x[0] * 255).astype(np.uint8)))
print(f"digit.png is a {test_y[0]}")
