"""Script that `torchrun` runs in two processes, see test_several_processes.py."""

import json
import sys
from pathlib import Path

import torch.distributed
from lightning.pytorch import Callback

from pyannote_strf.applications.base import get_application
from pyannote_strf.database.protocols import load_registry
from pyannote_strf.experiment.train import train


class Record(Callback):
    """Record the data and the results of this process."""

    def __init__(self):
        self.seen = {"train": [], "validated": 0}

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.seen["train"] += batch["X"].double().abs().sum(dim=(1, 2)).tolist()

    def on_validation_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if "y" in batch:
            self.seen["validated"] += int((batch["y"] <= 1).sum())

    def on_fit_end(self, trainer, pl_module):
        self.seen["metrics"] = {k: float(v) for k, v in trainer.callback_metrics.items()}
        self.seen["weights"] = sum(float(p.double().sum()) for p in pl_module.parameters())


def main(folder: Path) -> None:
    load_registry(folder / "database.yml")
    runs = json.loads((folder / "runs.json").read_text())
    for name, application, protocol, start, end in runs:
        record = Record()
        train(
            get_application(application),
            folder / name,
            protocol,
            start=start,
            end=end,
            num_workers=1,
            callbacks=[record],
            accelerator="cpu",
            devices=2,
            strategy="ddp",
        )
        seen = [None, None]
        torch.distributed.all_gather_object(seen, record.seen)
        if torch.distributed.get_rank() == 0:
            (folder / name / f"seen-{end}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
