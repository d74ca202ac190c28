"""Lightning still has the defects that callbacks repair; `test_resume.py` tests the repairs."""

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from torch.utils.data import DataLoader

from pyannote_strf.compat.completed_epoch import CompletedEpoch
from pyannote_strf.compat.plateau_step import PlateauStep


class Plateau(LightningModule):
    """Model whose scheduler halves the learning rate after every epoch."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def training_step(self, batch, batch_idx):
        self.log("loss", 1.0, on_epoch=True)
        return (self.weight * batch).sum()

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=1.0)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, mode="max", patience=0, threshold=0.5, factor=0.5
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "monitor": "loss"},
        }


class AtEpochEnd(Checkpoint):
    def __init__(self, path):
        self.path = path

    def on_train_epoch_end(self, trainer, pl_module):
        trainer.save_checkpoint(self.path)


def fit(path, epochs, *callbacks, resumed=False):
    model = Plateau()
    trainer = Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[*callbacks, AtEpochEnd(path)],
    )
    loader = DataLoader(torch.ones(2, 1))
    trainer.fit(model, loader, ckpt_path=path if resumed else None, weights_only=True)
    return trainer


def counts(path):
    content = torch.load(path, weights_only=True)
    current = content["loops"]["fit_loop"]["epoch_progress"]["current"]
    return current["completed"], current["processed"]


def test_lightning_still_saves_an_epoch_as_not_completed(tmp_path):
    fit(tmp_path / "last.ckpt", 2)
    assert counts(tmp_path / "last.ckpt") == (1, 2)
    fit(tmp_path / "last.ckpt", 2, CompletedEpoch())
    assert counts(tmp_path / "last.ckpt") == (2, 2)


def rate_after(path, *callbacks):
    fit(path, 2, *callbacks)
    trainer = fit(path, 3, *callbacks, resumed=True)
    return trainer.optimizers[0].param_groups[0]["lr"]


def test_lightning_still_loses_a_step_of_plateau_schedulers(tmp_path):
    whole = fit(tmp_path / "whole.ckpt", 3).optimizers[0].param_groups[0]["lr"]
    assert rate_after(tmp_path / "a.ckpt", CompletedEpoch()) > whole
    assert rate_after(tmp_path / "b.ckpt", CompletedEpoch(), PlateauStep()) == whole
