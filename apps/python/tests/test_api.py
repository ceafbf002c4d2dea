"""Everything that needs no PyTorch."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import ghostc
import numpy as np
import pytest


def test_a_trained_network_in_this_process(
    net: ghostc.Net, images: np.ndarray, labels: np.ndarray, logits: np.ndarray
) -> None:
    assert repr(net) == "<ghostc.Net ghost_fmnist: input: f32[1,1,28,28] -> output: f32[1,10]>"
    found = net(images[:300])
    np.testing.assert_allclose(found, logits[:300], rtol=1e-4, atol=1e-4)
    assert (found.argmax(1) == labels[:300]).mean() == (logits[:300].argmax(1) == labels[:300]).mean()
    np.testing.assert_array_equal(net(input=images[7:8].astype(np.float64)), found[7:8])

    results: dict[int, np.ndarray] = {}
    threads = [threading.Thread(target=lambda i=i: results.update({i: net(images[i : i + 1])})) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(np.concatenate([results[i] for i in range(8)]), found[:8])


def test_inputs_that_do_not_fit(net: ghostc.Net, images: np.ndarray) -> None:
    for args, words in [
        ((images[:1, :, :27],), r"expected input: f32\[1,1,28,28\], found \[1,1,27,28\]"),
        ((), "found 0 inputs"),
        ((images[:1], images[:1]), "found 2 inputs"),
        ((np.array("x"),), "array of numbers"),
        ((images[:1].astype(complex),), "array of numbers"),
    ]:
        with pytest.raises(ghostc.GhostcError, match=words):
            net(*args)


def test_int8_from_batches_for_a_microcontroller(
    network: Path, calibration: np.ndarray, images: np.ndarray, labels: np.ndarray, tmp_path: Path
) -> None:
    batches = [(calibration[i : i + 3], None) for i in (0, 3)]
    result = ghostc.compile(network, device="cortex-m4", calibration=batches, out=tmp_path / "build")
    assert result.quantized is not None and result.quantized.warnings == ()
    assert [path.name for path in result.files] == [f"ghost_fmnist{end}" for end in (".h", ".c", "_weights.c")]
    assert all(path.exists() for path in result.files)
    assert result.arena_bytes is not None and result.arena_bytes < 20_000
    assert result.weight_bytes is not None and result.weight_bytes < 140_000
    assert "bytes, no plan takes less" in repr(result) and "<table>" in result._repr_html_()

    found = ghostc.evaluate(network, against=[result], data=(images[:100], labels[:100]))
    accuracy = found.results[1]
    assert accuracy.top1.share > 0.85 and sum(accuracy.confusion.values()) == 100
    assert accuracy.paired is not None
    assert accuracy.paired.interval[0] <= accuracy.paired.difference <= accuracy.paired.interval[1]
    assert "against the first" in repr(found)


def test_verified_in_the_emulator(network: Path, images: np.ndarray) -> None:
    if not shutil.which("qemu-system-arm") and not os.environ.get("GHOSTC_REQUIRE_ALL"):
        pytest.skip("needs qemu-system-arm")
    found = ghostc.verify(network, images[:1], targets=["c@cortex-m4"])
    assert found and [one.status for one in found.targets] == ["pass"]
    assert found.reference.startswith("the interpreter") or found.reference.startswith("ONNX Runtime")


def test_given_outputs(network: Path, images: np.ndarray, logits: np.ndarray) -> None:
    few = ("interpreter", "onnx")
    good = ghostc.verify(network, images[:1], outputs=logits[:1], targets=few, rtol=1e-3, atol=1e-3)
    assert good and good.reference == "the given outputs"
    bad = ghostc.verify(network, images[:1], outputs=logits[:1] + 1, targets=few, rtol=1e-3, atol=1e-3)
    assert not bad and "NOT verified" in repr(bad) and bad.targets[0].message


def test_inspect_and_explain(network: Path) -> None:
    found = ghostc.inspect(network)
    assert found.inputs == {"input": "f32[1,1,28,28]"}
    assert found.after.ghost_modules > 0 and found.after.nodes < found.before.nodes
    assert "Ghost modules" in repr(found)
    rule = ghostc.explain(network, rule="raise-ghost-module")
    assert len(rule.fired) == found.after.ghost_modules


def test_models_as_bytes_specifications_and_protos(network: Path) -> None:
    content = network.read_bytes()

    class Proto:
        def SerializeToString(self) -> bytes:
            return content

    for model in (content, Proto()):
        assert ghostc.inspect(model).inputs == {"input": "f32[1,1,28,28]"}
    assert ghostc.inspect("ghostnet:0.5@32").inputs == {"input": "f32[1,3,32,32]"}
    with pytest.raises(ghostc.GhostcError, match=r"\[python/model\].*found dict"):
        ghostc.inspect({})


def test_symbolic_sizes(fixtures: Path) -> None:
    model = fixtures / "modules" / "ghost_module_seed_dyn" / "model.onnx"
    dimensions = ghostc.inspect(model).dimensions
    net = ghostc.load(model, bind={name: 1 if name == "batch" else 8 for name in dimensions})
    assert net(np.ones((1, *net.inputs[0].shape[1:]), np.float32)).shape == net.outputs[0].shape


def test_int8_inputs_take_floats(fixtures: Path, tmp_path: Path) -> None:
    module = fixtures / "modules" / "ghost_module_stride2" / "model.onnx"
    shape = ghostc.inspect(module).inputs["input"].removeprefix("f32[").removesuffix("]")
    x = np.random.default_rng(1).normal(size=[int(size) for size in shape.split(",")]).astype(np.float32)
    int8 = ghostc.quantize(
        module, calibration=[x], io="int8", out=tmp_path / "io.onnx", report=True, options=("--report-samples", "1")
    )
    assert int8.layers and "only this layer in int8" in repr(int8)
    net = ghostc.load(int8, flags=())
    info = net.inputs[0]
    assert info.dtype == "i8" and info.quantization is not None
    steps = np.rint(x / np.float32(info.quantization.scale[0])) + info.quantization.zero_point[0]
    np.testing.assert_array_equal(net(x), net(np.clip(steps, -128, 127).astype(np.int8)))
    assert net(x).dtype == np.int8


def test_errors_have_code_and_place(tmp_path: Path, network: Path) -> None:
    with pytest.raises(ghostc.GhostcError) as missing:
        ghostc.inspect(tmp_path / "none.onnx")
    assert missing.value.code == "file/missing" and missing.value.file == str(tmp_path / "none.onnx")
    text = tmp_path / "bad.gir"
    text.write_text("graph @g(%x: f32[1])\n  %y = relux %x\n  return %y\n")
    with pytest.raises(ghostc.GhostcError) as bad:
        ghostc.compile(text)
    assert bad.value.line == 2 and f"{text}:2" in str(bad.value)
    with pytest.raises(ghostc.GhostcError, match=r"\[cli/usage\].*--device"):
        ghostc.compile(network, device="cortex-m99")
    with pytest.raises(ghostc.GhostcError, match=r"\[backend-c/max-ram\]"):
        ghostc.compile(network, max_ram=1000)
    with pytest.raises(ghostc.GhostcError, match="found none"):
        ghostc.quantize(network, calibration=[])


def test_progress(network: Path, calibration: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ghostc.quantize(network, calibration=calibration[:1], out=tmp_path / "a.onnx", progress=True)
    assert "quantize: calibrating" in capsys.readouterr().err
    ghostc.quantize(network, calibration=calibration[:1], out=tmp_path / "a.onnx", progress=False)
    assert capsys.readouterr().err == ""
