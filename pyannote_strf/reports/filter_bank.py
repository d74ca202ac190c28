"""Spectro-temporal filters in a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from matplotlib.figure import Figure
from pyannote.audio import Model
from pyannote.core import Segment

from pyannote_strf.analysis.filters.filter_analysis import FilterAnalysis, analyse
from pyannote_strf.analysis.filters.importance import num_filters
from pyannote_strf.applications.crops import Crop, batches
from pyannote_strf.audio import SAMPLE
from pyannote_strf.frontends.filtered import FilteredSpectrogram
from pyannote_strf.models.filters import ModelFilters
from pyannote_strf.progress import Progress
from pyannote_strf.reports import figures
from pyannote_strf.reports.crops import images
from pyannote_strf.reports.importance import measure
from pyannote_strf.reports.part import Part
from pyannote_strf.reports.subjects import Subject
from pyannote_strf.reports.summary import findings, quartiles, rows, summary

# duration of the recording whose responses are drawn, in seconds
SHOWN_DURATION = 5.0


def analyse_filters(
    subject: Subject, filters: ModelFilters, at: float, kind: str | None, progress: Progress
) -> FilterAnalysis:
    """Analyse the spectro-temporal filters of a model.

    Parameters
    ----------
    subject : Subject
    filters : ModelFilters
        Its filters.
    at, kind, progress
        See :func:`~pyannote_strf.reports.filters.report`.
    """
    name, model, crops = subject.name, subject.model, subject.crops
    sounds = _counted(images(model, crops), f"reading audio, {name}", len(crops), progress)
    importance = None
    if kind is not None and subject.importance_measure is not None:
        importance = measure(kind, name, model, subject.importance_measure, progress)
    layer, hop, centres = filters
    return analyse(name, layer, hop, centres, at, sounds if crops else None, importance)


def filters_part(analysis: FilterAnalysis, pictures: Mapping[str, Figure]) -> Part:
    """Report on spectro-temporal filters."""
    return Part(
        findings=findings(analysis),
        over=f"{len(analysis.filters.rate)} filters",
        quartiles=quartiles(analysis),
        summary=summary(analysis),
        tables={"filters": rows(analysis)},
        figures=dict(pictures),
    )


def draw_filters(
    analysis: FilterAnalysis, model: Model, crops: Sequence[Crop]
) -> dict[str, Figure]:
    """Draw all pictures of spectro-temporal filters."""
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


def _counted(items: Iterator, what: str, total: int, progress: Progress) -> Iterator:
    for done, item in enumerate(items, start=1):
        progress(what, done, total)
        yield item


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
