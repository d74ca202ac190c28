import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from pyannote_strf.analysis.filters.filter_analysis import analyse
from pyannote_strf.applications.base import get_application
from pyannote_strf.database.protocols import load_registry
from pyannote_strf.experiment.train import train
from pyannote_strf.models.checkpoint import load_model
from pyannote_strf.models.filters import filters_in
from pyannote_strf.reports.filter_log import FilterLog
from tests.conftest import PROTOCOL


@pytest.fixture
def run(experiment, corpus, tmp_path):
    """Function that trains for two epochs, and gives its directory."""
    load_registry(corpus / "database.yml")

    def run(callbacks=(), name="strf"):
        root = tmp_path / f"{name}-{len(callbacks)}"
        root.mkdir()
        config = (experiment / "config.yml").read_text()
        (root / "config.yml").write_text(config.replace("name: strf", f"name: {name}"))
        return train(
            get_application("sad"),
            root,
            PROTOCOL,
            end=2,
            num_workers=0,
            accelerator="cpu",
            callbacks=callbacks,
            seed=1,
        )

    return run


def logged(train_dir):
    events = EventAccumulator(str(train_dir.path / "logs"), size_guidance={"images": 0})
    return events.Reload()


def test_filters_and_their_moves_are_logged_at_every_epoch(run):
    train_dir = run([FilterLog()])
    events = logged(train_dir)
    pictures = events.Images("filters/kernels and moves")
    assert len(pictures) == 2
    assert pictures[0].encoded_image_string != pictures[1].encoded_image_string
    for epoch, event in enumerate(events.Scalars("filters/moved, median (bandwidths)"), start=1):
        layer, hop, centres = filters_in(load_model(train_dir.checkpoint(epoch)))
        moved = analyse("model", layer, hop, centres).displacement.moved
        assert event.value == pytest.approx(np.median(moved), rel=1e-4)
        assert event.value > 0
    assert epoch == 2
    assert len(events.Scalars("filters/distance from origin, mean")) == 2


def test_logging_does_not_change_training(run):
    states = []
    for callbacks in ([], [FilterLog()]):
        checkpoint = torch.load(run(callbacks).checkpoint(2), weights_only=False)
        states.append(checkpoint["state_dict"])
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
