"""Detection of training that diverges."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from pyannote_strf.experiment.directories import TrainDir


class StopAtDivergence(Callback):
    """Raise an error if an output, the loss, or a weight at the end of an epoch is not finite.

    Tasks of pyannote.audio 4.0.7 skip batches whose loss is NaN. Without this callback, training
    would continue without learning.

    Parameters
    ----------
    train_dir : TrainDir
        Directory to name in the error message.
    """

    def __init__(self, train_dir: TrainDir) -> None:
        self.train_dir = train_dir

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start to check the outputs of the model."""
        self._hook = pl_module.register_forward_hook(self._check_output)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop to check the outputs of the model."""
        self._hook.remove()

    def _check_output(self, model: LightningModule, _: Any, output: Any) -> None:
        if isinstance(output, Tensor) and not output.isfinite().all():
            self._stop(model, "the output of the model")

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Check the loss."""
        loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
        if loss is None or not loss.isfinite():
            self._stop(pl_module, "the loss")

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check the weights."""
        for name, value in pl_module.state_dict().items():
            if not value.isfinite().all():
                self._stop(pl_module, name)

    def _stop(self, model: LightningModule, what: str) -> None:
        raise ValueError(
            f"{self.train_dir.path}: diverged at epoch {model.current_epoch + 1}: {what} is not "
            "finite; lower the learning rate, or look for damaged audio with `pyannote-strf "
            "protocols check --thorough`"
        )
