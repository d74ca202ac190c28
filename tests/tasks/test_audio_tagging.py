from itertools import islice

import numpy as np
import pytest
import torch
from pyannote.audio import Model
from pyannote.audio.core.task import Problem, Resolution
from sklearn.metrics import average_precision_score
from sklearn.utils.class_weight import compute_class_weight
from torch import nn

from pyannote_strf.audio import mono_reader
from pyannote_strf.tasks.clip_losses import clip_loss
from tests.conftest import FRONTENDS, TINY_FRONTEND, fit
from tests.tasks.clips import (
    RATE,
    SEVERAL,
    SINGLE,
    TONES,
    clip_protocol,
    model_of,
    place,
    prepared,
    ramps,
    single,
    task_of,
)

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


@pytest.mark.parametrize("frontend", FRONTENDS, ids=lambda f: f["name"])
@pytest.mark.parametrize("subsets", [SINGLE, SEVERAL], ids=["single", "several"])
def test_each_frontend_trains_with_every_option(tmp_path, subsets, frontend):
    options = {
        "mixup": 1.0,
        "spec_augment": {},
        "balance": True,
        "class_weights": "balanced",
        "label_smoothing": 0.1,
    }
    task = task_of(clip_protocol(tmp_path, subsets), **options)
    model = model_of(task, frontend)
    before = {name: value.clone() for name, value in model.named_parameters()}
    trainer = fit(model, max_epochs=1)
    found = trainer.callback_metrics
    names = (
        {"Accuracy", "BalancedAccuracy"}
        if subsets is SINGLE
        else {"MeanAveragePrecision", "ROCAUC"}
    )
    assert found.keys() == {"loss/train", "loss/val", *names}
    assert all(value.isfinite() for value in found.values())
    for name, value in model.named_parameters():
        if name in before:
            assert not torch.equal(value, before[name]), name


def test_protocol_decides_on_the_problem(tmp_path):
    for number, (subsets, problem) in enumerate(
        ((SINGLE, Problem.MONO_LABEL_CLASSIFICATION), (SEVERAL, Problem.MULTI_LABEL_CLASSIFICATION))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        specifications = prepared(clip_protocol(folder, subsets)).specifications
        assert specifications.problem == problem
        assert specifications.resolution == Resolution.CHUNK
        assert specifications.classes == list(TONES)
        assert specifications.duration == 0.4


def test_tones_are_learnt(tmp_path, monkeypatch):
    torch.manual_seed(0)
    monkeypatch.setenv("PL_GLOBAL_SEED", "0")
    subsets = {"train": single("train", 8), "development": single("development", 4)}
    model = model_of(task_of(clip_protocol(tmp_path, subsets)), "mel", width=1 / 4)
    trainer = fit(model, max_epochs=20)
    assert trainer.callback_metrics["Accuracy"] > 0.8
    assert trainer.callback_metrics["loss/val"] < 0.5


def test_validation_logs_the_average_precision_and_loss_of_known_labels(tmp_path):
    # lengths are equal, so that batches are
    task = task_of(clip_protocol(tmp_path, SEVERAL), batch_size=3)
    model = model_of(task)
    trainer = fit(model, max_epochs=1, limit_train_batches=1)
    model.eval()
    scores, targets = [], []
    for index in range(task.val__len__()):
        clip = task.val__getitem__(index)
        with torch.no_grad():
            scores.append(model(clip["X"][None])[0])
        targets.append(clip["y"])
    scores, targets = torch.stack(scores), torch.stack(targets)
    assert (targets == -1).any()
    expected = []
    for column in range(3):
        known = targets[:, column] != -1
        expected.append(average_precision_score(targets[known, column], scores[known, column]))
    found = trainer.callback_metrics
    assert found["MeanAveragePrecision"] == pytest.approx(np.mean(expected), abs=1e-6)
    loss = clip_loss(scores, targets, is_single=False)
    assert found["loss/val"] == pytest.approx(loss.item(), rel=1e-4)


def test_padding_changes_neither_scores_nor_statistics(tmp_path):
    task = ramps(tmp_path, short_clips="pad")
    batch = task.collate_fn(list(islice(task.train__iter__(), 4)), stage="val")
    assert sorted(set(batch["num_samples"].tolist())) == [2080, 6400]
    task.model.eval()
    with torch.no_grad():
        scores = task._scores(batch)
        for row, length in enumerate(batch["num_samples"]):
            alone = task.model(batch["X"][row : row + 1, :, :length])[0]
            torch.testing.assert_close(scores[row], alone, atol=1e-4, rtol=1e-3)
    task = ramps(tmp_path, short_clips="pad", mixup=1.0, spec_augment={})
    assert fit(model_of(task_of(task.protocol, short_clips="pad", mixup=1.0)), max_epochs=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duration": 0}, r"duration must be a number from 0\.05, got 0"),
        ({"short_clips": "loop"}, "short_clips must be one of repeat, pad, pad_left, got 'loop'"),
        ({"windows": "one"}, "windows must be one of random, all, got 'one'"),
        ({"mixup": -1}, "mixup must be a number from 0 to 100, got -1"),
        ({"label_smoothing": 1.5}, "label_smoothing must be a number from 0 to 1"),
        ({"spec_augment": {"time": 3}}, "spec_augment: option 'time' does not exist"),
        ({"spec_augment": {"bands": 2}}, "spec_augment: bands must be a number from 0 to 1"),
        ({"spec_augment": True}, "spec_augment: expected a mapping of options, got True"),
        ({"class_weights": "inverse"}, "class_weights must be one of balanced, got 'inverse'"),
        ({"class_weights": {"bass": -1}}, "class_weights: bass must be a number from 0, got -1"),
        ({"class_weights": {"bas": 1}}, "class_weights: class 'bas' does not exist; did you mean"),
    ],
)
def test_invalid_options_are_refused(tmp_path, options, message):
    protocol = clip_protocol(tmp_path, SINGLE)
    with pytest.raises(ValueError, match=message):
        task_of(protocol, **options).prepare_data()


def test_balanced_weights_are_those_of_scikit_learn(tmp_path):
    tags = {f"a{n}": "bass" for n in range(9)} | {"b": "treble", "c": "middle", "d": "middle"}
    task = prepared(clip_protocol(tmp_path, {"train": tags}), class_weights="balanced")
    labels = sorted(set(tags.values()))
    expected = compute_class_weight("balanced", classes=np.array(labels), y=list(tags.values()))
    np.testing.assert_allclose(task._weights.numpy(), expected, rtol=1e-6)
    task = prepared(task.protocol, class_weights={"treble": 3})
    assert task._weights.tolist() == [1, 1, 3]


def test_silence_and_clips_without_known_labels_have_finite_losses(tmp_path):
    tags = {
        "a": {"bass": True, "treble": False},
        "b": {"bass": False, "treble": True},
        "c": {},
        "d": {"bass": False, "treble": False},
    }
    samples = dict.fromkeys("acd", np.zeros(4000))
    task = task_of(clip_protocol(tmp_path, {"train": tags}, samples), mixup=1.0, batch_size=2)
    trainer = fit(model_of(task), max_epochs=3)
    assert trainer.callback_metrics["loss/train"].isfinite()
    assert all(value.isfinite().all() for value in trainer.model.state_dict().values())


def test_one_class_is_detected_against_the_rest(tmp_path):
    tags = {f"{subset}{n}": {"bass": n % 2 == 0} for subset in ("t", "d") for n in range(8)}
    subsets = {
        name: {uri: value for uri, value in tags.items() if uri[0] == name[0]}
        for name in ("train", "development")
    }
    trainer = fit(model_of(task_of(clip_protocol(tmp_path, subsets))), max_epochs=1)
    assert 0 <= trainer.callback_metrics["MeanAveragePrecision"] <= 1


def test_frozen_layers_keep_their_weights_and_statistics(tmp_path):
    task = task_of(clip_protocol(tmp_path, SINGLE))
    model = model_of(task, {"name": "strf", "num_filters": 4, "kernel_size": [3, 11]})
    model.freeze_by_name(["frontend", "backend"])
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fit(model, max_epochs=2)
    for name, value in model.state_dict().items():
        if name in before:
            assert torch.equal(value, before[name]), name
    # it starts at 0
    assert (model.classifier.bias != 0).all()


class Levels(Model):
    """Model of clips without front-end."""

    def build(self):
        self.audio = mono_reader(RATE)
        self.linear = nn.Linear(1, len(self.specifications.classes))

    def forward(self, waveforms):
        return self.linear(waveforms.square().mean(dim=-1)).log_softmax(dim=-1)

    def num_frames(self, num_samples):
        return 1

    def receptive_field_size(self, num_frames=1):
        return RATE

    def receptive_field_center(self, frame=0):
        return RATE // 2


def test_other_models_are_trained_without_augmentation_of_images(tmp_path):
    protocol = clip_protocol(tmp_path, SINGLE)
    trainer = fit(Levels(task=task_of(protocol)), max_epochs=1)
    assert trainer.callback_metrics["loss/train"].isfinite()
    for options in ({"mixup": 0.5}, {"spec_augment": {}}):
        with pytest.raises(ValueError, match=r"need a model with a front-end.*; Levels has none"):
            fit(Levels(task=task_of(protocol, **options)), max_epochs=1)


def test_padding_of_the_development_set_does_not_count(tmp_path):
    tags = {f"development-{label}": label for label in TONES}
    task = prepared(clip_protocol(tmp_path, {**SINGLE, "development": tags}))
    assert task.val__len__() == 3
    place(task, size=2)
    assert task.val__len__() == 4
    clip = task.val__getitem__(3)
    assert (clip["y"] == -1).all()
    metrics = task.metric
    metrics.update(torch.eye(3), torch.tensor([0, 1, -1]))
    assert metrics.compute()["Accuracy"] == 1


@pytest.mark.parametrize(
    "frontend", ["vgg", "musicnn", "sample_cnn", {**TINY_FRONTEND, "normalisation": "batch"}]
)
def test_padding_is_refused_with_front_ends_that_normalise_over_batches(tmp_path, frontend):
    protocol = clip_protocol(tmp_path, SINGLE)
    model = model_of(task_of(protocol, short_clips="pad", duration=4.0), frontend)
    message = "^short_clips: pad is not supported with a front-end that normalises over batches"
    with pytest.raises(ValueError, match=message):
        fit(model, max_epochs=1)
