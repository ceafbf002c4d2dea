"""What needs PyTorch: `npm run test:python -- --torch`."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import ghostc
import numpy as np
import pytest

pytestmark = pytest.mark.torch


def ghost_module():  # type: ignore[no-untyped-def]
    import torch
    from torch import nn

    class GhostModule(nn.Module):
        def __init__(self, inputs: int, outputs: int) -> None:
            super().__init__()
            self.primary = nn.Sequential(nn.Conv2d(inputs, outputs // 2, 1), nn.BatchNorm2d(outputs // 2), nn.ReLU())
            self.cheap = nn.Conv2d(outputs // 2, outputs // 2, 3, padding=1, groups=outputs // 2)

        def forward(self, picture):  # type: ignore[no-untyped-def]
            primary = self.primary(picture)
            return torch.cat([primary, self.cheap(primary)], 1)

    return GhostModule(3, 64), torch.randn(1, 3, 32, 32)


def test_a_module_to_verified_c_for_a_board(tmp_path: Path) -> None:
    module, x = ghost_module()
    module.train()
    result = ghostc.compile(module, x, device="cortex-m4", out=tmp_path / "build")
    assert module.training and module.primary.training
    assert result.name == "ghostmodule" and [one.name for one in result.inputs] == ["picture"]
    proof = ghostc.verify(module, x, targets=["c", "c@cortex-m4"])
    assert proof and proof.reference == "PyTorch"
    module.eval()
    np.testing.assert_allclose(ghostc.load(module, x)(x), module(x).detach().numpy(), rtol=1e-4, atol=1e-5)


def test_a_difference_from_pytorch_is_found() -> None:
    module, x = ghost_module()
    wrong = module.eval()(x).detach() * 1.001
    assert not ghostc.verify(module, x, outputs=wrong)


def test_several_inputs_and_outputs() -> None:
    import torch

    class Two(torch.nn.Module):
        def forward(self, left, right):  # type: ignore[no-untyped-def]
            return {"sum": left + right, "parts": (left * right, left - right)}

    args = (torch.randn(1, 4), torch.randn(1, 4))
    net = ghostc.load(Two(), args)
    total, product, difference = net(*args)
    np.testing.assert_array_equal(total, (args[0] + args[1]).numpy())
    np.testing.assert_array_equal(net(args[0], right=args[1])[2], difference)
    assert ghostc.verify(Two(), args)


def test_what_is_missing_is_said() -> None:
    module, x = ghost_module()
    with pytest.raises(ghostc.GhostcError, match=r"\[python/args\]"):
        ghostc.compile(module)


def test_inputs_by_name_and_what_a_module_does_not_take() -> None:
    import torch

    class Two(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(4, 3)

        def forward(self, left, right):  # type: ignore[no-untyped-def]
            return self.linear(left) - right

    args = {"right": torch.randn(1, 3), "left": torch.randn(1, 4)}
    assert ghostc.verify(Two(), args)
    assert ghostc.verify(torch.export.export(Two(), (args["left"],), {"right": args["right"]}))
    batches = [(torch.randn(4, 4), torch.randn(4, 3), torch.zeros(4)) for _ in range(2)]
    assert ghostc.verify(ghostc.quantize(Two(), args, calibration=batches))
    for wrong in ({"left": args["left"]}, args["left"], (args["left"], args["right"].double().numpy().astype(str))):
        with pytest.raises(ghostc.GhostcError, match=r"\[python/args\]"):
            ghostc.verify(Two(), wrong)
    assert ghostc.verify(Two(), tuple(args[name].double().numpy() for name in ("left", "right")))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_modules_of_short_floats(dtype: str) -> None:
    import torch

    module, x = ghost_module()
    module, x = module.to(getattr(torch, dtype)), x.to(getattr(torch, dtype))
    assert ghostc.verify(module, x)
    assert ghostc.verify(ghostc.quantize(module, x, calibration=[x, x + 1]))
    with pytest.raises(ghostc.GhostcError, match=r"\[python/args\] GhostModule does not run on \(torch.float32"):
        ghostc.verify(module, x.float())


def test_an_exported_program() -> None:
    import torch

    module, x = ghost_module()
    program = torch.export.export(module.eval(), (x,))
    assert ghostc.verify(program)
    symbolic = torch.export.export(module, (torch.randn(2, 3, 32, 32),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    assert ghostc.verify(symbolic)
    with pytest.raises(ghostc.GhostcError, match=r"\[compile/symbolic\][^$]*bind={") as found:
        ghostc.load(symbolic)
    name = re.search(r"\[(\w+),3", found.value.message)
    assert name and ghostc.load(symbolic, bind={name[1]: 1})(x).shape == (1, 64, 32, 32)


@pytest.mark.parametrize("document", ["apps/python/README.md", "docs/python.md", "docs/quantization.md"])
def test_the_blocks_of_a_document(document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    module, x = ghost_module()
    names = {"MyGhostNet": lambda: module, "model": module, "x": x, "batch": torch.randn(2, 3, 32, 32)}
    size = 96 if document.startswith("apps") else 32
    names |= {"loader": torch.randn(2, 1, 3, size, size), "train": lambda network: network(x)}
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[3] / document).read_text()
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, names)


def test_the_tutorial() -> None:
    runpy.run_path(str(Path(__file__).parents[1] / "tutorial" / "ghostnet_to_cortex_m4.py"))
