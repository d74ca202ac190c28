import numpy as np
import pytest
import torch

from pyannote_strf.analysis.filters.importance import (
    ablation,
    agreement,
    gradient_times_activation,
    without,
)
from pyannote_strf.frontends.strf import STRF

NEEDED = {1: 1.0, 2: 0.25}


@pytest.fixture(params=["concat", "real", "abs"])
def frontend(request):
    """Front-end that reads filters 1 and 2 only, the first four times more."""
    frontend = STRF(num_filters=4, kernel_size=(3, 11), stride=(8, 2), mode=request.param)
    weights = torch.zeros_like(frontend.compression.weight).unflatten(1, (-1, 8))
    parts = weights.shape[1] // 4
    for part in range(parts):
        for index, weight in NEEDED.items():
            weights[:, part * 4 + index] = weight
    with torch.no_grad():
        frontend.compression.weight.copy_(weights.flatten(1, 2))
        frontend.compression.bias.zero_()
    return frontend.eval()


@pytest.fixture
def waveforms():
    return torch.randn(3, 1, 16000)


def test_without_a_filter_nothing_of_it_is_left(frontend, waveforms):
    with torch.no_grad():
        whole = frontend(waveforms)
        with without(frontend, 0):
            assert torch.equal(frontend(waveforms), whole)
        with without(frontend, 1):
            one = frontend(waveforms)
        with without(frontend, 2):
            other = frontend(waveforms)
        assert torch.equal(frontend(waveforms), whole)
    assert one.mean() < 0.5 * whole.mean()
    # what is left without each adds up to the whole, since there are but two
    torch.testing.assert_close(one + other, whole)


def test_planted_importance_is_found(frontend, waveforms):
    def error():
        with torch.no_grad():
            return 10 - float(frontend(waveforms).mean())

    steps = []
    found = ablation(frontend, error, lambda done, count: steps.append((done, count)))
    assert found.error == pytest.approx(error())
    np.testing.assert_allclose(found.increase[[0, 3]], 0, atol=1e-6)
    assert found.increase[1] > 2 * found.increase[2] > 0
    assert steps == [(done, 4) for done in range(5)]

    def loss(waveform):
        return lambda: -frontend(waveform[None]).mean()

    gradient = gradient_times_activation(frontend, map(loss, waveforms))
    # linear in activations: the first order is all there is
    np.testing.assert_allclose(gradient, found.increase, rtol=1e-3, atol=1e-6)


def test_ranks_are_compared():
    same = agreement(np.arange(9.0), np.exp(np.arange(9.0)))
    assert same.correlation == pytest.approx(1)
    assert same.p < 1e-6
    assert agreement(np.arange(9.0), -np.arange(9.0)).correlation == pytest.approx(-1)


def test_gradients_are_taken_example_by_example(frontend, waveforms):
    # signs of examples differ: a mean before the absolute value would cancel them
    signs = torch.tensor([1.0, -1.0, 1.0])[:, None, None]
    at_once = gradient_times_activation(
        frontend, [lambda: (signs * frontend(waveforms)).mean(dim=(1, 2)).sum()]
    )
    one_by_one = gradient_times_activation(
        frontend, [lambda w=w: frontend(w[None]).mean() for w in waveforms]
    )
    np.testing.assert_allclose(at_once, one_by_one, rtol=1e-4)


def test_no_example_is_refused(frontend):
    with pytest.raises(ValueError, match="no example"):
        gradient_times_activation(frontend, [])
