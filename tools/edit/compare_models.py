"""Holds pairs of ONNX models (one per line of stdin, as JSON) against each other: onnx.checker, outputs in ONNX Runtime, the rest."""
import contextlib, glob, json, os, resource, sys, threading
import numpy as np
import onnx
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
import onnxruntime as ort

ort.set_default_logger_severity(4)
# what asks for more than 8 GiB cannot be run; it does not end this process
resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))
SECONDS = 60


class Lost(Exception):
    pass


def in_ort(path, inputs):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run(None, inputs)


def in_reference(path, inputs):
    """What ONNX Runtime has no kernel, or NumPy no type for."""
    return ReferenceEvaluator(path).run(None, inputs)


@contextlib.contextmanager
def limited(pair, status):
    """Says so and ends the process where a model runs for over SECONDS: no engine can be stopped otherwise."""

    def end():
        tell(pair, status, f"runs for over {SECONDS} s")
        os._exit(0)

    timer = threading.Timer(SECONDS, end)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def tell(pair, status, reason):
    print(json.dumps({"name": pair["name"], "status": status, "reason": reason}), flush=True)


def runs(engine, path, inputs):
    try:
        engine(path, inputs)
        return True
    except Exception:
        return False


def read_value(path, kind):
    data = open(path, "rb").read()
    which = kind.WhichOneof("value")
    if which == "sequence_type":
        proto = onnx.SequenceProto()
        proto.ParseFromString(data)
        return numpy_helper.to_list(proto)
    if which == "optional_type":
        proto = onnx.OptionalProto()
        proto.ParseFromString(data)
        return numpy_helper.to_optional(proto)
    proto = onnx.TensorProto()
    proto.ParseFromString(data)
    return numpy_helper.to_array(proto)


def random_input(info, rng, sizes, default=2):
    tensor = info.type.tensor_type
    shape = [
        d.dim_value if d.HasField("dim_value") and d.dim_value >= 0 else sizes.setdefault(d.dim_param or i, default)
        for i, d in enumerate(tensor.shape.dim)
    ]
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    if np.issubdtype(dtype, np.floating):
        return rng.standard_normal(shape).astype(dtype)
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(dtype)
    return rng.integers(0, 100, shape).astype(dtype)


def inputs_of(model, data):
    given = {one.name for one in model.graph.initializer}
    wanted = [one for one in model.graph.input if one.name not in given or data]
    rng, sizes = np.random.default_rng(1), {}
    files = sorted(glob.glob(data + "/input_*.pb"), key=lambda f: int(f.split("_")[-1][:-3])) if data else []
    if data:
        return [read_value(file, info.type) for file, info in zip(files, wanted)]
    return [random_input(info, rng, sizes) for info in wanted]


def names(values):
    return [one.name for one in values]


def check_kept(before, after, least=None):
    """Names of inputs and outputs in order, types, opset, metadata, producer, doc strings."""
    given = {one.name for one in before.graph.initializer}
    was = [one.name for one in before.graph.input if one.name not in given]
    expect("inputs", was, names(after.graph.input))
    expect("outputs", names(before.graph.output), names(after.graph.output))
    for old, new in zip(before.graph.output, after.graph.output):
        if old.type.HasField("tensor_type"):
            expect(f"type of {old.name}", old.type.tensor_type.elem_type, new.type.tensor_type.elem_type)
    opset = lambda model: {o.domain: o.version for o in model.opset_import if o.domain in ("", "ai.onnx")}.get("", None)
    if least is None:
        expect("opset", opset(before), opset(after))
    elif opset(after) < least:
        raise Lost(f"opset: {opset(after)}, expected {least} or more")
    meta = lambda model: sorted((p.key, p.value) for p in model.metadata_props)
    expect("metadata", meta(before), meta(after))
    for field in ("producer_name", "producer_version", "domain", "model_version", "doc_string"):
        expect(field, getattr(before, field), getattr(after, field))
    expect("doc string of the graph", before.graph.doc_string, after.graph.doc_string)
    now = notes(after)
    for name, note in notes(before).items():
        if name in now:
            expect(f"notes of {name}", note, now[name])


def notes(model):
    """Doc strings and metadata of values, wherever they stand."""
    graph = model.graph
    notes = {}
    for one in [*graph.value_info, *graph.initializer, *graph.output, *graph.input]:
        doc, metadata = notes.get(one.name, ("", set()))
        notes[one.name] = one.doc_string or doc, metadata | {(p.key, p.value) for p in one.metadata_props}
    return notes


def expect(what, before, after):
    if before != after:
        raise Lost(f"{what}: {before} became {after}")


def same(a, b):
    if a is None or b is None:
        return a is b
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind in "fcV":  # small floats are V
        close = 2e-2 if a.dtype.kind == "V" else 1e-5 if a.dtype.itemsize > 2 else 2e-3
        return bool(np.allclose(a.astype(np.float64), b.astype(np.float64), rtol=close, atol=close / 10, equal_nan=True))
    return bool((a == b).all())


def judge(pair):
    before, after = onnx.load(pair["from"]), onnx.load(pair["to"])
    try:
        onnx.checker.check_model(before, full_check=True)
        valid = True
    except Exception:
        valid = False
    if valid:
        try:
            onnx.checker.check_model(after, full_check=True)
        except Exception as error:
            return "invalid", str(error)[:300]
    given = {one.name for one in before.graph.initializer}
    feeds = [one.name for one in before.graph.input if one.name not in given or pair["data"]]
    inputs = dict(zip(feeds, inputs_of(before, pair["data"])))
    try:
        with limited(pair, "unrunnable"):
            run = in_ort if runs(in_ort, pair["from"], inputs) else in_reference
            wanted = run(pair["from"], inputs)
    except Exception as error:
        check_kept(before, after, pair.get("opset"))
        if not pair.get("opset"):
            nodes = lambda model: [node.SerializeToString(deterministic=True) for node in model.graph.node]
            expect("nodes", nodes(before), nodes(after))
        return "unrunnable", str(error)[:160]
    try:
        with limited(pair, "differs"):
            found = run(pair["to"], inputs)
    except Exception as error:
        return "differs", f"{run.__name__}: {error}"[:300]
    random = any(node.op_type.startswith(("Random", "Bernoulli", "Multinomial", "Dropout")) for node in before.graph.node)
    for info, a, b in zip(before.graph.output, wanted, found):
        if not same(a, b) and not random:
            return "differs", f"output {info.name}"
    check_kept(before, after, pair.get("opset"))
    return "same", ""


def sample_axis(one, three):
    """The axis that three samples have three times; the first if there is none."""
    longer = [axis for axis, size in enumerate(np.shape(one)) if np.shape(three)[axis:axis + 1] == (3 * size,)]
    return longer[0] if longer else 0


def judge_batch(pair):
    """Three samples at once in the second model, and one after the other in the first."""
    model = onnx.load(pair["from"])
    given = {one.name for one in model.graph.initializer}
    wanted = [one for one in model.graph.input if one.name not in given]
    rng, sizes = np.random.default_rng(3), {}
    singles = [{info.name: random_input(info, rng, sizes, 1) for info in wanted} for _ in range(3)]
    # an input without the batch is the same for all
    size = next(iter(singles[0].values())).shape[0]
    held = {name for name, value in singles[0].items() if value.shape[:1] == (size,)}
    for one in singles[1:]:
        one.update({name: value for name, value in singles[0].items() if name not in held})
    together = {
        name: np.concatenate([one[name] for one in singles]) if name in held else singles[0][name] for name in singles[0]
    }
    try:
        alone = [in_ort(pair["from"], one) for one in singles]
    except Exception as error:
        return "unrunnable", str(error)[:160]
    found = in_ort(pair["to"], together)
    for index, info in enumerate(model.graph.output):
        parts = [one[index] for one in alone]
        joined = np.concatenate(parts, sample_axis(parts[0], found[index])) if np.ndim(parts[0]) else np.stack(parts)
        most = float(np.abs(joined).max()) if joined.size and joined.dtype.kind == "f" else 0
        if joined.shape != found[index].shape:
            return "differs", f"output {info.name} is {found[index].shape}, expected {joined.shape}"
        if joined.dtype.kind == "f" and not np.allclose(joined, found[index], rtol=1e-4, atol=2e-5 * most, equal_nan=True):
            return "differs", f"output {info.name} by {np.abs(joined - found[index]).max()} of {most}"
        if joined.dtype.kind != "f" and not (joined == found[index]).all():
            return "differs", f"output {info.name}"
    return "same", ""


for line in sys.stdin.readlines():
    pair = json.loads(line)
    try:
        status, reason = judge_batch(pair) if pair.get("batch") else judge(pair)
    except Lost as error:
        status, reason = "lost", str(error)
    except Exception as error:
        status, reason = "crash", f"{type(error).__name__}: {error}"[:300]
    tell(pair, status, reason)
