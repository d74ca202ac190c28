"""Base class of applications, and the types that its methods exchange."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pyannote_strf.plugins import load_plugin, registered
from pyannote_strf.progress import Progress

if TYPE_CHECKING:
    # slow imports, which `--help` does not need
    from pyannote.audio import Model
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
    model : Model
        Model of the best epoch.
    params : dict of str to float
        Hyper-parameters of the pipeline.
    items : list
        Items of the subset, as returned by :meth:`Application.items`.
    output : Path
        Path of output files, without suffix.
    options : dataclass
        `ApplyOptions` of the application.
    tuned_with : dict
        Options of `validate` that `params.yml` holds.
    training_files : callable
        Returns the files that the model was trained on.
    progress : callable
        See :data:`~pyannote_strf.progress.Progress`.
    """

    model: Model
    params: dict[str, float]
    items: list[Any]
    output: Path
    options: Any
    tuned_with: dict[str, Any]
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
    """Base class of applications, which implement the commands of one kind of task.

    Subclasses are registered in the entry point group `pyannote_strf.applications`. Every command
    imports their modules, `--help` included, so that slow imports belong in methods.

    Attributes
    ----------
    name : str
        Name of the command. `specs.yml` and `params.yml` hold it.
    title : str
        Description in one sentence.
    metrics : mapping of str to {"minimize", "maximize"}
        Metrics to compare epochs by. The first one is the default.
    architectures : str
        Module of architectures that are not registered as plug-ins.
    template : str
        Content of the `config.yml` that `init` writes.
    ValidateOptions, ApplyOptions : type
        Dataclasses of additional options of `validate` and `apply`. Annotations may hold a
        `typer.Option`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    metrics: ClassVar[Mapping[str, str]]
    architectures: ClassVar[str]
    template: ClassVar[str]
    ValidateOptions: ClassVar[type] = NoOptions
    ApplyOptions: ClassVar[type] = NoOptions

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
        """Return the options of `validate` that `apply` reuses. The default returns none."""
        return {}

    @abstractmethod
    def apply(self, job: Job) -> ApplyResult:
        """Apply a model to a subset, write its output, and evaluate it."""

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
