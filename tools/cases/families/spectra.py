"""
Discrete Fourier transforms: short ones over frames, whole ones along any axis, and their windows. The outputs are NumPy's in
float64: the fast transforms of ONNX Runtime leave 1e-7 where bins are 0.
"""

import numpy as np
from build import model, node, seeded, value
from case import Case

I64 = np.int64


WGSL_HAS_NO_F64 = {"wgsl": "f64"}


def one(name, operation, x, y, constants=None, opset=17) -> Case:
    dtype = {np.dtype(np.float32): "f32", np.dtype(np.float64): "f64"}[x.dtype]
    parts = model([operation], [value("x", x.shape, dtype)], [value("y", None, dtype)], constants, opset)
    refused = WGSL_HAS_NO_F64 if dtype == "f64" else None
    return Case(name, parts, {"x": x}, outputs=[y.astype(x.dtype)], refused=refused)


def parts(z):
    both = np.stack([z.real, z.imag], -1)
    return np.where(np.abs(both) < 1e-14, 0, both)


def samples(x):
    """[..,1] or [..,2] as complex numbers."""
    return x[..., 0].astype(np.float64) + (1j * x[..., 1] if x.shape[-1] == 2 else 0)


def frames(x, step, window, bins):
    length = len(window)
    starts = range(0, x.shape[1] - length + 1, step)
    z = samples(x if x.ndim == 3 else x[:, :, None])
    return parts(np.stack([np.fft.fft(z[:, s : s + length] * window.astype(np.float64))[:, :bins] for s in starts], 1))


def transformed(x, axis, length=None, bins=None, inverse=False):
    axis %= x.ndim
    z = (np.fft.ifft if inverse else np.fft.fft)(samples(x), length, axis)
    return parts(np.take(z, np.arange(bins or z.shape[axis]), axis))


def short():
    x, z = seeded(1, 2, 50), seeded(2, 1, 30, 2)
    window = np.hanning(13).astype(np.float32)
    step = {"s": np.array(7, I64)}
    yield one("stft-window", node("STFT", "x s w", "y"), x, frames(x, 7, window, 7), step | {"w": window})
    yield one("stft-two-sided", node("STFT", "x s w", "y", onesided=0), x, frames(x, 7, window, 13), step | {"w": window})
    even = step | {"l": np.array(16, I64)}
    yield one("stft-frame-length", node("STFT", ["x", "s", "", "l"], "y"), x, frames(x, 7, np.ones(16), 9), even)
    both = step | {"w": window, "l": np.array(13, I64)}
    yield one("stft-last-axis", node("STFT", "x s w l", "y"), x[:, :, None], frames(x, 7, window, 7), both)
    yield one("stft-complex", node("STFT", "x s w", "y", onesided=0), z, frames(z, 7, window, 13), step | {"w": window})
    all_of_it = step | {"l": np.array(50, I64)}
    yield one("stft-one-frame", node("STFT", ["x", "s", "", "l"], "y"), x[:1], frames(x[:1], 7, np.ones(50), 26), all_of_it)


def whole():
    x, z = seeded(3, 2, 9, 4, 1), seeded(4, 2, 9, 4, 2)
    for axis in (0, 1, 2, -2, -3):
        yield one(f"dft-17-axis-{axis}", node("DFT", "x", "y", axis=axis), x, transformed(x, axis))
        yield one(f"dft-20-axis-{axis}", node("DFT", ["x", "", "a"], "y"), z, transformed(z, axis), {"a": np.array(axis, I64)}, 20)
    yield one("dft-default-axis-20", node("DFT", "x", "y"), x, transformed(x, 2), opset=20)
    yield one("dft-onesided", node("DFT", "x", "y", onesided=1), x, transformed(x, 1, bins=5))
    yield one("dft-inverse", node("DFT", "x", "y", inverse=1), z, transformed(z, 1, inverse=True))
    yield one("dft-shorter", node("DFT", "x n", "y"), z, transformed(z, 1, 5), {"n": np.array(5, I64)})
    yield one("dft-longer", node("DFT", "x n", "y", onesided=1), x, transformed(x, 1, 16, 9), {"n": np.array(16, I64)})
    longer = {"n": np.array(12, I64)}
    yield one("dft-inverse-longer", node("DFT", "x n", "y", inverse=1), z, transformed(z, 1, 12, inverse=True), longer)
    wide = x.astype(np.float64)
    yield one("dft-f64", node("DFT", "x", "y"), wide, transformed(wide, 1))


def windows():
    from onnx import TensorProto

    x = seeded(5, 1, 12)
    for kind, (a, b, c) in {"Hann": (0.5, 0.5, 0), "Hamming": (25 / 46, 21 / 46, 0), "Blackman": (0.42, 0.5, 0.08)}.items():
        for periodic in (0, 1):
            turn = 2 * np.pi * np.arange(12) / (11 + periodic)
            window = (a - b * np.cos(turn) + c * np.cos(2 * turn)).astype(np.float32)
            nodes = [node(f"{kind}Window", "n", "w", periodic=periodic), node("Mul", "x w", "y")]
            yield Case(f"{kind.lower()}-{periodic}", model(nodes, [value("x", x.shape)], [value("y", None)], {"n": np.array(12, I64)}, 17), {"x": x}, outputs=[x * window])
    nodes = [node("HannWindow", "n", "w", output_datatype=TensorProto.DOUBLE), node("Cast", "w", "v", to=1), node("STFT", "x s v", "y")]
    sizes = {"n": np.array(5, I64), "s": np.array(2, I64)}
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(5) / 5)
    y = frames(x, 2, hann, 3).astype(np.float32)
    yield Case("hann-stft", model(nodes, [value("x", x.shape)], [value("y", None)], sizes, 17), {"x": x}, outputs=[y])


def cases():
    yield from short()
    yield from whole()
    yield from windows()
