"""Runs the Python blocks of docs/coming-from.md (one per line of stdin, as JSON) and the models that they give, in ONNX Runtime."""
import json, sys, traceback
import numpy as np
import onnx, onnx.compose
import onnx_graphsurgeon as gs
import onnx_ir as ir
import onnxruntime as ort
from onnxscript import rewriter

net, head, out = sys.argv[1:4]


def given(info):
    """Numbers that are the same in JavaScript."""
    shape = [dim if isinstance(dim, int) else 2 for dim in info.shape]
    index = np.arange(int(np.prod(shape)))
    if "uint8" in info.type:
        return ((index * 37) % 256).astype(np.uint8).reshape(shape)
    return (np.sin(index * 0.7) * 2).astype(np.float32).reshape(shape)


def model_of(code):
    first = code.split("\n")[0]
    if first.startswith(("# onnx-ir", "# onnxscript")):
        return ir.load(net)
    return onnx.load(net) if first == "# onnx" else gs.import_onnx(onnx.load(net))


def proto_of(result):
    if isinstance(result, gs.Graph):
        return gs.export_onnx(result)
    return ir.to_proto(result) if isinstance(result, ir.Model) else result


def results_of(task):
    names = {"model": model_of(task["python"]), "head": onnx.load(head), "rewriter": rewriter}
    names.update(np=np, gs=gs, ir=ir, onnx=onnx)
    exec(task["python"], names)
    onnx.save(proto_of(names["result"]), out)
    session = ort.InferenceSession(out, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {one.name: given(one) for one in session.get_inputs()})
    return [{"shape": list(one.shape), "values": [float(x) for x in one.reshape(-1)[:16]]} for one in outputs]


for line in sys.stdin:
    task = json.loads(line)
    try:
        results = results_of(task)
    except Exception:
        print(task["title"], file=sys.stderr)
        traceback.print_exc(limit=-2)
        results = []
    print(json.dumps(results), flush=True)
