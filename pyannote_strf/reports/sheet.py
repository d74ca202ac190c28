"""One picture of a trained model at work."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from pyannote.audio.core.io import AudioFile
from pyannote.audio.core.pipeline import Pipeline

from pyannote_strf.analysis.filters.units import describe
from pyannote_strf.analysis.pictures.kernels import plot_filters
from pyannote_strf.analysis.pictures.style import plain
from pyannote_strf.analysis.pictures.timeline import plot_regions, plot_score, plot_waveform
from pyannote_strf.models.filters import filters_in


def save_sheet(pipeline: Pipeline, file: AudioFile, path: Path) -> Path:
    """Learned filters, over a strip with waveform, speech score, reference and hypothesis.

    Parameters
    ----------
    pipeline : SpeechActivityDetection
        Instantiated, with a model whose front-end has spectro-temporal filters.
    file : AudioFile
        With an "annotation".
    path : Path
        Picture to write.

    Returns
    -------
    path : Path
    """
    hypothesis, scores = pipeline.with_scores(file)
    model = pipeline._segmentation.model
    waveform, sample_rate = model.audio(file)

    figure = Figure(figsize=(11, 12.5), layout="constrained")
    sheet, strip = figure.subfigures(2, 1, height_ratios=(2, 1))
    layer, hop, centres = filters_in(model)
    plot_filters(layer, describe(layer, hop, centres), hop, sheet.subplots())
    top, middle, bottom = strip.subplots(3, 1, sharex=True)
    plot_waveform(waveform[0].numpy(), sample_rate, top)
    plot_score(scores, pipeline.onset, pipeline.offset, middle)
    plot_regions(file["annotation"], hypothesis, bottom)
    bottom.set_xlim(0, waveform.shape[1] / sample_rate)
    strip.suptitle(plain(f"Speech activity detection on {file['uri']}"), fontsize="medium")
    figure.savefig(path, dpi=110)
    return path
