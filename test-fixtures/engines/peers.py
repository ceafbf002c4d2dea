"""Other engines that speak the protocol of docs/engines.md: python3 peers.py onnxruntime|openvino|reference|mnn|ncnn|emx

Packages: onnx, ml_dtypes, and onnxruntime, openvino, MNN, emx-onnx-cgen (and gcc), or ncnn and pnnx."""

import ctypes, importlib.util, os, subprocess, sys, tempfile

import ml_dtypes, numpy, onnx
from onnx import numpy_helper

# What engines say of operators and types that they lack.
REFUSALS = ("NotImplemented", "NOT_IMPLEMENTED", "not implemented", "not supported", "unsupported", "No implementation",
            "OpConversionFailure", "UnsupportedOp", "No corresponding Numpy type", "converted to MLDataType")
OUT = os.dup(1)
os.dup2(2, 1)  # what engines print is no message


def onnxruntime(model):
    import onnxruntime as engine
    session = engine.InferenceSession(model.SerializeToString())
    return lambda inputs: session.run(None, inputs)


def openvino(model):
    import openvino as engine
    core = engine.Core()
    compiled = core.compile_model(core.read_model(model.SerializeToString()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    names = [value.name for value in model.graph.input]
    halves = [value.element_type == engine.Type.bf16 for value in compiled.outputs]

    def run(inputs):
        outputs = compiled([inputs[name] for name in names]).values()
        # bfloat16 comes as the bits of numpy's float16.
        return [y.view(ml_dtypes.bfloat16) if half else y for y, half in zip(outputs, halves)]
    return run


def reference(model):
    from onnx.reference import ReferenceEvaluator
    return lambda inputs: ReferenceEvaluator(model).run(None, inputs)


def converted(model, convert, result):
    """The folder into which a converter, in a process of its own, brought the model."""
    folder = tempfile.TemporaryDirectory()
    onnx.save(model, os.path.join(folder.name, "model.onnx"))
    log = os.path.join(folder.name, "log")
    child = os.fork()
    if child == 0:
        os.chdir(folder.name)
        for output in (1, 2):
            os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), output)
        try:
            convert()
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    if not os.path.exists(os.path.join(folder.name, result)):
        with open(log, errors="replace") as said:
            raise NotImplementedError("does not convert: " + said.read()[-300:])
    return folder


def sizes(value):
    return [d.dim_value for d in value.type.tensor_type.shape.dim]


def only(engine, model, types, rank):
    """Refuses inputs and outputs of other types and ranks than the engine's Python package takes."""
    for value in [*model.graph.input, *model.graph.output]:
        dtype = str(onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type))
        if dtype not in types:
            raise NotImplementedError(f"{engine} takes {' and '.join(types)}, {value.name} is {dtype}")
        if len(sizes(value)) > rank:
            raise NotImplementedError(f"{engine} takes ranks up to {rank}")


def mnn(model):
    only("MNN", model, ("float32", "int32"), 6)
    import _tools, MNN.nn as nn, MNN.expr as expr
    words = ["mnnconvert", "-f", "ONNX", "--modelFile", "model.onnx", "--MNNModel", "model.mnn", "--bizCode", "x"]
    folder = converted(model, lambda: _tools.mnnconvert(words), "model.mnn")
    names = [[value.name for value in values] for values in (model.graph.input, model.graph.output)]
    module = nn.load_module_from_file(os.path.join(folder.name, "model.mnn"), *names, shape_mutable=False)

    def run(inputs):
        given = [expr.const(inputs[n].ravel().tolist(), list(inputs[n].shape), expr.NCHW,
                            {"float32": expr.float, "int32": expr.int}[str(inputs[n].dtype)]) for n in names[0]]
        return [numpy.array(expr.convert(y, expr.NCHW).read()) for y in module.onForward(given)]
    return run


def ncnn(model):
    only("ncnn", model, ("float32",), 4)
    if any(len(sizes(v)) > 2 and sizes(v)[0] > 1 for v in [*model.graph.input, *model.graph.output]):
        raise NotImplementedError("ncnn has no batch")
    import ncnn as engine
    shapes = ",".join("[%s]f32" % ",".join(map(str, sizes(v))) for v in model.graph.input)
    # The command of the package imports torch first, for seconds.
    program = os.path.join(importlib.util.find_spec("pnnx").submodule_search_locations[0], "pnnx")
    words = [program, "model.onnx", "inputshape=" + shapes, "fp16=0"]
    folder = converted(model, lambda: os.execv(program, words), "model.ncnn.param")
    net = engine.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
    if net.load_param(os.path.join(folder.name, "model.ncnn.param")) or net.load_model(os.path.join(folder.name, "model.ncnn.bin")):
        raise NotImplementedError("has a layer that ncnn lacks")

    def run(inputs):
        with net.create_extractor() as extractor:
            for i, value in enumerate(model.graph.input):
                x = inputs[value.name]
                # The batch is no axis of ncnn; a tensor without it has as many axes as it has left.
                extractor.input(f"in{i}", engine.Mat(numpy.ascontiguousarray(x[0] if x.ndim > 1 and len(x) == 1 else x)).clone())
            found = [extractor.extract(f"out{i}") for i in range(len(model.graph.output))]
            if any(status for status, _ in found):
                raise NotImplementedError("ncnn gives no output")
            return [numpy.array(mat).reshape(sizes(v)) for (_, mat), v in zip(found, model.graph.output)]
    return run


def emx(model):
    from emx_onnx_cgen.compiler import Compiler, CompilerOptions
    source = Compiler(CompilerOptions(model_name="entry", large_weight_threshold=1 << 40)).compile(model)
    folder = tempfile.TemporaryDirectory()
    program, library = (os.path.join(folder.name, name) for name in ("model.c", "model.so"))
    with open(program, "w") as file:
        file.write(source)
    subprocess.run(["gcc", "-O1", "-w", "-shared", "-fPIC", program, "-o", library, "-lm"], check=True)
    entry = ctypes.CDLL(library).entry
    types = [(onnx.helper.tensor_dtype_to_np_dtype(v.type.tensor_type.elem_type), sizes(v)) for v in model.graph.output]

    def run(inputs):
        given = [numpy.ascontiguousarray(inputs[value.name]) for value in model.graph.input]
        outputs = [numpy.zeros(shape, dtype) for dtype, shape in types]
        entry(*(ctypes.c_void_p(x.ctypes.data) for x in given + outputs))
        return outputs
    return run


def read():
    head = sys.stdin.buffer.readline()
    if not head:
        os._exit(0)
    word, count = head.split()
    return word, [sys.stdin.buffer.read(int(sys.stdin.buffer.readline())) for _ in range(int(count))]


def write(word, *parts):
    message = b"%s %d\n" % (word, len(parts)) + b"".join(b"%d\n" % len(part) + part for part in parts)
    while message:
        message = message[os.write(OUT, message):]


while True:
    word, parts = read()
    try:
        if word == b"load":
            model = onnx.ModelProto.FromString(parts[0])
            run = globals()[sys.argv[1]](model)
            write(b"ok")
        else:
            tensors = [onnx.TensorProto.FromString(part) for part in parts]
            outputs = run({t.name: numpy_helper.to_array(t) for t in tensors})
            write(b"ok", *(numpy_helper.from_array(numpy.asarray(y)).SerializeToString() for y in outputs))
    except Exception as error:
        words = f"{type(error).__name__}: {error}"
        refused = any(said in words for said in REFUSALS)
        write(b"refused" if refused else b"error", words[-600:].encode())
