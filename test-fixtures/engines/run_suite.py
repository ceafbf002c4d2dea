"""Runs an exported suite (ghostc conform --export DIR): python3 run_suite.py DIR onnxruntime|openvino|reference [FILTER]"""

import json, pathlib, sys

import numpy
from onnx import TensorProto, numpy_helper


def onnxruntime_engine(path):
    import onnxruntime
    session = onnxruntime.InferenceSession(path)
    return lambda inputs: session.run(None, inputs)


def openvino_engine(path):
    from openvino import Core
    return lambda inputs: [*Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(inputs).values()]


def reference_engine(path):
    from onnx.reference import ReferenceEvaluator
    return lambda inputs: ReferenceEvaluator(path).run(None, inputs)


def read(path):
    return numpy_helper.to_array(TensorProto.FromString(path.read_bytes()))


def problem(actual, expected, bound):
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return f"expected {expected.dtype}{expected.shape}, found {actual.dtype}{actual.shape}"
    a, e = (x.astype(numpy.float64) for x in (actual, expected))
    with numpy.errstate(all="ignore"):
        right = (a == e) | (numpy.isnan(a) & numpy.isnan(e)) | (numpy.abs(a - e) <= bound)
    for i in numpy.flatnonzero(~right):
        return f"element {i}: expected {e.flat[i]}, found {a.flat[i]}"


def check(folder, case, engine):
    run = engine(str(folder / "model.onnx"))
    for data in sorted(folder.glob("test_data_set_*")):
        outputs = run({name: read(data / f"input_{i}.pb") for i, name in enumerate(case["inputs"])})
        for i, actual in enumerate(outputs):
            if found := problem(numpy.asarray(actual), read(data / f"output_{i}.pb"), read(data / f"bound_{i}.pb")):
                return f"fail: {found}"
    return "pass"


root, engine, part = pathlib.Path(sys.argv[1]), globals()[f"{sys.argv[2]}_engine"], "".join(sys.argv[3:])
results = {}
for case in json.loads((root / "manifest.json").read_text())["cases"]:
    if part in (name := case["name"]):
        try:
            results[name] = check(root / name, case, engine)
        except Exception as error:
            results[name] = f"error: {repr(error)[:200]}"
odd = {case: result for case, result in results.items() if result != "pass"}
print(*(f"{case}: {result}" for case, result in odd.items()), f"{len(results) - len(odd)} of {len(results)} pass", sep="\n")
sys.exit(1 if odd else 0)
