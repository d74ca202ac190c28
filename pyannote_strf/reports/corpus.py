"""Pictures of corpus statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pyannote_strf.analysis.pictures.style import (
    BLUE,
    GREEN,
    GREY,
    LIGHT,
    ORANGE,
    plain,
    shorten,
)
from pyannote_strf.database.check_clips import ClipFacts, positives
from pyannote_strf.database.statistics import FileStatistics, subset_statistics
from pyannote_strf.files import atomic_write

# longest name of a class that is written in full
MAX_LENGTH = 30


def plot_hours(files: Mapping[str, Sequence[FileStatistics]], ax: Axes) -> Axes:
    """Draw the annotated hours of each subset: silence, one speaker, several speakers."""
    for row, recordings in enumerate(files.values()):
        statistics = subset_statistics(recordings)
        parts = (
            ("several speakers", statistics.overlap, ORANGE),
            ("one speaker", statistics.speech - statistics.overlap, BLUE),
            ("no speech", statistics.annotated - statistics.speech, LIGHT),
        )
        left = 0.0
        for label, seconds, color in parts:
            ax.barh(row, seconds / 3600, left=left, color=color, label=None if row else label)
            left += seconds / 3600
    ax.set_yticks(range(len(files)), list(files))
    ax.invert_yaxis()
    ax.set_xlim(0, 1.02 * ax.get_xlim()[1])
    ax.set_xlabel("annotated hours")
    ax.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


def plot_speakers(files: Mapping[str, Sequence[FileStatistics]], ax: Axes) -> Axes:
    """Draw the minutes of speech of each speaker, in descending order."""
    for (subset, recordings), style in zip(files.items(), ("-", "--", ":")):
        speech: Counter[str] = Counter()
        for recording in recordings:
            speech.update(recording.speakers)
        minutes = sorted((seconds / 60 for seconds in speech.values()), reverse=True)
        ax.step(range(1, len(minutes) + 1), minutes, style, where="mid", label=subset)
    ax.set_xlabel("speakers, sorted by duration of speech")
    ax.set_ylabel("speech (minutes)")
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.legend(frameon=False)
    return ax


def save_corpus_sheet(
    title: str, files: Mapping[str, Sequence[FileStatistics]], path: Path
) -> Path:
    """Write a picture of the hours of each subset and the speech of each speaker.

    Parameters
    ----------
    title : str
    files : mapping of str to sequence of FileStatistics
        Statistics of files, by subset.
    path : Path
        Picture to write. Its suffix sets the format, PNG by default.

    Returns
    -------
    path : Path
    """
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_hours(files, left)
    plot_speakers(files, right)
    return _save(figure, title, path)


def plot_classes(clips: Mapping[str, Sequence[ClipFacts]], ax: Axes) -> Axes:
    """Draw the number of clips of each class, in all subsets."""
    counts = {subset: positives(found) for subset, found in clips.items()}
    labels = sorted({label for found in counts.values() for label in found})
    left = [0] * len(labels)
    for (subset, found), color in zip(counts.items(), (BLUE, ORANGE, GREEN, GREY)):
        widths = [found[label] for label in labels]
        ax.barh(range(len(labels)), widths, left=left, color=color, label=subset)
        left = [start + width for start, width in zip(left, widths)]
    ax.set_yticks(range(len(labels)), [plain(shorten(label, MAX_LENGTH)) for label in labels])
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_xlabel("clips")
    ax.legend(frameon=False, ncols=len(counts), loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


def save_clip_sheet(title: str, clips: Mapping[str, Sequence[ClipFacts]], path: Path) -> Path:
    """Write a picture of the number of clips of each class.

    Parameters
    ----------
    title : str
    clips : mapping of str to sequence of ClipFacts
        Labels of clips, by subset.
    path : Path
        Picture to write. Its suffix sets the format, PNG by default.

    Returns
    -------
    path : Path
    """
    num_classes = len({label for found in clips.values() for label in positives(found)})
    figure = Figure(figsize=(7, 1.5 + 0.2 * num_classes), layout="constrained")
    plot_classes(clips, figure.subplots())
    return _save(figure, title, path)


def _save(figure: Figure, title: str, path: Path) -> Path:
    figure.suptitle(plain(title), fontsize="medium")
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=110, format=path.suffix[1:] or "png")
    return path
