"""Report on the front-ends of trained models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import torch

from pyannote_strf.analysis.filters.filter_analysis import KINDS
from pyannote_strf.checks import check_choice
from pyannote_strf.database.protocols import SUBSETS
from pyannote_strf.files import check_writable, remove_partial
from pyannote_strf.frontends.base import Frontend
from pyannote_strf.progress import Progress
from pyannote_strf.reports.attention import attention_part
from pyannote_strf.reports.bands import bands_part
from pyannote_strf.reports.filter_bank import analyse_filters, draw_filters, filters_part
from pyannote_strf.reports.kernels import kernels_part
from pyannote_strf.reports.page import write_report
from pyannote_strf.reports.part import ModelReport, Part
from pyannote_strf.reports.subjects import Subject, load_subjects
from pyannote_strf.reports.waveform_filters import waveform_part

if TYPE_CHECKING:
    # slow import, only needed to compare several models
    from pyannote_strf.reports.comparison import Comparison


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
    """Write a report on the front-ends of trained models.

    Parameters
    ----------
    models : sequence of Path
        Trained models: see :func:`~pyannote_strf.experiment.directories.find_trained`.
    out : Path
        Directory to write.
    protocols : sequence of str
        Protocols whose training audio is compared with filters, and on which their importance and
        attention are measured: none, one for all models, or one for each. For a checkpoint inside
        an experiment directory, the preprocessors of its `config.yml` are used.
    subset : {"train", "development", "test"}
        Subset to measure importance and attention on.
    kind : {"gradient", "ablation"} or None
        Measure of importance. None skips it.
    weighted : bool
        Whether to weight filters by their importance when models are compared.
    at : float
        Frequency around which octaves are counted, and of the band that exported kernels are
        centred on, in hertz.
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
        If there is nothing to read in a model, or options contradict each other.
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

    subjects = load_subjects(models, protocols, subset, kind is not None, at, device, trust)
    # models that are compared have the numbers of their sections
    subjects.sort(key=lambda subject: subject.filters is None)
    analyses, reports = [], []
    for subject in subjects:
        parts = []
        if subject.filters is not None:
            analysis = analyse_filters(subject, subject.filters, at, kind, progress)
            analyses.append(analysis)
            pictures = draw_filters(analysis, subject.model, subject.crops)
            parts.append(filters_part(analysis, pictures))
        parts += _other_parts(subject, at, progress)
        reports.append(ModelReport(subject.name, parts))

    comparison = None
    if len(analyses) > 1:
        from pyannote_strf.reports.comparison import compare

        comparison = compare(analyses, weighted)
    return Report(reports, comparison, write_report(reports, out, comparison, suffix))


def _other_parts(subject: Subject, at: float, progress: Progress) -> Iterator[Part]:
    """Report on what a front-end has besides spectro-temporal filters."""
    frontend = cast(Frontend, subject.model.frontend)
    if (bands := frontend.bands()) is not None:
        yield bands_part(bands)
    if frontend.band_weights is not None:
        yield attention_part(subject.name, subject.model, subject.clips, progress)
    if (filters := frontend.waveform_filters()) is not None:
        yield waveform_part(filters, frontend.sample_rate)
    if (kernels := frontend.kernels()) is not None:
        yield kernels_part(kernels, at)
