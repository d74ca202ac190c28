from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
import torch.nn.functional as F
from pyannote.audio.tasks import VoiceActivityDetection
from pyannote.core import Segment, Timeline

from pyannote_strf.models import STRFPyanNet
from pyannote_strf.tasks import SpeechActivityDetection
from tests.conftest import SAMPLE_RATE, TINY_ARCHITECTURE, fit


def prepared(protocol, **options):
    task = SpeechActivityDetection(protocol, batch_size=4, num_workers=0, **options)
    model = STRFPyanNet(**TINY_ARCHITECTURE, task=task)
    task.prepare_data()
    task.setup()
    model.setup()
    # the trainer seeds random numbers
    model._trainer = SimpleNamespace(
        global_rank=0, local_rank=0, node_rank=0, num_nodes=1, current_epoch=0
    )
    return task


def test_task_is_upstreams_task(protocol):
    assert issubclass(SpeechActivityDetection, VoiceActivityDetection)
    # 3 files of 8 s
    assert prepared(protocol).train__len__() == 12


def test_per_epoch_is_in_days(protocol):
    assert prepared(protocol, per_epoch=0.5).train__len__() == 0.5 * 24 * 3600 / 2.0


def test_chunks_longer_than_all_regions_are_refused(protocol):
    task = SpeechActivityDetection(protocol, duration=10.0)
    with pytest.raises(ValueError, match="no annotated region of the train subset lasts 10 s"):
        task.prepare_data()


def test_balance_draws_chunks_of_each_domain_equally(protocol):
    """pyannote.audio 4.0.7 fails with KeyError: 'metadata'."""
    protocol.preprocessors["domain"] = lambda file: "odd" if file["uri"][-1] in "13" else "even"
    task = prepared(protocol, balance=["domain"])
    domains = task.prepared_data["metadata"]["domain"]
    chunks = task.train__iter__()
    drawn = [domains[next(chunks)["meta"]["domain"]] for _ in range(200)]
    # one file out of three is odd
    assert 70 < drawn.count("odd") < 130


def test_chunks_are_read_from_the_channel_of_the_file(protocol, tmp_path):
    """pyannote.audio 4.0.7 mixes all channels."""
    quiet, loud = 0.001, 0.5
    for uri in ("train0", "train1", "train2", "development0", "development1"):
        samples = np.tile([quiet, loud], (8 * SAMPLE_RATE, 1))
        soundfile.write(tmp_path / f"{uri}.wav", samples, SAMPLE_RATE)
    protocol.preprocessors["audio"] = lambda file: tmp_path / f"{file['uri']}.wav"
    protocol.preprocessors["channel"] = lambda file: 0
    chunk = prepared(protocol).prepare_chunk(0, 1.0, 2.0)
    assert chunk["X"].mean() == pytest.approx(quiet, rel=0.05)


@pytest.mark.parametrize("annotated", [4.0, 8.0])
def test_validation_loss_ignores_warm_up(protocol, annotated):
    protocol.preprocessors["annotated"] = lambda file: Timeline([Segment(0, annotated)])
    task = SpeechActivityDetection(protocol, batch_size=3, num_workers=0, warm_up=(0.5, 0.2))
    model = STRFPyanNet(**TINY_ARCHITECTURE, task=task)
    trainer = fit(model, max_epochs=1)
    model.eval()
    losses = []
    for index in range(task.val__len__()):
        chunk = task.val__getitem__(index)
        with torch.no_grad():
            scores = model(chunk["X"][None])[0]
        start, end = round(0.25 * len(scores)), len(scores) - round(0.1 * len(scores))
        target = torch.from_numpy(chunk["y"].data).float()
        losses += F.binary_cross_entropy(scores, target, reduction="none")[start:end]
    expected = float(torch.cat(losses).mean())
    assert float(trainer.callback_metrics["loss/val"]) == pytest.approx(expected, rel=1e-4)
    assert 0 <= trainer.callback_metrics["BinaryAUROC"] <= 1


def test_training_sets_without_pauses_are_refused(voices, verification):
    task = SpeechActivityDetection(verification, batch_size=4, num_workers=0)
    with pytest.raises(ValueError, match="annotated as speech throughout"):
        task.prepare_data()


def test_training_supports_verification_protocols_with_pauses(verification):
    def annotated(file):
        return Timeline([Segment(0, 2)])

    verification.preprocessors["annotated"] = annotated
    verification.preprocessors["annotation"] = lambda file: (
        annotated(file).crop(Segment(0.5, 1.0)).to_annotation(generator="string")
    )
    task = SpeechActivityDetection(verification, batch_size=8, num_workers=0)
    trainer = fit(STRFPyanNet(**TINY_ARCHITECTURE, task=task), max_epochs=1)
    assert 0 < trainer.callback_metrics["BinaryAUROC"] < 1


def test_training_supports_protocols_without_development_set(protocol, monkeypatch):
    """pyannote.audio 4.0.7 with Lightning 2.6: TypeError, 'NoneType' object is not iterable."""

    def missing():
        raise NotImplementedError

    monkeypatch.setattr(protocol, "development", missing)
    task = SpeechActivityDetection(protocol, batch_size=4, num_workers=0)
    trainer = fit(STRFPyanNet(**TINY_ARCHITECTURE, task=task), max_epochs=1)
    assert trainer.callback_metrics["loss/train"].isfinite()
