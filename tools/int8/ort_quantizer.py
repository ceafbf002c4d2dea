"""ONNX Runtime's static quantiser: `python ort_quantizer.py MODEL FOLDER`, with seen-K.f32 to calibrate on and unseen-K.f32 to measure on.

Prints, as JSON, the calibration method with the best signal to noise of the outputs, in dB: u8 activations, int8 weights per channel. The
quantised model runs without optimisations, so that no saturating kernel of this processor takes part.
"""

import json
import pathlib
import sys
import tempfile

import numpy as np
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

METHODS = ("MinMax", "Entropy", "Percentile")


class Reader(CalibrationDataReader):
    def __init__(self, feeds):
        self.feeds = iter(feeds)

    def get_next(self):
        return next(self.feeds, None)


def session(path, optimized):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    if not optimized:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def main(model, folder):
    exact = session(model, True)
    (given,) = exact.get_inputs()
    pictures = lambda what: [
        {given.name: np.fromfile(path, np.float32).reshape(given.shape)} for path in sorted(pathlib.Path(folder).glob(f"{what}-*.f32"))
    ]
    seen, unseen = pictures("seen"), pictures("unseen")
    wanted = [exact.run(None, feed) for feed in unseen]
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        prepared, quantized = pathlib.Path(scratch, "prepared.onnx"), pathlib.Path(scratch, "quantized.onnx")
        quant_pre_process(model, prepared, skip_symbolic_shape=True)
        types = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8, "quant_format": QuantFormat.QDQ}
        for method in METHODS:
            try:
                quantize_static(prepared, quantized, Reader(seen), per_channel=True, calibrate_method=CalibrationMethod[method], **types)
            except ValueError as error:  # its percentile cannot divide every range
                print(method, error, file=sys.stderr)
                continue
            one = session(quantized, False)
            signal = noise = 0.0
            for feed, outputs in zip(unseen, wanted):
                for want, got in zip(outputs, one.run(None, feed)):
                    signal += np.sum(np.square(want, dtype=np.float64))
                    noise += np.sum(np.square(want.astype(np.float64) - got))
            found[method] = float(10 * np.log10(signal / max(noise, 1e-300)))
    best = max(found, key=found.get)
    print(json.dumps({"sqnr": found[best], "method": best, "version": ort.__version__}))


main(*sys.argv[1:])
