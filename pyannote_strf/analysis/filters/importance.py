"""Which filters a model needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from pyannote_strf.frontends.filtered import FilteredSpectrogram


class Ablation(NamedTuple):
    """Errors of a model, whole and without each filter.

    Attributes
    ----------
    error : float
        Of the model as it is.
    increase : (filter,) array
        What is added to it without each filter. Negative where the model does better without.
    """

    error: float
    increase: np.ndarray


class Agreement(NamedTuple):
    """Spearman's rank correlation, and how often it would be as large by chance."""

    correlation: float
    p: float


def num_filters(frontend: FilteredSpectrogram) -> int:
    """Number of filters: in mode "concat", each has two channels."""
    return frontend.filters.out_channels


def channels(frontend: FilteredSpectrogram, index: int) -> list[int]:
    """Channels of a filter's responses: its real part, and its imaginary part if there is one."""
    return list(range(index, frontend.num_channels, num_filters(frontend)))


@contextmanager
def without(frontend: FilteredSpectrogram, index: int) -> Iterator[None]:
    """Within it, the front-end returns zeros in the channels of a filter.

    Parameters
    ----------
    frontend : FilteredSpectrogram
    index : int
        Number of the filter.
    """
    silenced = channels(frontend, index)

    def silence(module: nn.Module, inputs: tuple[Tensor], image: Tensor) -> Tensor:
        image = image.clone()
        image[:, silenced] = 0
        return image

    hook = frontend.register_forward_hook(silence)
    try:
        yield
    finally:
        hook.remove()


def ablation(
    frontend: FilteredSpectrogram,
    error: Callable[[], float],
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Ablation:
    """Take filters away, one at a time.

    Parameters
    ----------
    frontend : FilteredSpectrogram
    error : callable
        Evaluates the model that the front-end is part of, all else being equal.
    progress : callable, optional
        Called with the number of filters done, and of all.

    Returns
    -------
    ablation : Ablation
    """
    count = num_filters(frontend)
    progress(0, count)
    whole = error()
    errors = []
    for index in range(count):
        with without(frontend, index):
            errors.append(error())
        progress(index + 1, count)
    return Ablation(whole, np.array(errors) - whole)


def gradient_times_activation(
    frontend: FilteredSpectrogram, losses: Iterable[Callable[[], Tensor]]
) -> np.ndarray:
    """What taking each filter away does to the loss, to first order: a cheap stand-in for ablation.

    `E |sum a dL/da|`, over the activations `a` of a filter's channels in one example, the expectation
    over examples. The sign is left out: where training has converged, gains of channels have no
    gradient, and signed terms cancel each other.

    Parameters
    ----------
    frontend : FilteredSpectrogram
    losses : iterable of callable
        Each runs the model on one batch, and returns the sum of its examples' losses.

    Returns
    -------
    importance : (filter,) array

    Raises
    ------
    ValueError
        If there is no batch.

    References
    ----------
    P. Molchanov, S. Tyree, T. Karras, T. Aila and J. Kautz, "Pruning convolutional neural networks
    for resource efficient inference", ICLR 2017, equation 8.
    """
    count, examples = num_filters(frontend), 0
    total = torch.zeros(count)
    for loss in losses:
        for terms in _first_order_terms(frontend, loss):
            # channels of one filter lie `count` apart
            per_filter = terms.unflatten(1, (-1, count)).sum(dim=1)
            total += per_filter.abs().sum(dim=0).cpu()
            examples += len(terms)
    if not examples:
        raise ValueError("no example to weigh filters by")
    return (total / examples).double().numpy()


def _first_order_terms(
    frontend: FilteredSpectrogram, loss: Callable[[], Tensor]
) -> Iterator[Tensor]:
    """Sums of activation times gradient, (example, channel), of each pass through the front-end."""
    seen: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor], image: Tensor) -> None:
        seen.append(image)

    hook = frontend.register_forward_hook(keep)
    try:
        with torch.enable_grad():
            gradients = torch.autograd.grad(loss(), seen)
    finally:
        hook.remove()
    for activations, gradient in zip(seen, gradients):
        yield (activations.detach() * gradient).sum(dim=(2, 3))


def agreement(one: np.ndarray, other: np.ndarray) -> Agreement:
    """Do two measures of importance rank filters alike?

    >>> agreement(np.array([1.0, 2.0, 4.0]), np.array([0.1, 0.5, 0.6])).correlation
    1.0
    """
    result = spearmanr(one, other)
    return Agreement(float(result.statistic), float(result.pvalue))
