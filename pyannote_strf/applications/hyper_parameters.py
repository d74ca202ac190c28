"""Instantiation of pipelines with checked hyper-parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyannote.audio import Pipeline

from pyannote_strf.applications.types import BadParams
from pyannote_strf.checks import check_number
from pyannote_strf.messages import did_you_mean


def instantiate(pipeline: Pipeline, params: Mapping[str, Any]) -> Pipeline:
    """Instantiate a pipeline with hyper-parameters, after a check of their names and ranges.

    Raises
    ------
    BadParams
        If a hyper-parameter is missing, does not exist, or is outside its tuning range.
    """
    ranges = pipeline.parameters()
    for name in params:
        if name not in ranges:
            raise BadParams(
                f"hyper-parameter {name!r} does not exist, valid options: {', '.join(ranges)}"
                f"{did_you_mean(name, ranges)}"
            )
    for name, parameter in ranges.items():
        if name not in params:
            raise BadParams(f"hyper-parameter {name!r} is missing")
        try:
            check_number(name, params[name], parameter.low, parameter.high)
        except ValueError as error:
            raise BadParams(str(error)) from None
    return pipeline.instantiate(dict(params))
