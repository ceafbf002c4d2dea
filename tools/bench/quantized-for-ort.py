"""Times int8 models of `ghostc quantize --for onnxruntime` beside those of ONNX Runtime's own quantiser (u8 activations, int8 weights per
channel), from the same float models and calibration inputs: `python quantized-for-ort.py GHOSTC ROUNDS MODEL...`. One JSON line a
model: least milliseconds of the thread over interleaved runs, which take turns in being first, and signal to noise against float on
inputs that neither saw. A thread's own time leaves out what others run on the machine: a wall clock made 1.2 of 1.0 at load 7.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

SAMPLES = 8


class Reader(CalibrationDataReader):
    def __init__(self, name, samples):
        self.items = iter([{name: sample} for sample in samples])

    def get_next(self):
        return next(self.items, None)


def session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def sqnr(wanted, found):
    return float(10 * np.log10(np.sum(wanted**2) / max(np.sum((wanted - found) ** 2), 1e-30)))


def compare(model, ghostc, rounds, folder):
    float_session = session(model)
    (given,) = float_session.get_inputs()
    shape = [size if isinstance(size, int) else 1 for size in given.shape]
    random = np.random.default_rng(1)
    samples = random.standard_normal((SAMPLES + 4, 1, *shape[1:]), dtype=np.float32)
    seen, unseen = samples[:SAMPLES], samples[SAMPLES:]
    np.save(folder / "samples.npy", seen[:, 0])
    ours, theirs, prepared = folder / "ghostc.onnx", folder / "ort.onnx", folder / "prepared.onnx"
    flags = ["--calibration", folder / "samples.npy", "--for", "onnxruntime", "--out", ours]
    subprocess.run(["node", ghostc, "quantize", model, *flags], check=True, stdout=subprocess.DEVNULL)
    quant_pre_process(model, prepared)
    own = {"quant_format": QuantFormat.QDQ, "activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}
    quantize_static(prepared, theirs, Reader(given.name, seen), per_channel=True, calibrate_method=CalibrationMethod.MinMax, **own)
    sessions = {"float": float_session, "onnxruntime": session(theirs), "ghostc": session(ours)}
    least = dict.fromkeys(sessions, float("inf"))
    turns = list(sessions)
    for _ in range(rounds):
        for name in turns:
            start = time.thread_time()
            sessions[name].run(None, {given.name: unseen[0]})
            least[name] = min(least[name], 1e3 * (time.thread_time() - start))
        turns.append(turns.pop(0))
    outputs = {name: [one.run(None, {given.name: x})[0] for x in unseen] for name, one in sessions.items()}
    wanted = np.stack(outputs["float"])
    noise = {name: sqnr(wanted, np.stack(outputs[name])) for name in ("onnxruntime", "ghostc")}
    return {"model": pathlib.Path(model).stem, "milliseconds": least, "sqnr": noise}


if __name__ == "__main__":
    ghostc, rounds, *models = sys.argv[1:]
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(compare(model, ghostc, int(rounds), pathlib.Path(folder))), flush=True)
