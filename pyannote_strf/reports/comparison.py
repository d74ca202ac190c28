"""Comparison of models in a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from pyannote_strf.analysis.filters.distances import (
    Distances,
    bank,
    classical_scaling,
    distances,
    tree,
)
from pyannote_strf.analysis.filters.filter_analysis import FilterAnalysis
from pyannote_strf.analysis.pictures.models import plot_map, plot_matrix, plot_tree
from pyannote_strf.reports.figures import WIDTH


@dataclass(frozen=True)
class Comparison:
    """Distances between models.

    Attributes
    ----------
    names : list of str
        Names of models.
    distances : Distances
    weighted : bool
        Whether filters are weighted by their importance.
    """

    names: list[str]
    distances: Distances
    weighted: bool

    def summary(self) -> dict[str, Any]:
        """Return all values by name, for JSON."""
        matrices = {
            key: values.round(6).tolist() for key, values in self.distances._asdict().items()
        }
        return {"models": self.names, "weighted by importance": self.weighted, **matrices}

    def note(self) -> str:
        """Return a sentence on the weights of filters."""
        weights = "weighted by their importance" if self.weighted else "equally weighted"
        return f"Filters are {weights}."

    def figure(self) -> Figure:
        """Draw a matrix, a dendrogram and a map."""
        heights = 0.55 * len(self.names) + 2.2, max(0.5 * len(self.names) + 0.7, 4.2)
        figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
        top, bottom = figure.subfigures(2, 1, squeeze=False, height_ratios=heights).flat
        plot_matrix(self.names, self.distances, top.subplots())
        left, right = bottom.subplots(1, 2)
        plot_tree(self.names, tree(self.distances.values), left)
        plot_map(self.names, classical_scaling(self.distances.values), right)
        return figure


def compare(analyses: Sequence[FilterAnalysis], weighted: bool = False) -> Comparison:
    """Compare models.

    Parameters
    ----------
    analyses : sequence of FilterAnalysis
        At least two.
    weighted : bool, optional
        Whether to weight filters by their importance, where it was measured. Defaults to False.
    """
    banks = []
    for analysis in analyses:
        importance = analysis.importance if weighted else None
        banks.append(bank(analysis.filters, None if importance is None else importance.weights))
    return Comparison([analysis.name for analysis in analyses], distances(banks), weighted)
