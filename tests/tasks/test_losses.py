"""Losses are compared with their formulas."""

import math

import pytest
import torch
import torch.nn.functional as F

from pyannote_strf.tasks.losses import LOSSES


@pytest.fixture
def batch():
    return torch.randn(12, 8), torch.arange(12) % 4


def test_additive_angular_margin_is_in_radians(batch):
    embeddings, labels = batch
    loss = LOSSES["additive_angular_margin"](4, 8, margin=0.3, scale=10.0)
    angles = torch.acos(F.normalize(embeddings) @ F.normalize(loss.W, dim=0))
    target = F.one_hot(labels, 4).bool()
    expected = F.cross_entropy(10.0 * torch.where(target, angles + 0.3, angles).cos(), labels)
    # the formula holds below pi
    assert (angles[target] < math.pi - 0.3).all()
    torch.testing.assert_close(loss(embeddings, labels), expected)


def test_additive_margin_matches_its_formula(batch):
    embeddings, labels = batch
    loss = LOSSES["additive_margin"](4, 8, margin=0.3, scale=10.0)
    cosines = F.normalize(embeddings) @ F.normalize(loss.W, dim=0)
    expected = F.cross_entropy(10.0 * (cosines - 0.3 * F.one_hot(labels, 4)), labels)
    torch.testing.assert_close(loss(embeddings, labels), expected)


def test_softmax_is_the_cross_entropy_of_a_linear_classifier(batch):
    embeddings, labels = batch
    loss = LOSSES["softmax"](4, 8)
    torch.testing.assert_close(
        loss(embeddings, labels), F.cross_entropy(embeddings @ loss.W, labels)
    )


def test_triplet_averages_over_semi_hard_triplets(batch):
    embeddings, labels = batch
    cosines = F.cosine_similarity(embeddings[:, None], embeddings[None], dim=-1)
    losses = [
        cosines[anchor, negative] - cosines[anchor, positive] + 0.4
        for anchor in range(12)
        for positive in range(12)
        for negative in range(12)
        if labels[anchor] == labels[positive] != labels[negative] and anchor != positive
        if 0 < cosines[anchor, positive] - cosines[anchor, negative] <= 0.4
    ]
    expected = torch.stack(losses).mean()
    torch.testing.assert_close(LOSSES["triplet"](4, 8, margin=0.4)(embeddings, labels), expected)
