"""
ghostc: from PyTorch or ONNX to verified C, WGSL and optimised ONNX.

    import ghostc

    result = ghostc.compile(model, x, device="cortex-m4", calibration=loader, out="build")
    assert ghostc.verify(result)
"""

from ._api import compile, evaluate, explain, fit, inspect, load, profile, quantize, verify
from ._data import Preprocessing
from ._errors import GhostcError
from ._evaluation import Accuracy, EvaluateResult, PairedDifference, Share
from ._net import Net
from ._results import (
    CompileResult,
    Declined,
    ExplainResult,
    FitResult,
    FitVariant,
    GraphSummary,
    InspectResult,
    LayerProfile,
    LayerSensitivity,
    QuantizeStep,
    ProfileResult,
    Quantization,
    QuantizeResult,
    TargetResult,
    TensorInfo,
    VerifyResult,
)

__all__ = [
    "Accuracy",
    "CompileResult",
    "Declined",
    "EvaluateResult",
    "ExplainResult",
    "FitResult",
    "FitVariant",
    "GhostcError",
    "GraphSummary",
    "InspectResult",
    "LayerProfile",
    "LayerSensitivity",
    "QuantizeStep",
    "Net",
    "PairedDifference",
    "Preprocessing",
    "ProfileResult",
    "Quantization",
    "QuantizeResult",
    "Share",
    "TargetResult",
    "TensorInfo",
    "VerifyResult",
    "compile",
    "evaluate",
    "explain",
    "fit",
    "inspect",
    "load",
    "profile",
    "quantize",
    "verify",
]
