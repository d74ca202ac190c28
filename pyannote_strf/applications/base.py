"""Base class of applications."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pyannote_strf.applications.types import (
    ApplyResult,
    Comparable,
    EpochScore,
    ImportanceMeasure,
    Job,
    NoOptions,
)
from pyannote_strf.checks import check_choice
from pyannote_strf.messages import describe
from pyannote_strf.plugins import load_plugin, registered
from pyannote_strf.progress import Progress

if TYPE_CHECKING:
    # slow imports, which `--help` does not need
    from pyannote.audio import Model, Pipeline
    from pyannote.audio.core.task import Specifications
    from pyannote.database import Protocol

GROUP = "pyannote_strf.applications"

logger = logging.getLogger(__name__)


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
    has_folds : bool
        Whether `cross-validate` is one of its commands. It reads the metrics that `apply` writes to
        `.eval`. Defaults to False.
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
    has_folds: ClassVar[bool] = False
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

    def pool(self, applied: Sequence[Path], out: Path) -> list[Path]:
        """Combine the outputs of :meth:`apply` of all folds. The default writes nothing.

        Parameters
        ----------
        applied : sequence of Path
            Paths of the output files of each fold, without suffix.
        out : Path
            Path of the files to write, without suffix.

        Returns
        -------
        written : list of Path
        """
        return []

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
    """Return all registered applications, by name. Those that cannot be imported are skipped."""
    found = {}
    for name in registered(GROUP):
        try:
            found[name] = get_application(name)
        except Exception as error:
            # a plug-in may raise anything
            _announce_once(f"application {name!r} is skipped: {describe(error)}")
    return found


@cache
def _announce_once(message: str) -> None:
    logger.warning(message)


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
