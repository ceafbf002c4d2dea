from __future__ import annotations

import os
from pathlib import Path

import ghostc
import numpy as np
import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torch", action="store_true", help="also the tests that need PyTorch")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--torch"):
        return
    chosen = [item for item in items if "torch" not in item.keywords]
    config.hook.pytest_deselected(items=[item for item in items if "torch" in item.keywords])
    items[:] = chosen


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return Path(os.environ.get("GHOSTC_FIXTURES") or Path(__file__).parents[3] / "test-fixtures") / "models"


@pytest.fixture(scope="session")
def network(fixtures: Path) -> Path:
    """A GhostNet trained on Fashion-MNIST."""
    return fixtures / "ghost_fmnist" / "ghost_fmnist.onnx"


def pixels(path: Path) -> np.ndarray:
    images = np.fromfile(path, np.uint8).reshape(-1, 1, 28, 28)
    return ((images / 255 - 0.2860) / 0.3530).astype(np.float32)


@pytest.fixture(scope="session")
def images(network: Path) -> np.ndarray:
    return pixels(network.parent / "test_images_u8_2000x28x28.bin")


@pytest.fixture(scope="session")
def labels(network: Path) -> np.ndarray:
    return np.fromfile(network.parent / "test_labels_u8.bin", np.uint8)


@pytest.fixture(scope="session")
def logits(network: Path) -> np.ndarray:
    """Of PyTorch."""
    return np.fromfile(network.parent / "test_logits_f32_2000x10.bin", np.float32).reshape(-1, 10)


@pytest.fixture(scope="session")
def calibration(network: Path) -> np.ndarray:
    return pixels(network.parent / "calib_images_u8_200x28x28.bin")


@pytest.fixture(scope="session")
def net(network: Path) -> ghostc.Net:
    """It, compiled for this machine."""
    return ghostc.load(network)
