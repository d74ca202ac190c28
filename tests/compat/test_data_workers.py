"""Upstream still has the defects that data_workers repairs; this package does not."""

import pickle
from types import SimpleNamespace

import pytest
import torch
from pyannote.audio.tasks import VoiceActivityDetection

import pyannote_strf.compat.data_workers  # noqa: F401
from pyannote_strf import STRFPyanNet
from tests.conftest import TINY_ARCHITECTURE


def test_upstream_still_cannot_pickle_protocols(protocol):
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(protocol)


def test_lightning_still_pickles_models_without_their_trainer():
    model = STRFPyanNet(**TINY_ARCHITECTURE)
    model.trainer = SimpleNamespace(current_epoch=3)
    assert model.current_epoch == 3
    assert pickle.loads(pickle.dumps(model)).current_epoch == 0


def chunks(task):
    """Return the first chunks that a worker draws from a pickled task."""
    batches = pickle.loads(pickle.dumps(task)).train__iter__()
    return torch.stack([next(batches)["X"] for _ in range(4)])


def test_pickled_tasks_draw_other_chunks_in_each_epoch_and_process(protocol, built):
    task = VoiceActivityDetection(protocol, duration=2.0, batch_size=4, num_workers=0)
    task.prepare_data()
    task.setup()
    model = built(STRFPyanNet(**TINY_ARCHITECTURE, task=task))
    drawn = {}
    for epoch, rank in ((0, 0), (1, 0), (0, 1)):
        position = SimpleNamespace(
            current_epoch=epoch, global_rank=rank, local_rank=rank, world_size=2
        )
        task.trainer = model.trainer = position
        drawn[epoch, rank] = chunks(task)
        here = task.train__iter__()
        expected = torch.stack([next(here)["X"] for _ in range(4)])
        assert torch.equal(drawn[epoch, rank], expected), "as in the process that sent it"
    assert not torch.equal(drawn[0, 0], drawn[1, 0])
    assert not torch.equal(drawn[0, 0], drawn[0, 1])


def test_pickled_tasks_draw_chunks_with_the_seed_of_the_process_that_sent_them(
    protocol, built, monkeypatch
):
    task = VoiceActivityDetection(protocol, duration=2.0, batch_size=4, num_workers=0)
    task.prepare_data()
    task.setup()
    model = built(STRFPyanNet(**TINY_ARCHITECTURE, task=task))
    task.trainer = model.trainer = SimpleNamespace(
        current_epoch=0, global_rank=0, local_rank=0, world_size=1
    )
    monkeypatch.setenv("PL_GLOBAL_SEED", "1")
    here = task.train__iter__()
    expected = torch.stack([next(here)["X"] for _ in range(4)])
    sent = pickle.dumps(task)
    # as in a fork server that an earlier training started
    monkeypatch.setenv("PL_GLOBAL_SEED", "2")
    worker = pickle.loads(sent).train__iter__()
    assert torch.equal(torch.stack([next(worker)["X"] for _ in range(4)]), expected)
