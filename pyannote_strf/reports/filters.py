"""Report on the filters of trained models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import torch
from matplotlib.figure import Figure
from pyannote.audio import Model
from pyannote.core import Segment

from pyannote_strf.analysis.filters.filter_analysis import KINDS, FilterAnalysis, analyse
from pyannote_strf.analysis.filters.importance import num_filters
from pyannote_strf.applications.crops import Crop, batches
from pyannote_strf.audio import SAMPLE
from pyannote_strf.checks import check_choice
from pyannote_strf.database.protocols import SUBSETS
from pyannote_strf.files import check_writable, remove_partial
from pyannote_strf.frontends.filtered import FilteredSpectrogram
from pyannote_strf.progress import Progress
from pyannote_strf.reports import figures
from pyannote_strf.reports.crops import images
from pyannote_strf.reports.importance import measure
from pyannote_strf.reports.page import write_report
from pyannote_strf.reports.subjects import load_subjects
from pyannote_strf.reports.summary import findings, quartiles

if TYPE_CHECKING:
    # slow import, only needed to compare several models
    from pyannote_strf.reports.comparison import Comparison

# duration of the recording whose responses are drawn, in seconds
SHOWN_DURATION = 5.0


class ModelReport(NamedTuple):
    """Quartiles over the filters of a model, and sentences on them."""

    name: str
    quartiles: dict[str, dict[str, float]]
    findings: list[str]


class Report(NamedTuple):
    """Reports on models, their comparison if there are several, and the files written."""

    models: list[ModelReport]
    comparison: Comparison | None
    paths: list[Path]


def report(
    models: Sequence[Path],
    out: Path,
    *,
    protocols: Sequence[str],
    subset: str,
    kind: str | None,
    weighted: bool,
    at: float,
    suffix: str,
    device: torch.device,
    progress: Progress,
    trust: bool,
) -> Report:
    """Write a report on the filters of trained models.

    Parameters
    ----------
    models : sequence of Path
        Trained models: see :func:`~pyannote_strf.experiment.directories.find_trained`.
    out : Path
        Directory to write.
    protocols : sequence of str
        Protocols whose training audio is compared with filters, and on which their importance is
        measured: none, one for all models, or one for each. For a checkpoint inside an experiment
        directory, the preprocessors of its `config.yml` are used.
    subset : {"train", "development", "test"}
        Subset to measure importance on.
    kind : {"gradient", "ablation"} or None
        Measure of importance. None skips it.
    weighted : bool
        Whether to weight filters by their importance when models are compared.
    at : float
        Frequency around which octaves are counted, in hertz.
    suffix : {"png", "svg"}
        Format of pictures.
    device : torch.device
    progress : callable
        See :data:`~pyannote_strf.progress.Progress`.
    trust : bool
        See :class:`~pyannote_strf.experiment.config.Config` and
        :func:`~pyannote_strf.models.checkpoint.load_model`.

    Returns
    -------
    report : Report

    Raises
    ------
    ValueError
        If a model has no spectro-temporal filters, or options contradict each other.
    """
    if protocols and len(protocols) not in (1, len(models)):
        raise ValueError(
            f"{len(protocols)} protocols for {len(models)} models; give one for all models, "
            "or one for each"
        )
    if kind is not None:
        check_choice("importance", kind, KINDS)
    if kind is not None and not protocols:
        raise ValueError("importance is measured on a protocol; add --protocol")
    if weighted and kind is None:
        raise ValueError("--weighted needs a measure of importance; add --importance")
    check_choice("subset", subset, SUBSETS)
    check_writable(out)
    remove_partial(out)

    subjects = load_subjects(models, protocols, subset if kind else None, at, device, trust)
    analyses, pictures = [], {}
    for name, model, filters, crops, importance_measure in subjects:
        sounds = _counted(images(model, crops), f"reading audio, {name}", len(crops), progress)
        importance = None
        if kind is not None and importance_measure is not None:
            importance = measure(kind, name, model, importance_measure, progress)
        layer, hop, centres = filters
        analysis = analyse(name, layer, hop, centres, at, sounds if crops else None, importance)
        analyses.append(analysis)
        pictures[name] = _pictures(analysis, model, crops)

    comparison = None
    if len(analyses) > 1:
        from pyannote_strf.reports.comparison import compare

        comparison = compare(analyses, weighted)
    paths = write_report(analyses, out, pictures, comparison, suffix)
    reports = [ModelReport(each.name, quartiles(each), findings(each)) for each in analyses]
    return Report(reports, comparison, paths)


def _counted(items: Iterator, what: str, total: int, progress: Progress) -> Iterator:
    for done, item in enumerate(items, start=1):
        progress(what, done, total)
        yield item


def _pictures(analysis: FilterAnalysis, model: Model, crops: Sequence[Crop]) -> dict[str, Figure]:
    pictures = {
        "kernels": figures.kernels(analysis),
        "plane": figures.plane(analysis),
        "transfer": figures.transfer(analysis),
        "displacement": figures.displacement(analysis),
        "responses": figures.responses(analysis, *_responses(model, crops)),
    }
    importance = analysis.importance
    if importance is not None and importance.ablation is not None:
        pictures["importance"] = figures.importance(analysis, importance, importance.ablation)
    return pictures


@torch.inference_mode()
def _responses(model: Model, crops: Sequence[Crop]) -> tuple[np.ndarray, np.ndarray, str]:
    """Return a spectrogram, the responses of filters to it, and a title.

    The recording is the first crop, or the sample of pyannote.audio if there are no crops.
    """
    file: Mapping[str, Any] = {"uri": SAMPLE.stem, "audio": SAMPLE}
    start = 10.0
    if crops:
        file, start = crops[0][0], crops[0][1].start
    shown = Segment(start, min(start + SHOWN_DURATION, model.audio.get_duration(file)))
    ((_, waveform),) = batches(model, [(file, shown)])
    frontend = cast(FilteredSpectrogram, model.frontend)
    image = frontend.spectrogram(waveform)
    parts = frontend.filters(image)[0].unflatten(0, (-1, num_filters(frontend)))
    return (
        image[0, 0].cpu().numpy(),
        parts.norm(dim=0).cpu().numpy(),
        f"{file['uri']}, from {shown.start:.1f} s",
    )
