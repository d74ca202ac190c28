"""Audio tagging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyannote_strf.applications.tag.template import TEMPLATE
from pyannote_strf.applications.types import (
    ApplyResult,
    BadParams,
    Comparable,
    EpochScore,
    ImportanceMeasure,
    Job,
)
from pyannote_strf.applications.windows import (
    BATCH_SIZE,
    Batch,
    SavedStep,
    Step,
    WindowedApplication,
)
from pyannote_strf.checks import check_choice
from pyannote_strf.progress import Progress

if TYPE_CHECKING:
    # slow imports, which `--help` does not need
    from pyannote.audio import Model
    from pyannote.audio.core.task import Specifications
    from pyannote.database import Protocol, ProtocolFile


class Pool(StrEnum):
    """What to average over the windows of a clip."""

    PROBABILITIES = "probabilities"
    LOGITS = "logits"


POOL_HELP = "What to average over the windows of a clip."
SavedPool = Annotated[
    Pool | None, typer.Option(help=f"{POOL_HELP} Defaults to that of `validate`.")
]


@dataclass(frozen=True)
class ValidateOptions:
    """Options of `tag validate`."""

    step: Step = 0.5
    pool: Annotated[Pool, typer.Option(help=POOL_HELP)] = Pool.PROBABILITIES
    batch: Batch = BATCH_SIZE


@dataclass(frozen=True)
class ApplyOptions:
    """Options of `tag apply`."""

    step: SavedStep = None
    pool: SavedPool = None
    batch: Batch = BATCH_SIZE


class Format(StrEnum):
    """Formats of the scores and labels of windows."""

    CSV = "csv"
    JSON = "json"
    AUDACITY = "audacity"
    RAVEN = "raven"


@dataclass(frozen=True)
class PredictOptions:
    """Options of `tag predict`."""

    format: Annotated[
        list[Format] | None,
        typer.Option(help="Format of the output, csv by default. Repeat for several formats."),
    ] = None
    top: Annotated[
        int, typer.Option(min=1, help="Number of classes to print for each file, without --out.")
    ] = 5
    step: SavedStep = None
    pool: SavedPool = None
    batch: Batch = BATCH_SIZE


class AudioTagging(WindowedApplication):
    """Audio tagging: classify clips with a single label each, or several.

    For clips with several labels, the threshold of each class is tuned on the best epoch.
    """

    name = "tag"
    title = "Audio tagging: classification of clips."
    metrics = {
        "accuracy": "maximize",
        "balanced_accuracy": "maximize",
        "mean_average_precision": "maximize",
        "roc_auc": "maximize",
        "official_fine_macro_auprc": "maximize",
        "official_coarse_macro_auprc": "maximize",
    }
    architectures = "pyannote_strf.models"
    pipeline = "pyannote_strf.pipelines.AudioTagging"
    pipeline_model = "tagging"
    annotated = False
    has_folds = True
    ValidateOptions = ValidateOptions
    ApplyOptions = ApplyOptions
    PredictOptions = PredictOptions
    template = TEMPLATE

    def serves(self, specifications: Specifications) -> bool:
        from pyannote_strf.pipelines.audio_tagging import tags_clips

        return tags_clips(specifications)

    def items(self, protocol: Protocol, subset: str, evaluated: bool = True) -> list[ProtocolFile]:
        from pyannote_strf.applications.tag.clips import get_clips

        return get_clips(protocol, subset, evaluated)

    def choose_metric(self, metric: str | None, items: list[Any]) -> str:
        from pyannote_strf.applications.tag.clips import choose_metric

        chosen = choose_metric(metric, items)
        return super().choose_metric(chosen, items)

    def saved_options(self, options: Any) -> dict[str, Any]:
        return {**super().saved_options(options), "pool": str(options.pool)}

    def pipeline_options(self, model: Model, options: Mapping[str, Any]) -> dict[str, Any]:
        # missing in files of versions without this option
        pool = options.get("pool", Pool.PROBABILITIES)
        try:
            check_choice("pool", pool, [str(each) for each in Pool])
        except ValueError as error:
            raise BadParams(str(error)) from None
        return {**super().pipeline_options(model, options), "pool": str(pool)}

    def score(
        self,
        model: Model,
        items: list[ProtocolFile],
        metric: str,
        options: Any,
        what: str,
        progress: Progress,
    ) -> EpochScore:
        from pyannote_strf.applications.load import build_pipeline
        from pyannote_strf.applications.tag.clips import score

        pipeline = build_pipeline(self, model, vars(options))
        return score(pipeline, items, metric, what, progress)

    def tune(
        self, scored: EpochScore, metric: str, options: Any, progress: Progress
    ) -> tuple[dict[str, float], float]:
        from pyannote_strf.applications.tag.clips import tune

        return tune(scored), scored.value

    def apply(self, job: Job) -> ApplyResult:
        from pyannote_strf.applications.tag.evaluation import apply

        return apply(job)

    def suffixes(self, options: Any) -> list[str]:
        from pyannote_strf.applications.tag.formats import suffixes

        return suffixes(options)

    def predict(self, pipeline: Any, file: Mapping[str, Any], options: Any) -> dict[str, bytes]:
        from pyannote_strf.applications.tag.formats import formatted

        return formatted(pipeline, file, options)

    def show(self, pipeline: Any, files: Sequence[Mapping[str, Any]], options: Any) -> str:
        if options.format:
            return super().show(pipeline, files, options)
        from pyannote_strf.applications.tag.formats import top

        return top(pipeline, files, options.top)

    def compare(self, applied: Sequence[Path], options: Any) -> Comparable:
        from pyannote_strf.applications.tag.comparison import comparable

        return comparable(applied)

    def pool(self, applied: Sequence[Path], out: Path) -> list[Path]:
        from pyannote_strf.applications.tag.pooled import pool

        return pool(applied, out)

    def importance(self, model: Model, protocol: Protocol, subset: str) -> ImportanceMeasure:
        from pyannote_strf.applications.tag.importance import importance

        return importance(model, protocol, subset)
