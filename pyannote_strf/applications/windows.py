"""Applications whose pipeline slides windows over recordings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyannote_strf.applications.base import Application
from pyannote_strf.applications.types import BadParams
from pyannote_strf.checks import check_number

if TYPE_CHECKING:
    # slow import, which `--help` does not need
    from pyannote.audio import Model

MIN_STEP = 0.01
BATCH_SIZE = 32

STEP_HELP = "Step between windows, as a ratio of their duration."
Step = Annotated[float, typer.Option(min=MIN_STEP, max=1.0, help=STEP_HELP)]
SavedStep = Annotated[
    float | None,
    typer.Option(min=MIN_STEP, max=1.0, help=f"{STEP_HELP} Defaults to that of `validate`."),
]
Batch = Annotated[int, typer.Option(min=1, help="Number of windows in a batch.")]


class WindowedApplication(Application):
    """Base class of applications with the options `step` and `batch`.

    The pipeline takes `step`, in seconds, and `batch_size`.
    """

    def saved_options(self, options: Any) -> dict[str, Any]:
        """Return the step."""
        return {"step": options.step}

    def pipeline_options(self, model: Model, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the step in seconds, and the number of windows in a batch."""
        from pyannote_strf.applications.models import specifications_of

        try:
            check_number("step", options.get("step"), least=MIN_STEP, most=1)
        except ValueError as error:
            raise BadParams(str(error)) from None
        return {
            "step": options["step"] * specifications_of(model).duration,
            "batch_size": options.get("batch", BATCH_SIZE),
        }
