import pickle
import time
from collections import Counter
from itertools import islice

import numpy as np
import pytest
import soundfile
import torch

from tests.tasks.clips import (
    RAMP,
    RATE,
    SINGLE,
    TONES,
    clip_protocol,
    place,
    prepared,
    ramps,
    single,
    task_of,
)

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


def first_samples(task, count):
    return [float(clip["X"][0, 100]) for clip in islice(task.train__iter__(), count)]


def test_epoch_holds_each_clip_once_in_all_workers_and_processes(tmp_path):
    task = prepared(clip_protocol(tmp_path, {"train": single("train", 8)}))
    assert task.train__len__() == 24
    whole = first_samples(task, 24)
    assert len(set(whole)) == 24
    assert first_samples(task, 24) == whole
    place(task, epoch=1)
    assert first_samples(task, 24) != whole
    drawn = []
    for rank in (0, 1):
        place(task, rank=rank, size=2)
        assert task.train__len__() == 12
        # as in a worker started by spawn
        worker = pickle.loads(pickle.dumps(task))
        drawn += [first_samples(worker, 12)]
        assert drawn[-1] == first_samples(task, 12)
    labels = Counter(task.prepared_data["train-targets"].argmax(axis=1).tolist())
    assert labels == {0: 8, 1: 8, 2: 8}
    assert not set(drawn[0]) & set(drawn[1])


def test_clips_are_drawn_by_the_seed(tmp_path, monkeypatch):
    task = prepared(clip_protocol(tmp_path, SINGLE))
    drawn = set()
    for seed in ("1", "1", "2"):
        monkeypatch.setenv("PL_GLOBAL_SEED", seed)
        drawn.add(tuple(first_samples(task, 12)))
    assert len(drawn) == 2


def test_balanced_training_draws_rare_classes_as_often(tmp_path):
    tags = {f"a{n}": "bass" for n in range(9)} | {"b": "treble"}
    task = prepared(clip_protocol(tmp_path, {"train": tags}), balance=True)
    drawn = Counter(int(clip["y"].argmax()) for clip in islice(task.train__iter__(), 400))
    assert 150 < drawn[0] < 250


def test_long_clips_are_cropped_at_random_in_training_and_in_the_middle_in_validation(tmp_path):
    samples = {uri: RAMP for uri in SINGLE["development"]}
    task = prepared(clip_protocol(tmp_path, SINGLE, samples))
    middle = task.val__getitem__(0)["X"][0]
    torch.testing.assert_close(middle, torch.tensor(RAMP[4800:11200], dtype=torch.float32))
    task = ramps(tmp_path)
    starts = set()
    for clip in islice(task.train__iter__(), 40):
        if clip["y"][0]:
            assert clip["X"].shape == (1, 6400)
            assert clip["num_samples"] == 6400
            torch.testing.assert_close(
                clip["X"].diff(), torch.full((1, 6399), 1 / RATE), atol=1e-6, rtol=0
            )
            starts.add(float(clip["X"][0, 0]))
    assert len(starts) > 10
    assert min(starts) < 0.1 < 0.5 < max(starts) <= 0.6


def test_short_clips_are_repeated_or_padded(tmp_path):
    short = torch.tensor(RAMP[:2080], dtype=torch.float32)
    for option, expected, num_samples in (
        ("repeat", short.repeat(4)[:6400], 6400),
        ("pad", torch.cat([short, torch.zeros(4320)]), 2080),
    ):
        task = ramps(tmp_path, short_clips=option)
        clips = list(islice(task.train__iter__(), 4))
        clip = next(clip for clip in clips if clip["y"][1])
        torch.testing.assert_close(clip["X"][0], expected)
        assert clip["num_samples"] == num_samples


def test_ten_thousand_clips_are_prepared_in_seconds_without_opening_audio(tmp_path, monkeypatch):
    subsets = {"train": {"clip": "bass", "other": "treble"}}
    protocol = clip_protocol(tmp_path, subsets)
    uris = [f"clip{n}" for n in range(10_000)]
    (tmp_path / "train.lst").write_text("\n".join(uris))
    rows = "\n".join(f"{uri},{'bass' if n % 2 else 'treble'}" for n, uri in enumerate(uris))
    (tmp_path / "train.tags").write_text(f"uri,label\n{rows}\n")

    def refuse(*_):
        raise AssertionError("read")

    protocol.preprocessors.update(
        audio=lambda file: tmp_path / "clip.wav", annotated=refuse, duration=refuse
    )
    monkeypatch.setattr(soundfile.SoundFile, "__init__", refuse)
    start = time.perf_counter()
    task = prepared(protocol, class_weights="balanced", balance=True)
    assert task.train__len__() == 10_000
    assert time.perf_counter() - start < 10
    with pytest.raises(AssertionError, match="read"):
        next(task.train__iter__())


def test_setup_reads_the_cache_only(tmp_path):
    protocol = clip_protocol(tmp_path, SINGLE)
    task_of(protocol, cache=tmp_path / "cache").prepare_data()
    for path in tmp_path.glob("*.tags"):
        path.write_text("uri,label\ntrain-bass-0,other\n")
    task = prepared(protocol, cache=tmp_path / "cache")
    assert task.specifications.classes == list(TONES)


@pytest.mark.parametrize(
    ("made", "options"),
    [
        ({}, {"windows": "all"}),
        ({"windows": "all"}, {}),
        ({"windows": "all"}, {"windows": "all", "duration": 0.7}),
    ],
    ids=["random", "all", "duration"],
)
def test_a_cache_with_other_windows_is_refused(tmp_path, made, options):
    protocol = clip_protocol(tmp_path, SINGLE)
    task_of(protocol, cache=tmp_path / "cache", **made).prepare_data()
    with pytest.raises(ValueError, match=r"cache: made with .*, not .*; use another cache file$"):
        prepared(protocol, cache=tmp_path / "cache", **options)


def changed(subset, **tags):
    return {**SINGLE, subset: {**SINGLE[subset], **tags}}


@pytest.mark.parametrize(
    ("subsets", "message"),
    [
        (changed("development", x="trebel"), "development.*unknown label 'trebel'; did you mean"),
        (
            changed("development", **{"train-bass-0": "bass"}),
            "clip 'train-bass-0' is both in train",
        ),
        (
            {**SINGLE, "test": {"development-bass-0": "bass"}},
            "clip 'development-bass-0' is both in development and in test",
        ),
        ({"train": {"a": "bass", "b": "bass"}}, "all clips have the same label, 'bass'"),
        (
            {
                "train": {
                    "a": {"bass": True, "treble": False},
                    "b": {"bass": False, "treble": False},
                }
            },
            r"train\): no clip has the label 'treble'; add some, or remove the label",
        ),
        ({"train": {"a": {"bass": True}}}, "all clips have the same label, 'bass'"),
        (
            {"train": SINGLE["train"], "development": {"a": {"bass": True, "treble": False}}},
            r"development\): clips have several labels, those of train a single label",
        ),
    ],
)
def test_labels_that_cannot_be_learnt_are_refused(tmp_path, subsets, message):
    task = task_of(clip_protocol(tmp_path, subsets))
    with pytest.raises(ValueError, match=rf"Yard\.Protocol\.Fold1.*{message}"):
        task.prepare_data()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("train.tags", "uri,label\ntrain-bass-0,bass\n", "'train-middle-0' has no labels; add it"),
        ("train.tags", "uri,label\na\n", r"train\.tags, line 2: expected 2 fields, got 1"),
        (
            "train.tags",
            "uri,label\ntrain-bass-0,bass,treble\n",
            r"train\.tags, line 2: expected 2 fields, got 3",
        ),
        ("train.lst", "", "the train or the development subset has no clips"),
        ("development.lst", "", "the train or the development subset has no clips"),
    ],
)
def test_files_that_are_missing_or_malformed_are_refused(tmp_path, name, text, message):
    protocol = clip_protocol(tmp_path, SINGLE)
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        task_of(protocol).prepare_data()


def test_missing_audio_is_refused_before_training(tmp_path):
    protocol = clip_protocol(tmp_path, SINGLE)
    (tmp_path / "train-bass-1.wav").unlink()
    with pytest.raises(ValueError, match=r"\(train\): Could not find file \"train-bass-1\""):
        task_of(protocol).prepare_data()


def test_labels_and_channels_of_stereo_clips_are_read(tmp_path):
    protocol = clip_protocol(tmp_path, SINGLE, preprocessors={"channel": lambda file: 1})
    for path in tmp_path.glob("*.wav"):
        audio, _ = soundfile.read(path)
        soundfile.write(path, np.stack([np.zeros_like(audio), np.abs(audio) + 0.1], axis=1), RATE)
    for clip in islice(prepared(protocol).train__iter__(), 6):
        assert (clip["X"] > 0.05).all()


def test_data_loading_workers_of_any_number_draw_the_same_clips(tmp_path):
    task = prepared(clip_protocol(tmp_path, {"train": single("train", 8)}), duration=0.5)
    drawn = []
    for workers in (0, 2):
        task.num_workers = workers
        loader = iter(task.train_dataloader())
        drawn.append([next(loader)["X"] for _ in range(6)])
        del loader
    assert all(torch.equal(one, two) for one, two in zip(*drawn, strict=True))


def test_all_windows_of_a_clip_have_its_labels_and_are_drawn_once_in_an_epoch(tmp_path):
    # one second and 0.13 s
    task = ramps(tmp_path, windows="all", duration=0.4, batch_size=1)
    assert task.train__len__() == 6
    windows = list(islice(task.train__iter__(), 6))
    first = sorted(window["X"][0, 0].item() for window in windows if window["y"][0])
    assert first == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8], abs=1e-4)
    (short,) = [window for window in windows if window["y"][1]]
    expected = np.resize(RAMP[: round(0.13 * RATE)], round(0.4 * RATE))
    assert np.allclose(short["X"][0], expected, atol=1e-4)
    (last,) = [window for window in windows if window["X"][0, 0] > 0.79]
    expected = np.resize(RAMP[round(0.8 * RATE) :], round(0.4 * RATE))
    assert np.allclose(last["X"][0], expected, atol=1e-4)


def test_validation_reads_all_windows_too(tmp_path):
    samples = {"long": RAMP, "short": RAMP[:2080]}
    tags = {"train": {"a": "bass", "b": "treble"}, "development": {"long": "bass"}}
    task = prepared(clip_protocol(tmp_path, tags, samples), windows="all", duration=0.4)
    assert task.val__len__() == 5
    starts = [task.val__getitem__(number)["X"][0, 0].item() for number in range(5)]
    assert starts == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8], abs=1e-4)
    assert task.specifications.windows == "all"


def test_zeros_at_the_start_belong_to_the_clip(tmp_path):
    task = ramps(tmp_path, short_clips="pad_left", duration=0.5)
    window = task._window("train", 1)
    size = round(0.5 * RATE)
    expected = np.concatenate([np.zeros(size - 2080), RAMP[:2080]])
    assert np.allclose(window["X"][0], expected, atol=1e-4)
    assert window["num_samples"] == size
