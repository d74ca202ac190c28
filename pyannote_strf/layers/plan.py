"""Matrices of a correlation along frequency, then along time, in blocks."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pyannote_strf.layers.blocks import (
    Axis,
    Group,
    Tile,
    examples_per_tile,
    group_filters,
    num_outputs,
    segment_size,
    tiles,
)
from pyannote_strf.layers.factors import Factors
from pyannote_strf.layers.toeplitz import toeplitz


class Layout(NamedTuple):
    """Sizes, and division into tiles.

    Attributes
    ----------
    time : Axis
        Sizes along time.
    num_taps, stride, dilation : int
        Along frequency.
    examples : int
        Number of examples in a tile.
    order : tuple of int
        Filters from the narrowest to the widest.
    groups : tuple of Group
        Groups of filters in this order.
    tiles : tuple of Tile
        All segments of all groups.
    parts : tuple of int
        Parts of the response: 0 is real, and 1 is imaginary. None for its magnitude.
    """

    time: Axis
    num_taps: int
    stride: int
    dilation: int
    examples: int
    order: tuple[int, ...]
    groups: tuple[Group, ...]
    tiles: tuple[Tile, ...]
    parts: tuple[int, ...]

    def filters(self, tile: Tile) -> tuple[int, ...]:
        """Return the filters of a tile."""
        return self.order[self.groups[tile.group].filters]


class Plan(NamedTuple):
    """What depends on parameters and sizes alone.

    Attributes
    ----------
    layout : Layout
    rotation : (filter, 2, frame) Tensor
        Complex numbers to multiply the second product by, for the response. Filters are in the
        order of the layout.
    weights : tuple of (frame, filter * part, frequency_tap) Tensor
        First product of each group: factors in frequency times the carrier along time.
    matrices : tuple of (filter, input_frame, frame) Tensor
        Second product of each group: Toeplitz matrices of envelopes along time.
    """

    layout: Layout
    rotation: Tensor
    weights: tuple[Tensor, ...]
    matrices: tuple[Tensor, ...]


def make_plan(factors: Factors, layout: Layout) -> Plan:
    """Compute all matrices, and the rotation."""
    order, time, groups = list(layout.order), layout.time, layout.groups
    frequency, envelope = factors.frequency[order, 0], factors.envelope[order, 0]
    omega = factors.omega[order, 0]

    segment = segment_size(time)
    num_frames = (segment - 1) * time.stride + (time.num_taps - 1) * time.dilation + 1
    positions = factors.positions(torch.arange(num_frames, device=omega.device), time.dilation)
    # phases are zero in the middle of a segment, where they lose the least precision
    middle = positions.mean()
    rotation = carriers(omega, middle + positions[0] - positions[:: time.stride][:segment])

    real, imag = frequency.unbind(1)
    c, s = carriers(omega, positions - middle).permute(1, 2, 0)[..., None]
    rows = torch.stack([real * c - imag * s, real * s + imag * c], dim=2)
    # split, not slices: the gradient of each slice is as large as the sliced tensor
    sizes = [group.filters.stop - group.filters.start for group in groups]
    weights = tuple(some.flatten(1, 2) for some in rows.split(sizes, dim=1))

    matrices = tuple(
        toeplitz(some[:, group.taps], group.block, time.stride, time.dilation)
        .transpose(1, 2)
        .contiguous()
        for some, group in zip(envelope.split(sizes), groups)
    )
    return Plan(layout, rotation, weights, matrices)


def carriers(omega: Tensor, positions: Tensor) -> Tensor:
    """Return complex carriers, (filter, 2, position), at positions in double precision.

    Single precision is too coarse for the phase at large positions.
    """
    phase = omega[:, None].double() * positions
    return torch.stack([phase.cos(), phase.sin()], dim=1).to(omega.dtype)


def cached_plan(
    factors: Factors,
    shape: torch.Size,
    time: Axis,
    stride: int,
    dilation: int,
    parts: tuple[int, ...],
) -> Plan:
    """Return the plan of a correlation. Without gradients, factors keep the last one.

    Parameters
    ----------
    factors : Factors
        Kernels for a single input channel.
    shape : torch.Size
        Of the input, padded along frequency.
    time : Axis
        Sizes along time.
    stride, dilation : int
        Along frequency.
    parts : tuple of int
        Parts of the response: 0 is real, and 1 is imaginary. None for its magnitude.
    """
    num_taps = factors.frequency.shape[-1]
    num_bands = num_outputs(shape[1], num_taps, stride, dilation)
    examples = examples_per_tile(shape[0], num_bands)
    key = (time, stride, dilation, examples, parts)
    keep = not torch.is_grad_enabled()
    if keep and key in factors.plans:
        return factors.plans[key]
    order, groups = group_filters(factors.spans(), time, examples * num_bands)
    segments = tiles(time, groups)
    plan = make_plan(
        factors, Layout(time, num_taps, stride, dilation, examples, order, groups, segments, parts)
    )
    if keep:
        factors.plans.clear()
        factors.plans[key] = plan
    return plan
