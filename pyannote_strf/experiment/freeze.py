"""Lightning callback that keeps parts of a model as they are."""

from __future__ import annotations

from collections.abc import Sequence

from lightning.pytorch import Callback, LightningModule, Trainer

from pyannote_strf.checks import check_type
from pyannote_strf.messages import did_you_mean


class Freeze(Callback):
    """Keep modules of a model as they are during training, to fine-tune the others.

    Weights do not change, and neither do statistics of batch normalisation. Dropout of these
    modules is off.

    Parameters
    ----------
    modules : list of str
        Names of modules, such as "frontend" or "backend.conv_block1".

    Raises
    ------
    ValueError
        If `modules` is not a list of names. At the start of training, if the model has no such
        module, or it is the classifier, which depends on the task.

    Examples
    --------
    In `config.yml`::

        callbacks:
          - name: Freeze
            params: {modules: [frontend, backend]}
    """

    def __init__(self, modules: Sequence[str]) -> None:
        check_type("modules", modules, list[str])
        self.modules = modules

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Freeze parameters before the optimiser is built."""
        known = [name for name, _ in pl_module.named_modules() if name]
        for name in self.modules:
            if name not in known:
                raise ValueError(
                    f"Freeze: module {name!r} does not exist{did_you_mean(name, known)}"
                )
            pl_module.get_submodule(name).requires_grad_(False)

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check that no module was replaced since, as the classifier is."""
        for name in self.modules:
            parameters = pl_module.get_submodule(name).parameters()
            if any(parameter.requires_grad for parameter in parameters):
                raise ValueError(f"Freeze: {name!r} depends on the task, and is always trained")

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Freeze statistics of batch normalisation, and turn dropout off."""
        for name in self.modules:
            pl_module.get_submodule(name).eval()
