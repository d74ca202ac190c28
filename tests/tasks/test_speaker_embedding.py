from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
import torch.nn.functional as F
import yaml
from pyannote.core import Segment, Timeline
from pyannote.database import FileFinder, registry

from pyannote_strf import STRFTDNN
from pyannote_strf.audio import Audio
from pyannote_strf.metrics.verification import equal_error_rate, tradeoff
from pyannote_strf.tasks import SpeakerEmbedding
from pyannote_strf.tasks.losses import LOSSES
from pyannote_strf.tasks.speech_turns import speech_turns
from pyannote_strf.tasks.trial_metric import TrialEqualErrorRate
from tests.conftest import FRONTENDS, TINY_FRONTEND, fit

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def task_of(protocol, **options):
    small = {"num_classes_per_batch": 4, "num_chunks_per_class": 2, "num_workers": 0}
    return SpeakerEmbedding(protocol, **{**small, "duration": 1.0, **options})


def prepared(protocol, **options):
    task = task_of(protocol, **options)
    model = STRFTDNN(frontend=TINY_FRONTEND, dimension=16, task=task)
    task.prepare_data()
    task.setup()
    model.setup()
    # the trainer seeds random numbers
    model._trainer = SimpleNamespace(
        global_rank=0, local_rank=0, node_rank=0, num_nodes=1, current_epoch=0
    )
    return task


@pytest.mark.parametrize("frontend", FRONTENDS, ids=lambda f: f["name"])
@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_trains_each_frontend(verification, frontend, loss):
    model = STRFTDNN(frontend=frontend, dimension=16, task=task_of(verification, loss=loss))
    before = {name: value.clone() for name, value in model.named_parameters()}
    trainer = fit(model, max_steps=2)
    assert trainer.global_step == 2
    assert trainer.callback_metrics["loss/train"].isfinite()
    moved = {
        name
        for name, value in before.items()
        if not torch.equal(value, dict(model.named_parameters())[name])
    }
    assert moved == set(before)
    assert ("loss_func.W" in dict(model.named_parameters())) == (loss != "triplet")


def test_validation_logs_the_equal_error_rate_of_the_middle_of_recordings(verification):
    model = STRFTDNN(frontend=TINY_FRONTEND, dimension=16, task=task_of(verification))
    trainer = fit(model, max_epochs=1, limit_train_batches=1)
    model.eval()
    embeddings = {}
    for file in verification.development():
        waveform, _ = Audio(sample_rate=16000)(file)
        with torch.no_grad():
            # recordings of 2 s
            embeddings[file["uri"]] = model(waveform[None, :, 8000:24000])[0]
    trials = list(verification.development_trial())
    scores = [
        F.cosine_similarity(*(embeddings[trial[f"file{n}"]["uri"]] for n in (1, 2)), dim=0).item()
        for trial in trials
    ]
    expected = equal_error_rate(tradeoff([trial["reference"] for trial in trials], scores)).rate
    assert trainer.callback_metrics["EqualErrorRate"] == pytest.approx(expected, abs=1e-6)


def test_equal_error_rate_is_nan_until_all_recordings_are_embedded():
    metric = TrialEqualErrorRate(np.array([[1, 0, 1], [0, 1, 2]]))
    metric.update(torch.eye(3)[[2, 0]], torch.tensor([2, 0]))
    assert metric.compute().isnan()
    # the same recording twice, as if two processes embedded it
    metric.update(torch.eye(3)[[0, 0]], torch.tensor([1, 0]))
    assert metric.compute() == 0.0


def test_equal_error_rate_supports_half_precision():
    metric = TrialEqualErrorRate(np.array([[1, 0, 1], [0, 0, 2]]))
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    metric.update(embeddings.to(torch.bfloat16), torch.tensor([0, 1, 2]))
    assert metric.compute() == 0


def test_batches_hold_the_same_number_of_chunks_of_each_speaker(verification):
    task = prepared(verification)
    chunks = task.train__iter__()
    seen = set()
    for _ in range(6):
        batch = list(islice(chunks, 8))
        labels = [chunk["y"] for chunk in batch]
        assert all(chunk["X"].shape == (1, 16000) for chunk in batch)
        assert all(first == second for first, second in zip(labels[::2], labels[1::2]))
        assert len(set(labels)) == 4
        seen |= set(labels)
    assert seen == set(range(8))
    # 8 speakers, 3 recordings of 2 s each
    assert task.train__len__() == 48
    # 86.4 chunks of 1 s, in whole batches of 8
    assert prepared(verification, per_epoch=0.001).train__len__() == 80


def turns_of(tmp_path, turns, scope="global", task="SpeakerVerification"):
    """Return a protocol of turns (recording, speaker, start, end) in 4 s of silence.

    Samples of speech are a tenth of the speaker's number.
    """
    lines = []
    for uri in sorted({uri for uri, *_ in turns}):
        audio = np.zeros(64000)
        for of, speaker, start, end in turns:
            if of == uri:
                audio[round(16000 * start) : round(16000 * end)] = 0.1 * int(speaker)
                lines.append(
                    f"SPEAKER {uri} 1 {start} {end - start} <NA> <NA> {speaker} <NA> <NA>\n"
                )
        soundfile.write(tmp_path / f"{uri}.wav", audio, 16000, subtype="FLOAT")
    (tmp_path / "train.lst").write_text("".join(f"{uri}\n" for uri in {uri for uri, *_ in turns}))
    (tmp_path / "train.rttm").write_text("".join(lines))
    (tmp_path / "train.uem").write_text("".join(f"{uri} 1 0 4\n" for uri, *_ in turns))
    train = {"uri": "train.lst", "annotation": "train.rttm", "annotated": "train.uem"}
    database_yml = {
        "Databases": {"Turns": "{uri}.wav"},
        "Protocols": {"Turns": {task: {"All": {"scope": scope, "train": train}}}},
    }
    (tmp_path / "database.yml").write_text(yaml.safe_dump(database_yml))
    registry.load_database(tmp_path / "database.yml")
    return registry.get_protocol(f"Turns.{task}.All", {"audio": FileFinder()})


TURNS = [("a", "1", 0.0, 1.5), ("a", "2", 2.0, 4.0), ("b", "1", 1.0, 1.8), ("b", "3", 2.0, 4.0)]


def test_chunks_hold_speech_of_their_speaker_only(tmp_path):
    task = prepared(turns_of(tmp_path, TURNS))
    # "b" has a turn of 0.8 s, too short
    assert task.train__len__() == 8
    for chunk in islice(task.train__iter__(), 60):
        speaker = task.specifications.classes[chunk["y"]]
        torch.testing.assert_close(chunk["X"], torch.full((1, 16000), 0.1 * int(speaker)))


def test_random_durations_are_the_same_within_a_batch(tmp_path):
    """Upstream's chunks differ by a sample where a turn is shorter than its batch."""
    task = prepared(turns_of(tmp_path, TURNS), min_duration=0.5, duration=2.0)
    chunks = task.train__iter__()
    lengths = []
    for _ in range(60):
        batch = list(islice(chunks, 8))
        (length,) = {chunk["X"].shape[1] for chunk in batch}
        lengths.append(length)
        for chunk in batch:
            level = 0.1 * int(task.specifications.classes[chunk["y"]])
            speech = chunk["X"][0] != 0
            torch.testing.assert_close(
                chunk["X"][0, speech], torch.full((int(speech.sum()),), level)
            )
            assert speech.sum() >= min(length, 12800) - 1
    assert 8000 <= min(lengths) < 12000
    assert 28000 < max(lengths) <= 32000


@pytest.mark.parametrize(
    ("scope", "speakers"),
    [
        ("global", ["1", "2", "3"]),
        ("database", ["Turns 1", "Turns 2", "Turns 3"]),
        ("file", ["a 1", "a 2", "b 1", "b 3"]),
    ],
)
def test_scope_tells_which_names_stand_for_the_same_speaker(tmp_path, scope, speakers):
    protocol = turns_of(tmp_path, TURNS, scope, task="SpeakerDiarization")
    assert sorted({turn.speaker for turn in speech_turns(protocol.train())}) == speakers
    assert prepared(protocol, duration=0.5).specifications.classes == speakers


def test_training_supports_diarization_protocols(tmp_path):
    task = task_of(turns_of(tmp_path, TURNS, task="SpeakerDiarization"), duration=0.5)
    trainer = fit(STRFTDNN(frontend=TINY_FRONTEND, task=task), max_epochs=1)
    assert trainer.callback_metrics["loss/train"].isfinite()
    assert "EqualErrorRate" not in trainer.callback_metrics


def test_speakers_with_little_speech_are_skipped(tmp_path, caplog):
    protocol = turns_of(tmp_path, [*TURNS, ("c", "2", 0.0, 1.0)])
    for least, speakers in ((2.0, ["1", "2", "3"]), (2.1, ["1", "2"])):
        task = prepared(protocol, duration=0.5, label_min_duration=least)
        assert task.specifications.classes == speakers
    assert "1 of 3 speakers are skipped" in caplog.text
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duration": 3.0}, "has 0 with turns of 3 s"),
        ({"label_min_duration": 2.2}, "has 1 with turns of 1 s and, in all, 2.2 s of speech"),
    ],
)
def test_fewer_than_two_speakers_are_refused(tmp_path, options, message):
    turns = [*TURNS, ("c", "2", 0.0, 1.0)]
    with pytest.raises(ValueError, match=message):
        task_of(turns_of(tmp_path, turns), **options).prepare_data()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "hinge"}, "loss must be one of additive_angular_margin, .*got 'hinge'"),
        ({"loss": "softmax", "margin": 0.1}, "loss 'softmax' has no margin"),
        (
            {"loss": "triplet", "num_chunks_per_class": 1},
            "num_chunks_per_class must be a number from 2",
        ),
        ({"loss": "triplet", "num_classes_per_batch": 1}, "num_classes_per_batch must be a number"),
        ({"duration": 0}, r"duration must be a number from 0\.3, got 0"),
        ({"min_duration": 2.0}, r"min_duration \(2 s\) is above duration \(1 s\)"),
        ({"margin": -3}, r"margin must be a number from 0 to 3\.14159, got -3"),
        # degrees
        ({"margin": 11.4}, r"margin must be a number from 0 to 3\.14159, got 11\.4"),
        ({"num_classes_per_batch": 2.5}, "num_classes_per_batch must be a positive integer"),
        ({"scale": "30"}, "scale must be a number from 1e-09, got '30'"),
        ({"per_epoch": 0}, "per_epoch must be a number"),
        ({"label_min_duration": "abc"}, "label_min_duration must be a number"),
        ({"batch_size": 5}, "a batch of 5 cannot hold 2 chunks of each of 1 speakers"),
        ({"loss": "triplet", "batch_size": 2}, "a batch of 2 cannot hold 2 chunks of each of 2"),
        ({"num_chunks_per_class": 0, "batch_size": 4}, "num_chunks_per_class must be a positive"),
    ],
)
def test_invalid_options_are_refused(verification, options, message):
    with pytest.raises(ValueError, match=message):
        task_of(verification, **options)


def test_validation_reads_the_middle_of_the_part_to_compare(verification, monkeypatch):
    verification.preprocessors["try_with"] = lambda file: Timeline([Segment(0.0, 1.2)])
    task = prepared(verification)
    item = task.val__getitem__(0)
    recording = task.prepared_data["trial-recordings"][0]
    expected, _ = Audio()(recording["audio"])
    torch.testing.assert_close(item["X"], expected[:, 1600:17600])


def test_chunks_are_read_from_the_channel_of_the_file(tmp_path):
    protocol = turns_of(tmp_path, TURNS)
    for path in tmp_path.glob("*.wav"):
        samples, _ = soundfile.read(path)
        soundfile.write(path, np.stack([samples, -samples], axis=1), 16000, subtype="FLOAT")
    protocol.preprocessors["channel"] = lambda file: 1
    for chunk in islice(prepared(protocol).train__iter__(), 20):
        assert (chunk["X"] < 0).all()


def test_development_trials_without_impostors_are_refused(verification, monkeypatch):
    trials = [t for t in verification.development_trial() if t["reference"] == 1]
    monkeypatch.setattr(verification, "development_trial", lambda: iter(trials))
    with pytest.raises(ValueError, match="undefined: no trial of two speakers"):
        task_of(verification).prepare_data()


def test_setup_reads_the_cache_but_neither_protocol_nor_audio(verification, monkeypatch, tmp_path):
    task_of(verification, cache=tmp_path / "cache").prepare_data()

    def refuse(*_):
        raise AssertionError("read again")

    for name in ("train_iter", "development_trial_iter"):
        monkeypatch.setattr(type(verification), name, refuse, raising=False)
    monkeypatch.setattr(soundfile.SoundFile, "__init__", refuse)
    monkeypatch.setattr(
        "pyannote.audio.core.task.check_protocol",
        lambda protocol: (
            protocol,
            {"has_validation": True, "has_scope": True, "has_classes": False},
        ),
    )
    task = prepared(verification, cache=tmp_path / "cache")
    assert len(task.specifications.classes) == 8
    assert task.val__len__() == 9
    with pytest.raises(AssertionError, match="read again"):
        next(task.train__iter__())


@pytest.mark.parametrize("options", [{"min_duration": 0.4}, {"label_min_duration": 0.5}])
def test_a_cache_with_other_turns_is_refused(verification, tmp_path, options):
    task_of(verification, cache=tmp_path / "cache").prepare_data()
    with pytest.raises(ValueError, match=r"cache: made with .*, not .*; use another cache file$"):
        prepared(verification, cache=tmp_path / "cache", **options)
