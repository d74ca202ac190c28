import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from pyannote_strf.experiment.filters.log import FilterLog
from pyannote_strf.experiment.protocols import load_registry
from pyannote_strf.experiment.train import train
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
            root, PROTOCOL, end=2, num_workers=0, accelerator="cpu", callbacks=callbacks, seed=1
        )

    return run


def logged(train_dir):
    events = EventAccumulator(str(train_dir.path / "logs"), size_guidance={"images": 0})
    return events.Reload()


def test_filters_and_their_moves_are_logged_at_every_epoch(run):
    events = logged(run([FilterLog()]))
    pictures = events.Images("filters/kernels and moves")
    assert len(pictures) == 2
    assert pictures[0].encoded_image_string != pictures[1].encoded_image_string
    moved = [event.value for event in events.Scalars("filters/moved, median (bandwidths)")]
    assert 0 < moved[0] < moved[1]
    assert len(events.Scalars("filters/distance from origin, mean")) == 2


def test_training_does_not_depend_on_it(run):
    states = []
    for callbacks in ([], [FilterLog()]):
        checkpoint = torch.load(run(callbacks).checkpoint(2), weights_only=False)
        states.append(checkpoint["state_dict"])
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
