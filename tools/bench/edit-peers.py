"""Loads, saves and rewrites one model with onnx-ir and onnxscript; prints milliseconds as JSON: edit-peers.py MODEL OUT."""
import json, sys, time
import onnx_ir as ir
import onnxscript
from onnxscript.rewriter import RewriteRule, rewrite

model_path, out = sys.argv[1:3]


def timed(run):
    start = time.perf_counter()
    result = run()
    return result, (time.perf_counter() - start) * 1000


def pattern(op, x):
    return op.Neg(op.Relu(x))


def replacement(op, x):
    return op.Abs(x)


model, load = timed(lambda: ir.load(model_path))
_, save = timed(lambda: ir.save(model, out))
rewritten, rewrites = timed(lambda: rewrite(model, [RewriteRule(pattern, replacement)]))
versions = f"onnx-ir {ir.__version__}, onnxscript {onnxscript.__version__}"
nodes = sum(1 for _ in rewritten.graph)
print(json.dumps({"load": load, "save": save, "rewrites": rewrites, "nodes": nodes, "versions": versions}))
