"""Picture of the filters of a trained model, and of its output for one recording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from pyannote.database import ProtocolFile

from pyannote_strf.analysis.filters.units import describe
from pyannote_strf.analysis.pictures.kernels import plot_filters
from pyannote_strf.analysis.pictures.style import plain
from pyannote_strf.analysis.pictures.timeline import plot_regions, plot_score, plot_waveform
from pyannote_strf.models.filters import filters_in
from pyannote_strf.pipelines import SpeechActivityDetection


def save_sheet(
    pipeline: SpeechActivityDetection, file: ProtocolFile | dict[str, Any], path: Path
) -> Path:
    """Write a picture of learned filters, above waveform, speech score, reference and hypothesis.

    Parameters
    ----------
    pipeline : SpeechActivityDetection
        Instantiated pipeline.
    file : ProtocolFile or dict
        File with "uri", "audio" and "annotation".
    path : Path
        Picture to write.

    Returns
    -------
    path : Path

    Raises
    ------
    ValueError
        If the model has no spectro-temporal filters.
    """
    hypothesis, scores = pipeline.with_scores(file)
    model = pipeline._segmentation.model
    waveform, sample_rate = model.audio(file)
    filters = filters_in(model)
    if filters is None:
        raise ValueError(f"{type(model).__name__} has no spectro-temporal filters to draw")
    layer, hop, centres = filters

    figure = Figure(figsize=(11, 12.5), layout="constrained")
    sheet, strip = figure.subfigures(2, 1, squeeze=False, height_ratios=(2, 1)).flat
    plot_filters(layer, describe(layer, hop, centres), hop, sheet.subplots())
    top, middle, bottom = strip.subplots(3, 1, sharex=True)
    plot_waveform(waveform[0].numpy(), sample_rate, top)
    plot_score(scores, pipeline.onset, pipeline.offset, middle)
    plot_regions(file["annotation"], hypothesis, bottom)
    bottom.set_xlim(0, waveform.shape[1] / sample_rate)
    strip.suptitle(plain(f"Speech activity detection on {file['uri']}"), fontsize="medium")
    figure.savefig(path, dpi=110)
    return path
