"""C of emx-onnx-cgen for every model of a folder: `python tools/conformance/peers/emx.py FOLDER`.

For each emx_N.onnx the C goes to emx_N.c (large weights to emx_N.bin), or the reason why there is none to emx_N.err.
emx_N.json holds the shapes of the inputs, which symbolic dimensions are bound to. Prints N when it is done with it.
Needs the package emx-onnx-cgen.
"""

import contextlib
import io
import json
import pathlib
import signal
import sys

import jinja2
import onnx
from emx_onnx_cgen import cli

SECONDS = 60


def keep_templates():
    """Every call of the command makes an environment and compiles the same templates again: 1 s a model."""
    original, known = jinja2.Environment.compile, {}

    def compiled(environment, source, name=None, filename=None, raw=False, defer_init=False):
        key = (source, name, filename, raw, defer_init)
        if key not in known:
            known[key] = original(environment, source, name, filename, raw, defer_init)
        return known[key]

    jinja2.Environment.compile = compiled


def expire(signum, frame):
    raise TimeoutError(f"no C in {SECONDS} s")


def dimensions(model, shapes):
    """`--input-dim` for each dimension of an input that the model leaves open."""
    known = {initializer.name for initializer in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in known]
    for value, shape in zip(inputs, shapes):
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            if not dim.HasField("dim_value"):
                yield from ("--input-dim", f"{value.name}:{axis}={shape[axis]}")


def generate(path):
    output = io.StringIO()
    model, shapes = onnx.load(path), json.loads(path.with_suffix(".json").read_text())
    options = ["--model-name", path.stem, *dimensions(model, shapes)]
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        code = cli.main(["compile", "--color", "never", *options, str(path), str(path.with_suffix(".c"))])
    if code:
        lines = [line for line in output.getvalue().splitlines() if "FAIL" in line or "rror" in line]
        raise RuntimeError(lines[-1].strip() if lines else f"exit code {code}")


keep_templates()
signal.signal(signal.SIGALRM, expire)
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    signal.alarm(SECONDS)
    try:
        generate(path)
    except (Exception, SystemExit) as error:
        path.with_suffix(".c").unlink(missing_ok=True)
        path.with_suffix(".err").write_text(f"{type(error).__name__}: {error}")
    signal.alarm(0)
    print(path.stem, flush=True)
