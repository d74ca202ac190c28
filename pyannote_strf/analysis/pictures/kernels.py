"""Pictures of a bank of filters."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes

from pyannote_strf.analysis.filters.units import Filters
from pyannote_strf.analysis.pictures.style import DIRECTIONS
from pyannote_strf.layers.strf import STRFConv2d

# space between kernels, in bands and frames
GAP = 3
NUM_COLUMNS = 8


def plot_filters(
    layer: STRFConv2d, filters: Filters, hop: float, ax: Axes, num_columns: int = NUM_COLUMNS
) -> Axes:
    """Draw the real parts of all kernels, ordered by direction and by temporal modulation.

    Each kernel is scaled to a maximum of 1, so that shapes can be compared.

    Parameters
    ----------
    layer : STRFConv2d
        Layer with one input channel.
    filters : Filters
        Properties of its filters.
    hop : float
        Time between two frames, in seconds.
    ax : Axes
    num_columns : int, optional
        Largest number of kernels in a row. Defaults to 8.

    Returns
    -------
    ax : Axes
    """
    with torch.no_grad():
        parts = layer.kernels()[:, 0].real.float().cpu()
    kernels = (parts / parts.abs().amax(dim=(1, 2), keepdim=True)).numpy()[:, ::-1]
    height, width = kernels.shape[1:]

    rows = sheet_rows(filters, num_columns)
    num_columns = max(len(numbers) for _, numbers in rows)
    sheet = np.full((len(rows) * (height + GAP), num_columns * (width + GAP)), np.nan)
    for row, (_, numbers) in enumerate(rows):
        for column, number in enumerate(numbers):
            top, left = row * (height + GAP), column * (width + GAP)
            sheet[top : top + height, left : left + width] = kernels[number]
    image = ax.imshow(sheet, cmap="PuOr", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    bar = ax.figure.colorbar(image, ax=ax, ticks=(-1, 0, 1), fraction=0.02, pad=0.01)
    bar.set_label("real part, relative to its maximum", fontsize="small")

    for row, (direction, numbers) in enumerate(rows):
        for column, number in enumerate(numbers):
            ax.text(
                column * (width + GAP),
                (row + 1) * (height + GAP) - 0.6,
                f"{number}: {filters.rate[number]:.1f} Hz",
                fontsize=6.5,
                va="bottom",
                in_layout=False,
            )
        if row == 0 or direction != rows[row - 1][0]:
            ax.axhline(row * (height + GAP) - 0.5, color="black", linewidth=0.8)
    groups = [direction for direction, _ in rows]
    ax.set_yticks(
        [_middle(groups, name) * (height + GAP) for name in dict.fromkeys(groups)],
        list(dict.fromkeys(groups)),
        rotation=90,
        va="center",
    )
    ax.set_ylim(len(sheet) - 0.5, -0.5)
    ax.tick_params(length=0)
    ax.set_xticks([])
    ax.set_title(
        f"{len(kernels)} filter{'s'[: len(kernels) - 1]} of {height} bands (upwards) x "
        f"{width * hop:.2f} s, from slow to fast in each direction",
        fontsize="medium",
    )
    return ax


def sheet_rows(filters: Filters, num_columns: int = NUM_COLUMNS) -> list[tuple[str, list[int]]]:
    """Return the direction and the filters, from slow to fast, of each row of the picture."""
    rows = []
    for direction in DIRECTIONS:
        numbers = np.flatnonzero(filters.direction == direction)
        numbers = numbers[np.argsort(filters.rate[numbers])].tolist()
        for first in range(0, len(numbers), num_columns):
            rows.append((direction, numbers[first : first + num_columns]))
    return rows


def _middle(groups: list[str], name: str) -> float:
    return groups.index(name) + groups.count(name) / 2
