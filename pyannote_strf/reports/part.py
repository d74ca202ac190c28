"""Parts of the report on one model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Part:
    """What a report says about one part of a front-end.

    Attributes
    ----------
    findings : list of str
        Sentences.
    over : str
        What quartiles are taken over, e.g. "64 filters".
    quartiles : dict of str to dict of str to float
        Quartiles of each property.
    summary : dict
        Entries of the model in `summary.json`.
    tables : dict of str to list of dict
        Rows of tables, by file name without suffix.
    arrays : dict of str to dict of str to array
        Arrays of NPZ files, by file name without suffix.
    figures : dict of str to Figure
        Pictures, by file name without suffix.
    """

    findings: list[str] = field(default_factory=list)
    over: str = ""
    quartiles: dict[str, dict[str, float]] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    arrays: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelReport:
    """Report on one model, in parts."""

    name: str
    parts: list[Part]

    @property
    def findings(self) -> list[str]:
        """Sentences of all parts."""
        return [line for part in self.parts for line in part.findings]

    @property
    def quartiles(self) -> dict[str, dict[str, float]]:
        """Quartiles of the properties of all parts."""
        return {name: row for part in self.parts for name, row in part.quartiles.items()}

    @property
    def summary(self) -> dict[str, Any]:
        """Entries of all parts in `summary.json`."""
        return {name: value for part in self.parts for name, value in part.summary.items()}


def as_text(value: float) -> str:
    """Return a number with three digits, or all of an integer part that is longer.

    >>> as_text(0.12345), as_text(1234.5)
    ('0.123', '1234')
    """
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def quartiles_of(values: np.ndarray) -> dict[str, float]:
    """Return the quartiles of values that are not NaN.

    >>> quartiles_of(np.array([1.0, 2.0, 3.0, np.nan]))
    {'lower quartile': 1.5, 'median': 2.0, 'upper quartile': 2.5}
    """
    names = ("lower quartile", "median", "upper quartile")
    return {n: round(float(v), 6) for n, v in zip(names, np.nanpercentile(values, (25, 50, 75)))}
