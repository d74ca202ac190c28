"""How far models lie from each other, in a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from pyannote_strf.analysis.filters.distances import Distances, bank, distances, plane_map, tree
from pyannote_strf.analysis.filters.reading import Reading
from pyannote_strf.analysis.pictures.models import plot_map, plot_matrix, plot_tree
from pyannote_strf.reports.figures import WIDTH


@dataclass(frozen=True)
class Comparison:
    """Distances between models.

    Attributes
    ----------
    names : list of str
    distances : Distances
    weighted : bool
        Whether filters count by their importance.
    """

    names: list[str]
    distances: Distances
    weighted: bool

    def summary(self) -> dict:
        """All of it, by name."""
        matrices = {
            key: values.round(6).tolist() for key, values in self.distances._asdict().items()
        }
        return {"models": self.names, "weighted by importance": self.weighted, **matrices}

    def note(self) -> str:
        """What filters count for."""
        return f"Each filter counts {'as much as it matters' if self.weighted else 'alike'}."

    def figure(self) -> Figure:
        """A matrix, a dendrogram and a map."""
        heights = 0.55 * len(self.names) + 2.2, max(0.5 * len(self.names) + 0.7, 4.2)
        figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
        top, bottom = figure.subfigures(2, 1, height_ratios=heights)
        plot_matrix(self.names, self.distances, top.subplots())
        left, right = bottom.subplots(1, 2)
        plot_tree(self.names, tree(self.distances.values), left)
        plot_map(self.names, plane_map(self.distances.values), right)
        return figure


def compare(readings: Sequence[Reading], weighted: bool = False) -> Comparison:
    """Compare models, two at least.

    Parameters
    ----------
    readings : sequence of Reading
    weighted : bool, optional
        Whether filters count by their importance, which must then have been measured. Defaults to
        False: all count alike.
    """
    weights = [reading.importance.weights if weighted else None for reading in readings]
    banks = [bank(reading.filters, weight) for reading, weight in zip(readings, weights)]
    return Comparison([reading.name for reading in readings], distances(banks), weighted)
