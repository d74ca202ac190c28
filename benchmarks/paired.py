"""Paired comparison of front-ends on the same files with the same seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from pyannote_strf.metrics.paired_bootstrap import Estimate, estimate, resample
from pyannote_strf.metrics.verification import Ranking, equal_error_rate, trial_weights

Results = Sequence[dict[str, Any]]


class Measure(NamedTuple):
    """Metric of several results on any draw of units.

    Attributes
    ----------
    num_units : int
    value : callable
        Returns a ratio, given the index of a result and how many times each unit was drawn.
    """

    num_units: int
    value: Callable[[int, np.ndarray], float]


def detection_error_rate(results: Results) -> Measure:
    """Return the detection error rate. Units are files."""
    files = _shared(results, lambda result: sorted(result["seconds"]["test"]))
    seconds = [[result["seconds"]["test"][file] for file in files] for result in results]
    speech = np.array(_shared(results, lambda result: _speech(result, files)))
    wrong = np.array([[each["miss"] + each["false alarm"] for each in row] for row in seconds])
    return Measure(len(files), lambda run, drawn: float(drawn @ wrong[run] / (drawn @ speech)))


def trial_error_rate(results: Results) -> Measure:
    """Return the equal error rate of trials. Units are speakers."""
    files = _shared(results, lambda result: list(result["speakers"].items()))
    trials = np.array(_shared(results, lambda result: [trial[:3] for trial in result["trials"]]))
    names, units = np.unique([speaker for _, speaker in files], return_inverse=True)
    pairs = units[trials[:, :2]]
    rankings = [
        Ranking(trials[:, 2], [trial[3] for trial in result["trials"]]) for result in results
    ]

    def value(run: int, drawn: np.ndarray) -> float:
        curve = rankings[run].tradeoff(trial_weights(pairs, drawn))
        return float("nan") if curve is None else equal_error_rate(curve).rate

    return Measure(len(names), value)


def clip_accuracy(results: Results) -> Measure:
    """Return the accuracy of clips. Units are groups of clips, such as speakers."""
    groups = _shared(results, lambda result: {k: v["group"] for k, v in result["files"].items()})
    names, units = np.unique(list(groups.values()), return_inverse=True)
    counts = np.bincount(units)
    right = np.array(
        [
            np.bincount(units, [result["files"][clip]["right"] for clip in groups])
            for result in results
        ]
    )
    return Measure(len(names), lambda run, drawn: float(drawn @ right[run] / (drawn @ counts)))


class Comparison:
    """Results of several front-ends and seeds on the same draws of units.

    Means are over seeds. Intervals contain 95 % of the draws: they hold for these trained models on
    other files, and leave out the differences between seeds.

    Parameters
    ----------
    measure : callable
        Function of this module that returns a :class:`Measure`.
    results : sequence of dict
    num_resamples : int, optional
        Number of draws. Defaults to 1000.

    Raises
    ------
    ValueError
        If results are of different files.
    """

    def __init__(
        self, measure: Callable[[Results], Measure], results: Results, num_resamples: int = 1000
    ) -> None:
        self.rows = {(each["frontend"], each["seed"]): row for row, each in enumerate(results)}
        self.num_units, value = measure(results)
        self.values = 100 * resample(value, len(results), self.num_units, num_resamples)

    def frontends(self) -> list[str]:
        """Return the names of front-ends."""
        return list(dict.fromkeys(name for name, _ in self.rows))

    def seeds(self, frontend: str) -> list[int]:
        """Return the seeds of a front-end."""
        return sorted(seed for name, seed in self.rows if name == frontend)

    def by_seed(self, frontend: str) -> list[float]:
        """Return the result of each seed, in percent."""
        return [float(self.values[self.rows[frontend, seed], 0]) for seed in self.seeds(frontend)]

    def mean(self, frontend: str) -> Estimate:
        """Return the mean over seeds, in percent."""
        return estimate(self._mean(frontend, self.seeds(frontend)))

    def difference(self, frontend: str, reference: str) -> Estimate | None:
        """Return how much higher a front-end is than another with the seeds of both, in points.

        None if no seed is that of both.
        """
        seeds = sorted({*self.seeds(frontend)} & {*self.seeds(reference)})
        if not seeds:
            return None
        return estimate(self._mean(frontend, seeds) - self._mean(reference, seeds))

    def _mean(self, frontend: str, seeds: Sequence[int]) -> np.ndarray:
        return self.values[[self.rows[frontend, seed] for seed in seeds]].mean(axis=0)


def _speech(result: dict[str, Any], files: list[str]) -> list[float]:
    return [result["seconds"]["test"][file]["total"] for file in files]


def _shared(results: Results, part: Callable[[dict[str, Any]], Any]) -> Any:
    """Return a part of results that must be the same in all."""
    first, *others = results
    expected = part(first)
    for other in others:
        if part(other) != expected:
            names = (f"{each['frontend']} (seed {each['seed']})" for each in (first, other))
            raise ValueError(f"{' and '.join(names)}: were tested on other files")
    return expected
