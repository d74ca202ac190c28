import numpy as np
import pytest
import soundfile
import torch
from pyannote.audio.core.task import Problem, Resolution, Specifications

from pyannote_strf import STRFCNN10
from pyannote_strf.models.clip_windows import ClipSpecifications
from pyannote_strf.pipelines import AudioTagging
from pyannote_strf.pipelines.audio_tagging import Windows
from tests.conftest import TINY_FRONTEND
from tests.tasks.clips import clip_protocol, prepared

RATE = 16000
CLASSES = ["bass", "treble", "noise"]
MONO, MULTI = Problem.MONO_LABEL_CLASSIFICATION, Problem.MULTI_LABEL_CLASSIFICATION

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def tagger(problem=MULTI, short_clips="pad", windows="random", **options):
    model = STRFCNN10(frontend=TINY_FRONTEND, width=1 / 8)
    model.specifications = ClipSpecifications(
        problem,
        Resolution.CHUNK,
        duration=1.0,
        classes=CLASSES,
        short_clips=short_clips,
        windows=windows,
    )
    model.setup()
    pipeline = AudioTagging(model, **options)
    return pipeline.instantiate(pipeline.default_parameters())


def file(samples, seed=0):
    noise = torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))
    return {"waveform": 0.1 * noise, "sample_rate": RATE, "uri": f"noise{seed}"}


def test_scores_are_the_mean_over_windows_of_which_the_last_ends_with_the_recording():
    pipeline, recording = tagger(step=0.5), file(36000)
    (windows,) = pipeline.windows([recording])
    starts = [0, 8000, 16000, 20000]
    assert windows.regions.tolist() == [[s / RATE, (s + RATE) / RATE] for s in starts]
    with torch.inference_mode():
        expected = [
            pipeline._tagging(recording["waveform"][None, :, s : s + RATE])[0].numpy()
            for s in starts
        ]
    assert np.allclose(windows.scores, expected, atol=1e-5)
    assert np.allclose(pipeline(recording).scores, np.mean(expected, axis=0), atol=1e-5)


@pytest.mark.parametrize("step", [0.25, 0.5, 1.0])
def test_less_than_half_a_step_at_the_end_of_a_recording_is_skipped(step):
    pipeline = tagger(step=step)
    whole = file(32000)
    samples = whole["waveform"]
    half = round(step * RATE / 2)
    for rest, added in ((1, 0), (half - 1, 0), (half, 1), (round(step * RATE) - 1, 1)):
        longer = {**whole, "waveform": torch.cat([samples, samples[:, :rest]], dim=1)}
        before, after = pipeline.windows([whole, longer])
        assert len(after.regions) == len(before.regions) + added
        assert (after.regions[: len(before.regions)] == before.regions).all()
        assert after.regions[-1, 1] == pytest.approx(2 + added * rest / RATE)
        if not added:
            assert np.allclose(pipeline(longer).scores, pipeline(whole).scores, atol=1e-6)


def test_long_recordings_are_read_one_window_at_a_time(tmp_path, monkeypatch):
    pipeline, recording = tagger(step=0.5, batch_size=2), file(5 * RATE)
    path = tmp_path / "long.flac"
    soundfile.write(path, recording["waveform"][0].numpy(), RATE, subtype="PCM_24")
    lengths = []
    read = soundfile.SoundFile.read

    def counted(sound, frames=-1, **options):
        lengths.append(frames)
        return read(sound, frames, **options)

    monkeypatch.setattr(soundfile.SoundFile, "read", counted)
    (found,) = pipeline.windows([path])
    assert set(lengths) == {RATE}
    (expected,) = pipeline.windows([recording])
    assert np.allclose(found.scores, expected.scores, atol=1e-4)
    assert (found.regions == expected.regions).all()


@pytest.mark.parametrize("short_clips", ["repeat", "pad", "pad_left"])
def test_scores_do_not_depend_on_the_batch(short_clips):
    recordings = [file(n, n) for n in (2100, 16000, 40000, 9000, 16001)]
    one, many = (tagger(short_clips=short_clips, batch_size=size) for size in (1, 4))
    many._tagging.load_state_dict(one._tagging.state_dict())
    for left, right in zip(one.windows(recordings), many.windows(recordings), strict=True):
        assert np.allclose(left.scores, right.scores, atol=1e-5)
        assert (left.regions == right.regions).all()


@pytest.mark.parametrize("short_clips", ["repeat", "pad", "pad_left"])
def test_short_clips_are_prepared_as_in_validation(tmp_path, short_clips):
    samples = {uri: 0.1 * np.random.default_rng(0).standard_normal(4000) for uri in ("a", "b")}
    subsets = {"train": {"a": "bass", "b": "treble"}}
    protocol = clip_protocol(tmp_path, subsets, samples=samples)
    task = prepared(protocol, short_clips=short_clips)
    pipeline = AudioTagging(task.model)
    clip = task._window("train", 0)
    with torch.inference_mode():
        expected = task.model(clip["X"][None], torch.tensor([clip["num_samples"]]))[0].exp()
    assert np.allclose(pipeline(tmp_path / "a.wav").scores, expected, atol=1e-5)


def test_short_clips_are_repeated_for_models_of_other_tasks():
    model = tagger(short_clips="repeat")._tagging
    (expected,) = AudioTagging(model).windows([file(4000)])
    model.specifications = Specifications(MULTI, Resolution.CHUNK, duration=1.0, classes=CLASSES)
    (found,) = AudioTagging(model).windows([file(4000)])
    assert np.allclose(found.scores, expected.scores, atol=1e-6)


def test_models_of_all_windows_repeat_the_last_ones_as_the_code_of_fsd50k():
    pipeline = tagger(short_clips="repeat", windows="all")
    for samples in (4000, 16000, 36000):
        recording = file(samples)
        waveform = recording["waveform"][0].numpy()
        parts = [waveform] if samples < RATE else []
        if not parts:
            parts = [waveform[start : start + RATE] for start in range(0, samples, RATE // 2)]
        tiled = [np.tile(part, RATE // len(part) + 1)[:RATE] for part in parts]
        with torch.inference_mode():
            expected = pipeline._tagging(torch.tensor(np.stack(tiled))[:, None]).numpy()
        (windows,) = pipeline.windows([recording])
        assert np.allclose(windows.scores, expected, atol=1e-5)
        assert windows.regions[-1, 1] == samples / RATE


@pytest.mark.parametrize("problem", [MONO, MULTI])
def test_pooled_logits_are_averaged_before_the_activation(problem):
    pipeline, recording = tagger(problem, pool="logits"), file(36000)
    logits = 3 * torch.randn(4, 3)
    activation = torch.nn.Softmax(dim=-1) if problem == MONO else torch.nn.Sigmoid()
    windows = Windows(np.zeros((4, 2)), activation(logits).numpy())
    expected = activation(logits.mean(dim=0))
    assert np.allclose(pipeline.pooled(windows), expected, atol=1e-5)
    assert not np.allclose(pipeline.pooled(windows), windows.scores.mean(axis=0), atol=0.01)
    (windows,) = pipeline.windows([recording])
    assert np.array_equal(pipeline(recording).scores, pipeline.pooled(windows))


def test_pooled_logits_of_sure_scores_are_finite():
    pipeline = tagger(pool="logits")
    scores = np.array([[0, 1, 1], [0, 1, 0]], dtype=np.float32)
    assert np.allclose(pipeline.pooled(Windows(np.zeros((2, 2)), scores)), [0, 1, 0], atol=1e-6)


def test_single_labels_are_the_most_probable_ones():
    labels, scores = tagger(MONO)(file(20000))
    assert scores.sum() == pytest.approx(1, abs=1e-5)
    assert labels == [CLASSES[scores.argmax()]]
    assert tagger(MONO).parameters() == {}


def test_several_labels_reach_the_thresholds_of_their_classes():
    pipeline = tagger()
    scores = pipeline(file(20000)).scores.astype(float)
    limits = scores + np.array([0.001, -0.001, 0.0])
    pipeline.instantiate({f"threshold {n}": float(t) for n, t in zip(CLASSES, limits)})
    assert pipeline.decide(scores).labels == ["treble", "noise"]


def test_other_models_are_rejected(built):
    from pyannote_strf import STRFPyanNet

    with pytest.raises(ValueError, match="STRFPyanNet: not a model for audio tagging"):
        AudioTagging(built(STRFPyanNet(frontend=TINY_FRONTEND)))


def test_damaged_scores_name_the_recording():
    pipeline = tagger()
    torch.nn.init.constant_(pipeline._tagging.classifier.bias, torch.nan)
    with pytest.raises(ValueError, match="noise0: its scores are not finite"):
        pipeline(file(8000))
