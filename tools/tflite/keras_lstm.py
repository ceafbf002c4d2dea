"""Writes an LSTM of Keras in int8, as TensorFlow's converter quantises it: test-fixtures/keras-lstm.

    TF_USE_LEGACY_KERAS=1 python tools/tflite/keras_lstm.py test-fixtures/keras-lstm/lstm-int8.tflite

needs tensorflow and tf_keras; Keras 3 writes its LSTM as a WHILE instead.
"""

import sys

import numpy as np
import tensorflow as tf

inputs = tf.keras.Input((12, 8), batch_size=1)
states = tf.keras.layers.LSTM(10, return_sequences=True)(inputs)
model = tf.keras.Model(inputs, tf.keras.layers.Dense(4)(states))
function = tf.function(lambda x: model(x)).get_concrete_function(tf.TensorSpec([1, 12, 8], tf.float32))
random = np.random.RandomState(2)
converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = lambda: ([random.randn(1, 12, 8).astype("f")] for _ in range(20))
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = tf.int8
with open(sys.argv[1], "wb") as file:
    file.write(converter.convert())
