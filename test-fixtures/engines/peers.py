"""Other engines behind the protocol of docs/engines.md: python3 peers.py onnxruntime|openvino|reference|mnn|ncnn|emx

Packages: onnx, ml_dtypes, and onnxruntime, openvino, MNN, emx-onnx-cgen (and gcc), or ncnn and pnnx."""

import ctypes, os, subprocess, sys, tempfile

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


def converted(model, command, result):
    """The folder into which a program converted the model, and its name there."""
    folder = tempfile.TemporaryDirectory()
    onnx.save(model, os.path.join(folder.name, "model.onnx"))
    done = subprocess.run(command, cwd=folder.name, capture_output=True, text=True)
    if done.returncode or not os.path.exists(os.path.join(folder.name, result)):
        raise NotImplementedError("does not convert: " + (done.stderr or done.stdout)[-300:])
    return folder


def tool(name):
    return os.path.join(os.path.dirname(sys.executable), name)


def mnn(model):
    import MNN.nn as nn, MNN.expr as expr
    folder = converted(model, [tool("mnnconvert"), "-f", "ONNX", "--modelFile", "model.onnx", "--MNNModel", "model.mnn",
                               "--bizCode", "x"], "model.mnn")
    names = [[value.name for value in values] for values in (model.graph.input, model.graph.output)]
    module = nn.load_module_from_file(os.path.join(folder.name, "model.mnn"), *names, shape_mutable=False)

    def run(inputs):
        given = [expr.const(inputs[n].ravel().tolist(), list(inputs[n].shape), expr.NCHW,
                            {"float32": expr.float, "int32": expr.int}[str(inputs[n].dtype)]) for n in names[0]]
        return [numpy.array(expr.convert(y, expr.NCHW).read()) for y in module.onForward(given)]
    return run


def ncnn(model):
    import ncnn as engine
    shapes = ",".join("[%s]%s" % (",".join(str(d.dim_value) for d in v.type.tensor_type.shape.dim),
                                  {1: "f32", 6: "i32", 7: "i64", 9: "bool", 3: "i8", 2: "u8", 10: "f16"}[v.type.tensor_type.elem_type])
                      for v in model.graph.input)
    folder = converted(model, [tool("pnnx"), "model.onnx", "inputshape=" + shapes, "fp16=0"], "model.ncnn.param")
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
        shapes = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in model.graph.output]
        return [numpy.array(mat).reshape(shape) for (_, mat), shape in zip(found, shapes)]
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
    types = [(onnx.helper.tensor_dtype_to_np_dtype(v.type.tensor_type.elem_type),
              [d.dim_value for d in v.type.tensor_type.shape.dim]) for v in model.graph.output]

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
