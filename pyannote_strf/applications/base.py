"""Base class of applications, and the types that its methods exchange."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pyannote_strf.checks import check_choice
from pyannote_strf.plugins import load_plugin, registered
from pyannote_strf.progress import Progress

if TYPE_CHECKING:
    # slow imports, which `--help` does not need
    import numpy as np
    from pyannote.audio import Model, Pipeline
    from pyannote.audio.core.task import Specifications
    from pyannote.database import Protocol, ProtocolFile
    from torch import Tensor

GROUP = "pyannote_strf.applications"


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


class Application(ABC):
    """Base class of applications. An application is one kind of task, with its commands.

    Subclasses are registered in the entry point group `pyannote_strf.applications`. Every command
    imports their modules, `--help` included, so that slow imports belong in methods.

    Attributes
    ----------
    name : str
        Name of the command. `specs.yml` and `params.yml` hold it.
    title : str
        Description in one sentence.
    metrics : mapping of str to {"minimize", "maximize"}
        Metrics to compare epochs by. The first one is the default, see :meth:`choose_metric`.
    architectures : str
        Module of architectures that are not registered as plug-ins.
    template : str
        Content of the `config.yml` that `init` writes.
    pipeline : str
        Dotted path of the class of the pipeline.
    pipeline_model : str
        Argument of this class that takes the model.
    annotated : bool
        Whether files to train on must have an annotation. Defaults to True.
    ValidateOptions, ApplyOptions, PredictOptions, CompareOptions : type
        Dataclasses of additional options of `validate`, `apply`, `predict` and `compare`.
        Annotations may hold a `typer.Option`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    metrics: ClassVar[Mapping[str, str]]
    architectures: ClassVar[str]
    template: ClassVar[str]
    pipeline: ClassVar[str]
    pipeline_model: ClassVar[str]
    annotated: ClassVar[bool] = True
    ValidateOptions: ClassVar[type] = NoOptions
    ApplyOptions: ClassVar[type] = NoOptions
    PredictOptions: ClassVar[type] = NoOptions
    CompareOptions: ClassVar[type] = NoOptions

    @abstractmethod
    def serves(self, specifications: Specifications) -> bool:
        """Return whether this application supports models with these specifications."""

    @abstractmethod
    def items(self, protocol: Protocol, subset: str, evaluated: bool = True) -> list[Any]:
        """Return the items of a subset, such as files, trials or clips.

        Parameters
        ----------
        protocol : Protocol
        subset : {"train", "development", "test"}
        evaluated : bool, optional
            Whether every item must have a reference. Defaults to True.

        Raises
        ------
        ValueError
            If the subset has no items.
        """

    def choose_metric(self, metric: str | None, items: list[Any]) -> str:
        """Return the metric to compare epochs by. The default is the first one.

        Parameters
        ----------
        metric : str or None
            One of `metrics`, or None to choose one that suits the items.
        items : list
            Items of a subset, as returned by :meth:`items`.

        Raises
        ------
        ValueError
            If the metric does not exist, or does not suit the items.
        """
        metric = next(iter(self.metrics)) if metric is None else metric
        check_choice("metric", metric, self.metrics)
        return metric

    @abstractmethod
    def score(
        self,
        model: Model,
        items: list[Any],
        metric: str,
        options: Any,
        what: str,
        progress: Progress,
    ) -> EpochScore:
        """Score one epoch.

        Parameters
        ----------
        model : Model
        items : list
            Items of a subset, as returned by :meth:`items`.
        metric : str
            One of `metrics`.
        options : ValidateOptions
        what : str
            Name of the epoch, for the progress bar.
        progress : callable
            See :data:`~pyannote_strf.progress.Progress`.
        """

    def tune(
        self, scored: EpochScore, metric: str, options: Any, progress: Progress
    ) -> tuple[dict[str, float], float]:
        """Tune hyper-parameters on the best epoch. The default keeps those of its score.

        Returns
        -------
        params : dict of str to float
        value : float
            Value of the metric.
        """
        return scored.params, scored.value

    def saved_options(self, options: Any) -> dict[str, Any]:
        """Return the options of `validate` that the pipeline needs. The default returns none."""
        return {}

    def pipeline_options(self, model: Model, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of the pipeline besides the model. The default returns none.

        Parameters
        ----------
        model : Model
        options : mapping
            Options that :meth:`saved_options` returned, and options of the command.

        Raises
        ------
        BadParams
            If an option is missing or invalid.
        """
        return {}

    @abstractmethod
    def apply(self, job: Job) -> ApplyResult:
        """Apply a pipeline to a subset, write its output, and evaluate it."""

    @abstractmethod
    def suffixes(self, options: Any) -> list[str]:
        """Return the suffixes of the files that :meth:`predict` returns.

        Parameters
        ----------
        options : PredictOptions
        """

    @abstractmethod
    def predict(
        self, pipeline: Pipeline, file: Mapping[str, Any], options: Any
    ) -> dict[str, bytes]:
        """Process a recording that is in no protocol.

        Parameters
        ----------
        pipeline : Pipeline
            Pipeline with hyper-parameters.
        file : mapping
            Audio file with "audio" and "uri".
        options : PredictOptions

        Returns
        -------
        outputs : dict of str to bytes
            Content of each output file, by suffix.
        """

    def show(self, pipeline: Pipeline, files: Sequence[Mapping[str, Any]], options: Any) -> str:
        """Return the text to print for recordings without an output directory.

        The default supports one recording, with text output.

        Raises
        ------
        ValueError
            If the output cannot be printed.
        """
        if len(files) > 1:
            raise ValueError(f"{len(files)} files need a directory for their output; add --out")
        if len(self.suffixes(options)) > 1:
            raise ValueError("several formats need a directory for their output; add --out")
        (content,) = self.predict(pipeline, files[0], options).values()
        return content.decode()

    @abstractmethod
    def compare(self, applied: Sequence[Path], options: Any) -> Comparable:
        """Read outputs of :meth:`apply` for comparison.

        Parameters
        ----------
        applied : sequence of Path
            Paths of output files of each system, without suffix.
        options : CompareOptions

        Raises
        ------
        ValueError
            If an output file is missing or malformed, or if systems were evaluated on other data.
        """

    def importance(self, model: Model, protocol: Protocol, subset: str) -> ImportanceMeasure:
        """Return losses and errors that measure the importance of filters.

        The default raises an error: support for importance is optional.

        Raises
        ------
        ValueError
            If the subset has no reference, or the application does not support importance.
        """
        raise ValueError(f"{self.name} does not support the importance of filters")


def applications() -> dict[str, Application]:
    """Return all registered applications, by name."""
    return {name: get_application(name) for name in registered(GROUP)}


def get_application(name: str) -> Application:
    """Return a registered application.

    Raises
    ------
    ValueError
        If the application does not exist.
    """
    return load_plugin(GROUP, name, GROUP, Application)()


def application_of(specifications: Specifications) -> Application | None:
    """Return the application that supports models with these specifications, or None."""
    found = (each for each in applications().values() if each.serves(specifications))
    return next(found, None)
