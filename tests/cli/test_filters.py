import csv
import json

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from pyannote_strf import STRFPyanNet
from pyannote_strf.tasks import SpeechActivityDetection
from tests.conftest import TINY_ARCHITECTURE, fit


@pytest.fixture
def checkpoint(protocol, tmp_path):
    """Function that writes a checkpoint of a model with that front-end."""

    def write(**architecture):
        task = SpeechActivityDetection(protocol, batch_size=4, num_workers=0)
        model = STRFPyanNet(**{**TINY_ARCHITECTURE, **architecture}, task=task)
        trainer = fit(model, max_steps=1, limit_val_batches=0)
        if isinstance(getattr(model.frontend, "filters", None), torch.nn.Module):
            values = ([[6.0], [8.0]], [[2.0], [2.0]], [[0.5], [1.0]], [[1.0], [-0.5]])
            model.frontend.filters.assign(*(torch.tensor(value) for value in values))
        trainer.save_checkpoint(tmp_path / "model.ckpt")
        return tmp_path / "model.ckpt"

    return write


def test_filters_are_written_in_physical_units(command, checkpoint, capsys):
    path = checkpoint(frontend={"name": "strf", "num_filters": 2})
    command("filters", path)
    out = path.with_suffix(".filters")
    rows = list(csv.DictReader((out / "filters.csv").open()))
    assert [float(row["rate"]) for row in rows] == pytest.approx(
        [0.5 * np.cos(1.0) / (2 * np.pi * 0.01), np.cos(0.5) / (2 * np.pi * 0.01)],
        rel=1e-4,
    )
    assert [row["direction"] for row in rows] == ["down", "up"]
    summary = json.loads((out / "summary.json").read_text())
    assert summary["filters"] == 2
    rates = [float(row["rate"]) for row in rows]
    assert summary["temporal modulation (Hz)"]["median"] == pytest.approx(np.mean(rates), rel=1e-4)
    assert imread(out / "filters.png").std() > 0.1
    assert "1 up, 1 down, 0 none" in capsys.readouterr().out


def test_mistakes_are_one_line(mistake, checkpoint, tmp_path):
    path = checkpoint(frontend={"name": "strf", "num_filters": 2})
    assert "90000.0 Hz is outside of the bands" in mistake("filters", path, "--at=90000")
    path = checkpoint(frontend={"name": "mel"})
    assert "no spectro-temporal filters" in mistake("filters", path)
    assert "no such checkpoint" in mistake("filters", tmp_path / "none.ckpt")
    assert not path.with_suffix(".filters").exists()
