"""Pictures of development chunks say what they show.

pyannote.audio 4.0.7 draws reference and scores of some development chunks for TensorBoard ("samples"),
over frames, and hides the axes.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/tasks/segmentation/mixins.py
"""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest.mock import patch

import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter


class SamplesPicture:
    """Mixin of segmentation tasks: seconds on one axis, a name on the other."""

    def validation_step(self, batch: dict[str, Any], batch_idx: int) -> None:
        step = self.model.receptive_field.step
        # the last thing that upstream does before the picture is logged
        with patch.object(plt, "tight_layout", partial(_label, step, plt.tight_layout)):
            super().validation_step(batch, batch_idx)


def _label(step: float, tight_layout: Any) -> None:
    figure = plt.gcf()
    for axes in figure.axes:
        place = axes.get_subplotspec()
        scores = place.rowspan.start % 2
        axes.yaxis.set_visible(True)
        if not scores:
            axes.set_yticks([])
        if place.is_first_col():
            axes.set_ylabel("score" if scores else "speech", fontsize="small")
        if place.is_last_row():
            axes.xaxis.set_visible(True)
            axes.xaxis.set_major_formatter(FuncFormatter(lambda frame, _: f"{frame * step:g}"))
            axes.set_xlabel("time (s)")
    tight_layout()
