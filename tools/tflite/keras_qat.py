"""Writes a GhostNet that Keras trained with fake quantisation, as TFLite's converter makes integers of it:
`python tools/tflite/keras_qat.py test-fixtures/keras-qat/plain.tflite`.

Made with tensorflow 2.21.0, tf-keras 2.21.0 and tensorflow-model-optimization 0.8.1; data and weights are seeded.
"""

import os
import pathlib
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # what tensorflow-model-optimization is written for

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras

layers = keras.layers


def conv(x, channels, kernel, stride=1, relu=None):
    options = {"padding": "same", "use_bias": False}
    layer = layers.Conv2D(channels, kernel, stride, **options) if channels else layers.DepthwiseConv2D(kernel, stride, **options)
    x = layers.BatchNormalization()(layer(x))
    return layers.ReLU(relu)(x) if relu else x


def ghost(x, channels, relu=None):
    primary = conv(x, channels // 2, 1, relu=relu)
    return layers.Concatenate()([primary, conv(primary, None, 3, relu=relu)])


def bottleneck(x, middle, channels, stride=1):
    y = ghost(x, middle, relu=6.0)
    y = conv(y, None, 3, stride) if stride > 1 else y
    y = ghost(y, channels)
    short = x if stride == 1 and x.shape[-1] == channels else conv(conv(x, None, 3, stride), channels, 1)
    return layers.Add()([y, short])


def network():
    x = image = keras.Input((28, 28, 1))
    x = conv(x, 8, 3, 2, relu=6.0)
    x = bottleneck(x, 16, 8)
    x = bottleneck(x, 24, 16, 2)
    x = layers.GlobalAveragePooling2D()(conv(x, 32, 1, relu=6.0))
    return keras.Model(image, layers.Softmax()(layers.Dense(10)(x)))


keras.utils.set_random_seed(1)
images = np.random.default_rng(1).standard_normal((128, 28, 28, 1)).astype(np.float32)
labels = (images.reshape(128, -1) @ np.random.default_rng(2).standard_normal((784, 10))).argmax(1)
model = tfmot.quantization.keras.quantize_model(network())
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(images, labels, epochs=2, verbose=0)

converter = tf.lite.TFLiteConverter.from_keras_model(model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.inference_input_type = converter.inference_output_type = tf.int8
pathlib.Path(sys.argv[1]).write_bytes(converter.convert())
