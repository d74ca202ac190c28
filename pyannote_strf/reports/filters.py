"""Read what the filters of trained models have learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from pyannote.audio import Model
from pyannote.core import Segment

from pyannote_strf.analysis.filters.reading import KINDS, Reading, read
from pyannote_strf.applications.crops import Crop, batches
from pyannote_strf.audio import SAMPLE
from pyannote_strf.database.protocols import SUBSETS
from pyannote_strf.files import check_writable, remove_partial
from pyannote_strf.models.filters import filters_in
from pyannote_strf.progress import Progress, silent
from pyannote_strf.reports import figures
from pyannote_strf.reports.crops import images
from pyannote_strf.reports.importance import measure
from pyannote_strf.reports.page import write_report
from pyannote_strf.reports.subjects import load_subjects
from pyannote_strf.reports.summary import findings, quartiles

if TYPE_CHECKING:
    # takes half a second, which reports on one model do without
    from pyannote_strf.reports.comparison import Comparison

# seconds of the recording that responses are drawn for
SHOWN = 5.0


class ModelReport(NamedTuple):
    """What was read of one model: quartiles over its filters, and sentences."""

    name: str
    quartiles: dict[str, dict[str, float]]
    findings: list[str]


class Report(NamedTuple):
    """What was read, and where it was written."""

    models: list[ModelReport]
    comparison: Comparison | None
    paths: list[Path]


def report(
    checkpoints: Sequence[Path],
    out: Path,
    protocols: Sequence[str] = (),
    subset: str = "development",
    kind: str | None = None,
    weighted: bool = False,
    at: float = 1000.0,
    suffix: str = "png",
    device: torch.device | None = None,
    progress: Progress = silent,
    trust: bool = False,
) -> Report:
    """Write a report on what the filters of trained models have learned.

    Parameters
    ----------
    checkpoints : sequence of Path
    out : Path
        Directory to write.
    protocols : sequence of str, optional
        Whose training audio filters are held against, and by which their importance is measured: one
        for all models, or one for each. Of a checkpoint in the directory of its experiment, its
        preprocessors are used.
    subset : {"train", "development", "test"}, optional
        What importance is measured on. Defaults to "development".
    kind : {"gradient", "ablation"}, optional
        How importance is measured. Defaults to not at all.
    weighted : bool, optional
        Whether filters count by their importance between models. Defaults to False.
    at : float, optional
        Frequency around which octaves are counted, in hertz. Defaults to 1000.
    suffix : {"png", "svg"}, optional
        Of pictures.
    device : torch.device, optional
    progress : callable, optional
        See :data:`~pyannote_strf.progress.Progress`.
    trust : bool, optional
        See :class:`~pyannote_strf.experiment.config.Config` and
        :func:`~pyannote_strf.models.checkpoint.load_model`.

    Returns
    -------
    report : Report

    Raises
    ------
    ValueError
        If a model has no spectro-temporal filters, or options do not go together.
    """
    if protocols and len(protocols) not in (1, len(checkpoints)):
        raise ValueError(
            f"{len(protocols)} protocols for {len(checkpoints)} models: give one for all, or one each"
        )
    if kind is not None and kind not in KINDS:
        raise ValueError(f"importance is measured by {' or '.join(KINDS)}, not by {kind!r}")
    if kind is not None and not protocols:
        raise ValueError("importance of filters is measured on a protocol: name one")
    if weighted and kind is None:
        raise ValueError("filters can be weighed by their importance only where it is measured")
    if subset not in SUBSETS:
        raise ValueError(f"unknown subset {subset!r}: choose one of {', '.join(SUBSETS)}")
    check_writable(out)
    remove_partial(out)

    subjects = load_subjects(
        checkpoints, protocols, kind and subset, at, device or torch.device("cpu"), trust
    )
    readings, pictures = [], {}
    for name, model, crops, weighed_by in subjects:
        listened = _counted(images(model, crops), f"listening, {name}", len(crops), progress)
        importance = kind and measure(kind, name, model, weighed_by, progress)
        reading = read(name, *filters_in(model), at, listened if crops else None, importance)
        readings.append(reading)
        pictures[name] = _pictures(reading, model, crops)

    comparison = None
    if len(readings) > 1:
        from pyannote_strf.reports.comparison import compare

        comparison = compare(readings, weighted)
    paths = write_report(readings, out, pictures, comparison, suffix)
    models = [ModelReport(own.name, quartiles(own), findings(own)) for own in readings]
    return Report(models, comparison, paths)


def _counted(items: Iterator, what: str, total: int, progress: Progress) -> Iterator:
    for done, item in enumerate(items, start=1):
        progress(what, done, total)
        yield item


def _pictures(reading: Reading, model: Model, crops: Sequence[Crop]) -> dict[str, Figure]:
    pictures = {
        "kernels": figures.kernels(reading),
        "plane": figures.plane(reading),
        "transfer": figures.transfer(reading),
        "displacement": figures.displacement(reading),
        "responses": figures.responses(reading, *_responses(model, crops)),
    }
    if reading.importance is not None and reading.importance.ablation is not None:
        pictures["importance"] = figures.importance(reading)
    return pictures


@torch.inference_mode()
def _responses(model: Model, crops: Sequence[Crop]) -> tuple[np.ndarray, np.ndarray, str]:
    """Spectrogram of the first training file, or of upstream's sample, and what filters make of it."""
    file, start = (
        (crops[0][0], crops[0][1].start) if crops else ({"uri": SAMPLE.stem, "audio": SAMPLE}, 10.0)
    )
    shown = Segment(start, min(start + SHOWN, model.audio.get_duration(file)))
    ((_, waveform),) = batches(model, [(file, shown)])
    image = model.frontend.spectrogram(waveform)
    layer = model.frontend.filters
    parts = layer(image)[0].unflatten(0, (-1, layer.out_channels))
    return (
        image[0, 0].cpu().numpy(),
        parts.norm(dim=0).cpu().numpy(),
        f"{file['uri']}, from {shown.start:.1f} s",
    )
