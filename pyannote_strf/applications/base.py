"""What an application is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pyannote_strf.plugins import load_plugin, registered
from pyannote_strf.progress import Progress

if TYPE_CHECKING:
    # takes seconds, which `--help` does without
    from pyannote.audio import Model
    from pyannote.audio.core.task import Specifications
    from pyannote.database import Protocol

GROUP = "pyannote_strf.applications"


@dataclass(frozen=True)
class NoOptions:
    """Options of a command that has none of its own."""


class BadParams(ValueError):
    """Hyper-parameters that the pipeline of an application does not have."""


class Scored(NamedTuple):
    """One epoch, scored.

    Attributes
    ----------
    value : float
        Of the metric.
    params : dict of str to float
        Hyper-parameters that it was reached with.
    state : any
        What :meth:`Application.tune` needs of it.
    """

    value: float
    params: dict[str, float]
    state: Any = None


@dataclass(frozen=True)
class Job:
    """Everything that applying a model to a subset takes.

    Attributes
    ----------
    model : Model
        That of the best epoch.
    params : dict of str to float
        Hyper-parameters of the pipeline.
    items : list
        What :meth:`Application.items` returned.
    output : Path
        Where files go: suffixes are appended to this path.
    options : dataclass
        `ApplyOptions` of the application.
    tuned_with : dict
        Options of `validate` that `params.yml` keeps.
    training_files : callable
        Returns the files that the model was trained on.
    progress : callable
    """

    model: Model
    params: dict[str, float]
    items: list
    output: Path
    options: Any
    tuned_with: dict[str, Any]
    training_files: Callable[[], list]
    progress: Progress

    def path(self, suffix: str) -> Path:
        """Path of an output file."""
        return self.output.with_name(f"{self.output.name}{suffix}")


@dataclass(frozen=True)
class Applied:
    """What `apply` made.

    Attributes
    ----------
    paths : list of Path
        Files written.
    header, rows : sequences of str
        Table of results. No header where nothing was evaluated.
    notes : sequence of str
        Sentences below it.
    result : any
        Results themselves.
    """

    paths: list[Path]
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = ()
    result: Any = None


class Importance(NamedTuple):
    """How filters of a model are weighed.

    Attributes
    ----------
    metric : str
    losses : callable
        Returns an iterator over functions that return the loss of a batch, for gradients.
    error : callable
        Returns the metric, in percent, of the model as it is now.
    """

    metric: str
    losses: Callable
    error: Callable[[], float]


class Application(ABC):
    """One kind of task: what differs between it and others in every command.

    Subclasses are registered in entry points `pyannote_strf.applications`. Their modules are imported
    for `--help`: they import what takes long within methods.

    Attributes
    ----------
    name : str
        Name of the command, as `specs.yml` and `params.yml` keep it.
    title : str
        What it does, in a sentence.
    metrics : mapping of str to {"minimize", "maximize"}
        Metrics that epochs are compared by, the default one first.
    architectures : str
        Module in which names of architectures are looked up that no plug-in goes by.
    template : str
        The `config.yml` that `init` writes.
    ValidateOptions, ApplyOptions : type
        Dataclasses of the options that `validate` and `apply` have beside those of every application.
        Annotations may hold a `typer.Option`.
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
        """Whether models of these specifications are for this application."""

    @abstractmethod
    def items(self, protocol: Protocol, subset: str, evaluated: bool = True) -> list:
        """What a subset is scored on: files, trials, clips.

        Parameters
        ----------
        protocol : Protocol
        subset : {"train", "development", "test"}
        evaluated : bool, optional
            Whether every item must have a reference. Defaults to True.

        Raises
        ------
        ValueError
            If there is nothing that can be scored.
        """

    @abstractmethod
    def score(
        self, model: Model, items: list, metric: str, options: Any, what: str, progress: Progress
    ) -> Scored:
        """Score one epoch.

        Parameters
        ----------
        model : Model
        items : list
        metric : str
            One of `metrics`.
        options : ValidateOptions
        what : str
            The epoch, for the progress bar.
        progress : callable
        """

    def tune(
        self, scored: Scored, metric: str, options: Any, progress: Progress
    ) -> tuple[dict[str, float], float]:
        """Tune hyper-parameters on the best epoch. Defaults to those that it was scored with.

        Returns
        -------
        params : dict of str to float
        value : float
            Of the metric.
        """
        return scored.params, scored.value

    def kept(self, options: Any) -> dict[str, Any]:
        """Options of `validate` that `apply` goes by. Defaults to none."""
        return {}

    @abstractmethod
    def apply(self, job: Job) -> Applied:
        """Apply a model to a subset, write what comes out, and evaluate it."""

    def importance(self, model: Model, protocol: Protocol, subset: str) -> Importance:
        """How filters of a model are weighed.

        Raises
        ------
        ValueError
            If a subset lacks what a model is evaluated by, or this application does not support it,
            which is the default.
        """
        raise ValueError(f"{self.name} does not support importance of filters")


def applications() -> dict[str, Application]:
    """All registered applications, by name."""
    return {name: get_application(name) for name in registered(GROUP)}


def get_application(name: str) -> Application:
    """
    Raises
    ------
    ValueError
        If no application goes by that name.
    """
    return load_plugin(GROUP, name, GROUP, Application)()


def application_of(specifications: Specifications) -> Application | None:
    """The application that serves models of these specifications, if any does."""
    found = (own for own in applications().values() if own.serves(specifications))
    return next(found, None)
