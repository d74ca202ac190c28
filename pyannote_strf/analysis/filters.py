"""Pictures of a bank of filters."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes

from pyannote_strf.layers.strf import STRFConv2d

GAP = 2


@torch.no_grad()
def plot_filters(layer: STRFConv2d, ax: Axes, hop: float = 0.01, num_columns: int = 8) -> Axes:
    """Real parts of all kernels, as one sheet ordered by temporal modulation.

    Each kernel is scaled to its own largest value, so that shapes can be compared.

    Parameters
    ----------
    layer : STRFConv2d
        With one input channel.
    ax : Axes
    hop : float, optional
        Time between two frames, in seconds. Defaults to 10 ms.
    num_columns : int, optional
        Defaults to 8.

    Returns
    -------
    ax : Axes
    """
    kernels = layer.kernels()[:, 0].real.cpu()
    rate = (layer.omega * layer.gamma.cos())[:, 0].cpu()
    # a kernel and its mirror along both axes have the same real part
    kernels = kernels[torch.argsort(rate.abs())]
    kernels = kernels / kernels.abs().amax(dim=(1, 2), keepdim=True)

    height, width = kernels.shape[1:]
    num_rows = -(-len(kernels) // num_columns)
    sheet = np.full((num_rows * (height + GAP), num_columns * (width + GAP)), np.nan)
    for index, kernel in enumerate(kernels):
        row, column = divmod(index, num_columns)
        top, left = row * (height + GAP), column * (width + GAP)
        sheet[top : top + height, left : left + width] = kernel.numpy()[::-1]
    image = ax.imshow(sheet, cmap="PuOr", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    bar = ax.figure.colorbar(image, ax=ax, ticks=(-1, 0, 1), fraction=0.02, pad=0.01)
    bar.set_label("real part, scaled to its largest value", fontsize="small")
    ax.set_xticks([])
    ax.set_yticks([])
    fastest = rate.abs().max().item() / (2 * np.pi * hop)
    ax.set_title(
        f"{len(kernels)} filters of {height} bands x {width * hop:.2f} s, from slow (top left) to "
        f"{fastest:.0f} Hz of temporal modulation (bottom right)",
        fontsize="medium",
    )
    return ax
