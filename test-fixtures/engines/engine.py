import sys

import numpy, onnx, onnxruntime
from onnx import numpy_helper


def read():
    head = sys.stdin.buffer.readline()
    if not head:
        sys.exit()
    word, count = head.split()
    return word, [sys.stdin.buffer.read(int(sys.stdin.buffer.readline())) for _ in range(int(count))]


def write(word, *parts):
    sys.stdout.buffer.write(b"%s %d\n" % (word, len(parts)))
    for part in parts:
        sys.stdout.buffer.write(b"%d\n" % len(part) + part)
    sys.stdout.buffer.flush()


while True:
    word, parts = read()
    try:
        if word == b"load":
            session = onnxruntime.InferenceSession(parts[0])
            write(b"ok")
        else:
            tensors = [onnx.TensorProto.FromString(part) for part in parts]
            outputs = session.run(None, {t.name: numpy_helper.to_array(t) for t in tensors})
            write(b"ok", *(numpy_helper.from_array(numpy.asarray(y)).SerializeToString() for y in outputs))
    except Exception as error:
        write(b"refused" if "NOT_IMPLEMENTED" in str(error) else b"error", str(error).encode())
