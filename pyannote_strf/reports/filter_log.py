"""Lightning callback that logs filters to TensorBoard during training."""

from __future__ import annotations

import numpy as np
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pyannote_strf.analysis.filters import REFERENCE_FREQUENCY
from pyannote_strf.analysis.filters.displacement import (
    displacement,
    initial_layer,
    jensen_shannon,
    responses,
)
from pyannote_strf.analysis.filters.units import describe
from pyannote_strf.analysis.pictures.kernels import plot_filters
from pyannote_strf.analysis.pictures.modulation_plane import plot_moves
from pyannote_strf.models.filters import filters_in


class FilterLog(Callback):
    """Log filters and their displacement to TensorBoard at the end of every epoch.

    The callback does nothing for models without spectro-temporal filters.

    Examples
    --------
    In `config.yml`::

        callbacks:
          - name: FilterLog
    """

    @rank_zero_only
    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log pictures of filters, and medians and means of their displacement."""
        found = filters_in(pl_module)
        loggers = [logger for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)]
        if found is None or not loggers:
            return
        layer, hop, centres = found
        at = float(np.clip(REFERENCE_FREQUENCY, centres[0], centres[-1]))
        first = initial_layer(layer)
        before, now = (describe(each, hop, centres, at) for each in (first, layer))
        distance = jensen_shannon(responses(first), responses(layer))
        moved = displacement(before, now, distance)

        figure = Figure(figsize=(11, 12), layout="constrained")
        top, bottom = figure.subplots(2, 1, height_ratios=(1.6, 1))
        plot_filters(layer, now, hop, top)
        plot_moves(before, now, bottom)
        picture = _pixels(figure)
        for logger in loggers:
            log, step = logger.experiment, trainer.global_step
            log.add_image("filters/kernels and moves", picture, step, dataformats="HWC")
            log.add_scalar("filters/moved, median (bandwidths)", np.median(moved.moved), step)
            log.add_scalar("filters/moved more than one bandwidth", (moved.moved > 1).sum(), step)
            log.add_scalar("filters/distance from origin, mean", moved.distance.mean(), step)


def _pixels(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]
