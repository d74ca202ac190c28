"""Filters in TensorBoard, while they learn."""

from __future__ import annotations

import numpy as np
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pyannote_strf.analysis.filters.displacement import (
    as_it_began,
    displacement,
    jensen_shannon,
    responses,
)
from pyannote_strf.analysis.filters.units import describe
from pyannote_strf.analysis.pictures.kernels import plot_filters
from pyannote_strf.analysis.pictures.modulation_plane import plot_moves
from pyannote_strf.models.filters import filters_in

# hertz around which octaves are counted, or as near as there are bands
AT = 1000.0


class FilterLog(Callback):
    """Log what filters look like, and how far they have moved, to TensorBoard at every epoch's end.

    Models without spectro-temporal filters are trained as if it were not there.

    Examples
    --------
    In `config.yml`::

        callbacks:
          - name: FilterLog
    """

    @rank_zero_only
    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        found = filters_in(pl_module)
        loggers = [own for own in trainer.loggers if isinstance(own, TensorBoardLogger)]
        if found is None or not loggers:
            return
        layer, hop, centres = found
        at = float(np.clip(AT, centres[0], centres[-1]))
        first = as_it_began(layer)
        before, now = (describe(of, hop, centres, at) for of in (first, layer))
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
