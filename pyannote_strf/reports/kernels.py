"""Kernels over spectrograms in a report."""

from __future__ import annotations

from pyannote_strf.analysis.filters.receptive_fields import receptive_fields
from pyannote_strf.frontends.kernels import SpectrogramKernels
from pyannote_strf.reports.part import Part


def kernels_part(kernels: SpectrogramKernels, at: float) -> Part:
    """Report on kernels with their axes in seconds and hertz, as arrays.

    Parameters
    ----------
    kernels : SpectrogramKernels
    at : float
        See :func:`~pyannote_strf.analysis.filters.receptive_fields.receptive_fields`.
    """
    counts = {kind: len(each) for kind, each in kernels.kernels.items()}
    names = " and ".join(f"{count} {kind}" for kind, count in counts.items())
    return Part(
        findings=[f"Kernels of filters, with axes in seconds and hertz: {names}."],
        summary={"kernels": counts},
        arrays={"kernels": receptive_fields(kernels, at)},
    )
