"""Upstream still has the defects that tasks repair; `tests/tasks` tests the repairs."""

from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from pyannote.audio.tasks import VoiceActivityDetection

from pyannote_strf.models import STRFPyanNet
from tests.conftest import SAMPLE_RATE, TINY_ARCHITECTURE


def prepared(protocol, **options):
    task = VoiceActivityDetection(protocol, batch_size=4, num_workers=0, **options)
    model = STRFPyanNet(**TINY_ARCHITECTURE, task=task)
    task.prepare_data()
    task.setup()
    model.setup()
    model.trainer = SimpleNamespace(global_rank=0, local_rank=0, current_epoch=0)
    return task


def test_upstream_still_reads_metadata_that_it_does_not_write(protocol):
    protocol.preprocessors["domain"] = lambda file: file["uri"]
    with pytest.raises(KeyError, match="metadata"):
        next(prepared(protocol, balance=["domain"]).train__iter__())


def test_upstream_still_mixes_channels(protocol, tmp_path):
    for uri in ("train0", "train1", "train2", "development0", "development1"):
        samples = np.tile([0.0, 0.5], (8 * SAMPLE_RATE, 1))
        soundfile.write(tmp_path / f"{uri}.wav", samples, SAMPLE_RATE)
    protocol.preprocessors["audio"] = lambda file: tmp_path / f"{file['uri']}.wav"
    protocol.preprocessors["channel"] = lambda file: 0
    chunk = prepared(protocol).prepare_chunk(0, 1.0, 2.0)
    assert chunk["X"].mean() == pytest.approx(0.25, rel=0.05)


def test_upstream_still_has_no_loader_without_development(protocol, monkeypatch):
    def missing():
        raise NotImplementedError

    monkeypatch.setattr(protocol, "development", missing)
    assert prepared(protocol).val_dataloader() is None
