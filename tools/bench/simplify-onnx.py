"""Simplifies an ONNX model: simplify-onnx.py onnxslim|onnxsim IN OUT"""

import sys

import onnx

peer, source, target = sys.argv[1:]
if peer == "onnxslim":
    import onnxslim

    onnxslim.slim(source, target)
else:
    import onnxsim

    model, same = onnxsim.simplify(onnx.load(source))
    if not same:
        sys.exit("onnxsim: the simplified model computes something else")
    onnx.save(model, target)
