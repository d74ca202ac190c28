"""Types that methods of applications take and return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pyannote_strf.progress import Progress

if TYPE_CHECKING:
    # slow imports, which `--help` does not need
    import numpy as np
    from pyannote.audio import Pipeline
    from pyannote.database import ProtocolFile
    from torch import Tensor


@dataclass(frozen=True)
class NoOptions:
    """Options of a command without options of its own."""


class BadParams(ValueError):
    """Invalid hyper-parameters of the pipeline of an application."""


class EpochScore(NamedTuple):
    """Score of one epoch.

    Attributes
    ----------
    value : float
        Value of the metric.
    params : dict of str to float
        Hyper-parameters of this score.
    state : any
        Whatever :meth:`Application.tune` needs to continue from here.
    """

    value: float
    params: dict[str, float]
    state: Any = None


@dataclass(frozen=True)
class Job:
    """Arguments of :meth:`Application.apply`.

    Attributes
    ----------
    pipeline : Pipeline
        Pipeline of the best epoch, with tuned hyper-parameters.
    items : list
        Items of the subset, as returned by :meth:`Application.items`.
    output : Path
        Path of output files, without suffix.
    options : dataclass
        `ApplyOptions` of the application.
    training_files : callable
        Returns the files that the model was trained on.
    progress : callable
        See :data:`~pyannote_strf.progress.Progress`.
    """

    pipeline: Pipeline
    items: list[Any]
    output: Path
    options: Any
    training_files: Callable[[], list[ProtocolFile]]
    progress: Progress

    def path(self, suffix: str) -> Path:
        """Return the path of an output file."""
        return self.output.with_name(f"{self.output.name}{suffix}")


@dataclass(frozen=True)
class ApplyResult:
    """Result of :meth:`Application.apply`.

    Attributes
    ----------
    paths : list of Path
        Files written.
    header : sequence of str
        Header of a table of results. Empty without results.
    rows : sequence of sequence of str
        Rows of this table.
    notes : sequence of str
        Sentences below the table.
    result : any
        Results as an object of the application.
    """

    paths: list[Path]
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = ()
    result: Any = None


class ComparableMetric(NamedTuple):
    """Metric of several systems.

    Attributes
    ----------
    value : callable
        Returns the metric of a system, given its index and the weight of each unit: how many times
        resampling drew it. NaN where the metric is undefined.
    missing : dict of int to str
        Systems without this metric, and the reason.
    higher_is_better : bool
        Defaults to False.
    """

    value: Callable[[int, np.ndarray], float]
    missing: dict[int, str] = {}
    higher_is_better: bool = False


@dataclass(frozen=True)
class Comparable:
    """Outputs of several systems, as :meth:`Application.compare` reads them.

    Attributes
    ----------
    units : int
        Number of independent units, such as files or speakers, that confidence intervals resample.
    unit : str
        What a unit is, in the plural.
    metrics : dict of str to ComparableMetric
    items : sequence of str
        Names of files.
    item_metric : str
        Name of the metric of files, lower is better.
    item_values : (system, item) array
        Value of this metric. NaN where it is undefined.
    """

    units: int
    unit: str
    metrics: dict[str, ComparableMetric]
    items: Sequence[str]
    item_metric: str
    item_values: np.ndarray


class ImportanceMeasure(NamedTuple):
    """Losses and errors that measure the importance of filters.

    Attributes
    ----------
    metric : str
        Name of the error.
    losses : callable
        Returns an iterator over functions, each of which returns the loss of a batch.
    error : callable
        Returns the error of the model in its current state, in percent.
    """

    metric: str
    losses: Callable[[], Iterator[Callable[[], Tensor]]]
    error: Callable[[], float]
