"""Importance of filters for a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, cast

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from pyannote_strf.frontends.filtered import FilteredSpectrogram
from pyannote_strf.layers.strf import STRFConv2d


class Ablation(NamedTuple):
    """Errors of a model with all filters, and without each of them.

    Attributes
    ----------
    error : float
        Error with all filters.
    increase : (filter,) array
        Increase of the error without each filter. Negative where the model is better without it.
    """

    error: float
    increase: np.ndarray


class Agreement(NamedTuple):
    """Spearman's rank correlation and its p-value."""

    correlation: float
    p: float


def num_filters(frontend: FilteredSpectrogram) -> int:
    """Return the number of filters. In mode "concat", each has two channels."""
    return cast(STRFConv2d, frontend.filters).out_channels


def num_parts(frontend: FilteredSpectrogram) -> int:
    """Return the number of channels of each filter. Other channels follow those of all filters."""
    return 2 if cast(STRFConv2d, frontend.filters).mode == "concat" else 1


def channels(frontend: FilteredSpectrogram, index: int) -> list[int]:
    """Return the channels of a filter: real part, and imaginary part in mode "concat"."""
    count = num_filters(frontend)
    return list(range(index, num_parts(frontend) * count, count))


@contextmanager
def without(frontend: FilteredSpectrogram, index: int) -> Iterator[None]:
    """Make the front-end return zeros in the channels of one filter, as a context manager.

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
    """Measure the error of a model without each filter, one filter at a time.

    Parameters
    ----------
    frontend : FilteredSpectrogram
        Front-end of the model.
    error : callable
        Returns the error of the model.
    progress : callable, optional
        Called with the number of filters done, and the number of all filters.

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
    """Estimate the effect of removing each filter on the loss, to first order.

    This is a fast approximation of ablation: `E |sum a dL/da|`, with the sum over the activations
    `a` of a filter in one example, and the expectation over examples. The absolute value keeps
    terms from cancelling: after convergence, the gradient with respect to the gain of a channel is
    zero.

    Parameters
    ----------
    frontend : FilteredSpectrogram
    losses : iterable of callable
        Each runs the model on one batch, and returns the sum of the losses of its examples.

    Returns
    -------
    importance : (filter,) array

    Raises
    ------
    ValueError
        If there are no examples.

    References
    ----------
    P. Molchanov, S. Tyree, T. Karras, T. Aila and J. Kautz, "Pruning convolutional neural networks
    for resource efficient inference", ICLR 2017, equation 8.
    """
    count, parts, examples = num_filters(frontend), num_parts(frontend), 0
    total = torch.zeros(count)
    for loss in losses:
        for terms in _first_order_terms(frontend, loss):
            # the channels of one filter are `count` apart
            per_filter = terms[:, : parts * count].unflatten(1, (parts, count)).sum(dim=1)
            total += per_filter.abs().sum(dim=0).cpu()
            examples += len(terms)
    if not examples:
        raise ValueError("no examples to measure the importance of filters on")
    return (total / examples).double().numpy()


def _first_order_terms(
    frontend: FilteredSpectrogram, loss: Callable[[], Tensor]
) -> Iterator[Tensor]:
    """Yield sums of activation times gradient, (example, channel), for each front-end call."""
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
    """Compare the ranks that two measures of importance give to filters.

    >>> agreement(np.array([1.0, 2.0, 4.0]), np.array([0.1, 0.5, 0.6])).correlation
    1.0
    """
    result = spearmanr(one, other)
    return Agreement(float(result.statistic), float(result.pvalue))
