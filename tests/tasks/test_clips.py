"""Order, augmentation and loss of clips."""

import math
from collections import Counter
from itertools import chain, islice
from random import Random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from pyannote_strf.tasks.clip_augmentation import mask_image, mixup
from pyannote_strf.tasks.clip_losses import clip_loss
from pyannote_strf.tasks.clip_metrics import BalancedAccuracy
from pyannote_strf.tasks.clip_sampling import balanced, shuffled


@given(
    num_clips=st.integers(1, 30),
    batch_size=st.integers(1, 8),
    num_parts=st.integers(1, 4),
    rounds=st.integers(1, 3),
)
def test_parts_of_an_epoch_hold_each_clip_once(num_clips, batch_size, num_parts, rounds):
    total = num_clips * batch_size * num_parts * rounds
    parts = [
        list(
            islice(shuffled(num_clips, batch_size, Random(3), part, num_parts), total // num_parts)
        )
        for part in range(num_parts)
    ]
    assert Counter(chain(*parts)) == dict.fromkeys(range(num_clips), total // num_clips)
    whole = list(islice(shuffled(num_clips, batch_size, Random(3), 0, 1), total))
    # batches of parts, in turn
    batches = [
        part[at : at + batch_size]
        for at in range(0, total // num_parts, batch_size)
        for part in parts
    ]
    assert list(chain(*batches)) == whole
    assert sorted(whole[:num_clips]) == list(range(num_clips))


def test_orders_differ_between_rounds_and_seeds():
    order = list(islice(shuffled(50, 10, Random(0), 0, 1), 100))
    assert order[:50] != order[50:]
    assert order[:50] != list(islice(shuffled(50, 10, Random(1), 0, 1), 50))


def test_balanced_sampling_draws_classes_equally_often():
    targets = np.zeros((101, 3), dtype=np.int8)
    targets[:90, 0] = 1
    targets[90:100, 1] = 1
    targets[99, 0] = -1
    drawn = Counter(islice(balanced(targets, Random(0)), 30_000))
    # no clip has the third label, and the last clip has none
    shares = [
        sum(drawn[clip] for clip in range(*ends)) for ends in ((0, 90), (90, 100), (100, 101))
    ]
    assert np.allclose(np.array(shares) / 30_000, 1 / 3, atol=0.02)
    assert len(drawn) == 101


def test_masks_are_shared_by_channels_and_filled_with_the_mean():
    image = torch.randn(64, 5, 40, 100)
    masked = mask_image(image, None, num_masks=2, bands=0.25, frames=0.1)
    hidden = masked != image
    assert torch.equal(hidden.any(dim=1), hidden.all(dim=1))
    mean = image.mean(dim=(2, 3), keepdim=True).expand_as(image)
    assert torch.equal(masked[hidden], mean[hidden])
    hidden = hidden[:, 0]
    bands, frames = hidden.all(dim=2).sum(dim=1), hidden.all(dim=1).sum(dim=1)
    assert 0 < bands.max() <= 2 * 10
    assert 0 < frames.max() <= 2 * 10
    # whole bands and frames only
    assert torch.equal(hidden, hidden.all(dim=2, keepdim=True) | hidden.all(dim=1, keepdim=True))
    assert len({tuple(row.flatten().tolist()) for row in hidden}) > 50


def test_no_mask_leaves_images_as_they_are():
    image = torch.randn(2, 1, 16, 20)
    assert torch.equal(mask_image(image, None, 0, 0.5, 0.5), image)
    assert torch.equal(mask_image(image, None, 2, 0.0, 0.0), image)


def test_masks_of_padded_images_have_the_width_and_the_mean_of_their_clip():
    image = torch.randn(200, 2, 40, 100)
    num_frames = torch.tensor([20, 100]).repeat(100)
    image[::2, ..., 20:] = 0
    masked = mask_image(image, num_frames, num_masks=1, bands=0.25, frames=0.5)
    assert (masked[::2, ..., 20:] == 0).all()
    for part, before in (
        (masked[::2, ..., :20], image[::2, ..., :20]),
        (masked[1::2], image[1::2]),
    ):
        hidden = part != before
        mean = before.mean(dim=(2, 3), keepdim=True).expand_as(before)
        torch.testing.assert_close(part[hidden], mean[hidden])
        frames = hidden[:, 0].all(dim=1).sum(dim=1)
        assert part.shape[-1] / 4 < frames.max() <= part.shape[-1] / 2


def mixed_with(image, targets, alpha, num_frames=None):
    """Return the result of mixup, and the index of the other clips."""
    torch.manual_seed(0)
    order = torch.randperm(len(image))
    torch.manual_seed(0)
    return *mixup(image, num_frames, targets, alpha), order


def test_mixup_does_not_mix_clips_with_padding():
    image = torch.ones(4, 1, 3, 10) * torch.tensor([-50.0, -40.0, -30.0, -20.0]).view(4, 1, 1, 1)
    lengths = torch.tensor([10, 4, 7, 10])
    image[1, ..., 4:] = image[2, ..., 7:] = 0
    mixed, num_frames, _, order = mixed_with(image, torch.zeros(4, 2), 1.0, lengths)
    assert torch.equal(num_frames, torch.maximum(lengths, lengths[order]))
    for row, other in enumerate(order.tolist()):
        short, long = sorted((row, other), key=lambda clip: lengths[clip])
        both = slice(0, lengths[short])
        share = (mixed[row, ..., 0] - image[other, ..., 0]).mean()
        share = share / (image[row, ..., 0] - image[other, ..., 0]).mean() if row != other else 1.0
        expected = share * image[row, ..., both] + (1 - share) * image[other, ..., both]
        torch.testing.assert_close(mixed[row, ..., both], expected)
        rest = slice(lengths[short], lengths[long])
        torch.testing.assert_close(mixed[row, ..., rest], image[long, ..., rest])


def test_mixup_mixes_images_and_targets_alike():
    image = torch.eye(20).reshape(20, 20, 1, 1)
    targets = torch.eye(20)
    mixed, _, blended, order = mixed_with(image, targets, 1.0)
    torch.testing.assert_close(mixed[:, :, 0, 0], blended)
    torch.testing.assert_close(blended.sum(dim=1), torch.ones(20))
    assert sorted(order.tolist()) == list(range(20))
    for row, other in enumerate(order.tolist()):
        assert set(blended[row].nonzero()[:, 0].tolist()) <= {row, other}
    assert blended.diag().unique().numel() > 10


def test_weights_of_mixup_have_the_variance_of_their_distribution():
    image, targets = torch.zeros(20_000, 1, 1, 1), torch.zeros(20_000, 1)
    image[::2] = 1
    for alpha in (0.2, 1.0, 5.0):
        weights = []
        mixed, _, _, order = mixed_with(image, targets, alpha)
        rows = (image[:, 0, 0, 0] == 1) & (image[order, 0, 0, 0] == 0)
        weights = mixed[rows, 0, 0, 0]
        assert weights.mean() == pytest.approx(0.5, abs=0.02)
        assert weights.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)


def test_labels_that_are_unknown_in_either_clip_stay_unknown():
    targets = torch.tensor([[1.0, -1.0], [0.0, 1.0], [-1.0, 0.0]])
    _, _, blended, order = mixed_with(torch.zeros(3, 1, 2, 2), targets, 1.0)
    unknown = (targets == -1) | (targets[order] == -1)
    assert torch.equal(blended == -1, unknown)
    assert ((blended[~unknown] >= 0) & (blended[~unknown] <= 1)).all()


def test_loss_of_single_labels_is_the_cross_entropy():
    logits = torch.randn(6, 4)
    labels = torch.tensor([0, 3, 1, 1, 2, 0])
    targets = F.one_hot(labels, 4).float()
    scores = logits.log_softmax(dim=-1)
    weights = torch.tensor([0.5, 1.0, 2.0, 3.0])
    for expected, options in (
        (F.cross_entropy(logits, labels), {}),
        (F.cross_entropy(logits, labels, weight=weights), {"weights": weights}),
        (
            F.cross_entropy(logits, labels, label_smoothing=0.2),
            {"label_smoothing": 0.2},
        ),
    ):
        torch.testing.assert_close(clip_loss(scores, targets, True, **options), expected)
    # clips whose label is unknown do not count
    more = torch.cat([targets, torch.full((2, 4), -1.0)])
    found = clip_loss(torch.cat([scores, scores[:2]]), more, True)
    torch.testing.assert_close(found, F.cross_entropy(logits, labels))


def test_loss_of_several_labels_is_the_mean_binary_cross_entropy_of_known_labels():
    scores = torch.rand(5, 3)
    targets = torch.tensor([[1, 0, -1], [-1, -1, -1], [0, 0, 1], [1, -1, 0], [0, 1, 1]]).float()
    weights = (1.0, 2.0, 0.5)
    for smoothing in (0.0, 0.1):
        total, count = 0.0, 0.0
        for row in range(5):
            for column, weight in enumerate(weights):
                target, p = targets[row, column].item(), scores[row, column].item()
                if target >= 0:
                    target = (1 - smoothing) * target + smoothing / 2
                    entropy = -target * math.log(p) - (1 - target) * math.log(1 - p)
                    total += weight * entropy
                    count += weight
        found = clip_loss(scores, targets, False, torch.tensor(weights), smoothing)
        assert found.item() == pytest.approx(total / count, rel=1e-5)


@pytest.mark.parametrize("is_single", [True, False])
def test_loss_without_known_labels_is_zero_with_a_gradient(is_single):
    logits = torch.randn(2, 3, requires_grad=True)
    scores = logits.log_softmax(dim=-1) if is_single else logits.sigmoid()
    loss = clip_loss(scores, torch.full((2, 3), -1.0), is_single)
    loss.backward()
    assert loss == 0
    assert torch.equal(logits.grad, torch.zeros(2, 3))


@pytest.mark.parametrize("is_single", [True, False])
def test_loss_of_sure_mistakes_is_finite(is_single):
    scores = torch.tensor([[0.0, -200.0]]) if is_single else torch.tensor([[1.0, 0.0]])
    assert clip_loss(scores, torch.tensor([[0.0, 1.0]]), is_single) >= 100


def test_balanced_accuracy_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    # class 4 is predicted, but no clip has it
    reference, found = rng.integers(0, 4, 200), rng.integers(0, 5, 200)
    metric = BalancedAccuracy(6, ignore_index=-1)
    metric.update(torch.tensor(found[:100]), torch.tensor(reference[:100]))
    metric.update(torch.tensor(found[100:]), torch.tensor(reference[100:]))
    metric.update(torch.tensor([0, 1]), torch.tensor([-1, -1]))
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        expected = balanced_accuracy_score(reference, found)
    assert metric.compute().item() == pytest.approx(expected)
    assert BalancedAccuracy(3).compute().isnan()
