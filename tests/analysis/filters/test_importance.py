import numpy as np
import pytest
import torch
from torch import nn

from pyannote_strf.analysis.filters.importance import (
    ablation,
    agreement,
    gradient_times_activation,
    without,
)
from pyannote_strf.backends.compression import Compression
from pyannote_strf.frontends.strf import STRF

NEEDED = {1: 1.0, 2: 0.25}


HYBRID = {"keep_spectrogram": True, "num_free_filters": 2}


@pytest.fixture(params=[("concat", {}), ("real", {}), ("abs", {}), ("concat", HYBRID)], ids=str)
def model(request):
    """Model that uses filters 1 and 2 only, with weights of 1 and 0.25."""
    mode, options = request.param
    frontend = STRF(num_filters=4, kernel_size=(3, 11), stride=(8, 2), mode=mode, **options)
    compression = Compression(frontend.num_channels, frontend.num_bands)
    weights = torch.zeros_like(compression.projection.weight).unflatten(1, (-1, 8))
    for part in range(2 if mode == "concat" else 1):
        for index, weight in NEEDED.items():
            weights[:, part * 4 + index] = weight
    with torch.no_grad():
        compression.projection.weight.copy_(weights.flatten(1, 2))
        compression.projection.bias.zero_()
    return nn.Sequential(frontend, compression).eval()


@pytest.fixture
def waveforms():
    return torch.randn(3, 1, 16000)


def test_without_removes_all_channels_of_a_filter(model, waveforms):
    with torch.no_grad():
        whole = model(waveforms)
        with without(model[0], 0):
            assert torch.equal(model(waveforms), whole)
        with without(model[0], 1):
            one = model(waveforms)
        with without(model[0], 2):
            other = model(waveforms)
        assert torch.equal(model(waveforms), whole)
    assert one.mean() < 0.5 * whole.mean()
    # the model is linear in two filters
    torch.testing.assert_close(one + other, whole)


def test_ablation_and_gradients_find_known_importance(model, waveforms):
    def error():
        with torch.no_grad():
            return 10 - float(model(waveforms).mean())

    steps = []
    found = ablation(model[0], error, lambda done, count: steps.append((done, count)))
    assert found.error == pytest.approx(error())
    np.testing.assert_allclose(found.increase[[0, 3]], 0, atol=1e-6)
    assert found.increase[1] > 2 * found.increase[2] > 0
    assert steps == [(done, 4) for done in range(5)]

    def loss(waveform):
        return lambda: -model(waveform[None]).mean()

    gradient = gradient_times_activation(model[0], map(loss, waveforms))
    # the model is linear: the first-order estimate is exact
    np.testing.assert_allclose(gradient, found.increase, rtol=1e-3, atol=1e-6)


def test_agreement_is_a_rank_correlation():
    same = agreement(np.arange(9.0), np.exp(np.arange(9.0)))
    assert same.correlation == pytest.approx(1)
    assert same.p < 1e-6
    assert agreement(np.arange(9.0), -np.arange(9.0)).correlation == pytest.approx(-1)


def test_gradients_do_not_depend_on_batching(model, waveforms):
    # the signs of examples differ: a sum before the absolute value would cancel them
    signs = torch.tensor([1.0, -1.0, 1.0])[:, None, None]
    at_once = gradient_times_activation(
        model[0], [lambda: (signs * model(waveforms)).mean(dim=(1, 2)).sum()]
    )
    one_by_one = gradient_times_activation(
        model[0], [lambda w=w: model(w[None]).mean() for w in waveforms]
    )
    np.testing.assert_allclose(at_once, one_by_one, rtol=1e-4)


def test_no_examples_raise_an_error(model):
    with pytest.raises(ValueError, match="no example"):
        gradient_times_activation(model[0], [])
