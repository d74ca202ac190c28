"""Limits of the bands of SincNet that can be exported.

asteroid-filterbanks 0.4 clamps frequencies between an integer and a float. torch 2.11 cannot export
this to ONNX.
"""

from __future__ import annotations

from asteroid_filterbanks import ParamSincFB
from torch import nn


def use_float_limits(model: nn.Module) -> None:
    """Make the lower limit of all filter banks of SincNet a float of the same value."""
    for module in model.modules():
        if isinstance(module, ParamSincFB):
            module.min_low_hz = float(module.min_low_hz)
