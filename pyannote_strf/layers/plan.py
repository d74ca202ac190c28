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
    """Sizes, and meaning of rows and columns of the two products.

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
    carried : bool
        Whether the first product includes the carrier along time. The second product, with the
        envelope alone, then takes half as many multiply-adds.
    parts : tuple of {"real", "imag"}
        Parts of the response, or none for its magnitude.
    """

    time: Axis
    num_taps: int
    stride: int
    dilation: int
    examples: int
    order: tuple[int, ...]
    groups: tuple[Group, ...]
    tiles: tuple[Tile, ...]
    carried: bool
    parts: tuple[str, ...]

    def filters(self, tile: Tile) -> tuple[int, ...]:
        """Return the filters of a tile."""
        return self.order[self.groups[tile.group].filters]


class Plan(NamedTuple):
    """What depends on parameters and sizes alone.

    Attributes
    ----------
    layout : Layout
    rotation : (filter, 2, frame) Tensor
        Carrier by which to multiply the second product, if the first one includes a carrier.
    weights : list of (frame, row, frequency_tap) Tensor
        First product of each group. Rows are (filter, part) with carriers, and (part, filter)
        without, for any frame.
    matrices : list of (filter, row, column) Tensor
        Second product of each group, Toeplitz matrices: from frames to frames with carriers, from
        (frame, part) to (part, frame) without.
    """

    layout: Layout
    rotation: Tensor
    weights: list[Tensor]
    matrices: list[Tensor]


def make_plan(factors: Factors, layout: Layout) -> Plan:
    """Compute weights, matrices and rotation."""
    order, time = list(layout.order), layout.time
    frequency = factors.frequency[order, 0]
    segment = segment_size(time)
    device = frequency.device
    num_frames = (segment - 1) * time.stride + (time.num_taps - 1) * time.dilation + 1
    start = factors.positions(torch.zeros(1, device=device), time.dilation)
    inputs = factors.positions(torch.arange(num_frames, device=device), time.dilation) - start
    outputs = start - inputs[:: time.stride][:segment]
    rotation = factors.carriers(outputs)[order, 0]
    if layout.carried:
        c, s = factors.carriers(inputs)[order, 0, ..., None].unbind(1)
        real, imag = frequency[:, :, None].unbind(1)
        rows = torch.stack([real * c - imag * s, real * s + imag * c]).permute(2, 1, 0, 3)
        weights = [rows[:, group.filters].flatten(1, 2) for group in layout.groups]
        taps = factors.envelope[order][:, :1]
    else:
        rows = frequency.transpose(0, 1)
        weights = [rows[:, group.filters].flatten(0, 1)[None] for group in layout.groups]
        taps = factors.time[order, 0]
    matrices = []
    for group in layout.groups:
        needed = taps[group.filters, :, group.taps]
        along_time = toeplitz(needed, group.block, time.stride, time.dilation).transpose(2, 3)
        if layout.carried:
            matrices.append(along_time[:, 0].contiguous())
            continue
        real, imag = along_time.unbind(1)
        columns = {"real": torch.stack([real, -imag], 2), "imag": torch.stack([imag, real], 2)}
        matrix = torch.cat([columns[part] for part in layout.parts], dim=-1)
        matrices.append(matrix.flatten(1, 2))
    return Plan(layout, rotation, weights, matrices)


def cached_plan(
    factors: Factors,
    time: Axis,
    stride: int,
    dilation: int,
    shape: torch.Size,
    parts: tuple[str, ...],
) -> Plan:
    """Return the plan of a correlation. Without gradients, factors keep the last one.

    Parameters
    ----------
    factors : Factors
        Kernels for a single input channel.
    time : Axis
        Sizes along time.
    stride, dilation : int
        Along frequency.
    shape : torch.Size
        Of the input, padded along frequency.
    parts : tuple of {"real", "imag"}
        Parts of the response, or none for its magnitude.
    """
    num_taps = factors.frequency.shape[-1]
    num_bands = num_outputs(shape[1], num_taps, stride, dilation)
    examples = examples_per_tile(shape[0], num_bands)
    key = (time, stride, dilation, examples, parts)
    keep = not torch.is_grad_enabled()
    if keep and key in factors.plans:
        return factors.plans[key]
    order, groups = group_filters(factors.spans(), time, examples * num_bands)
    carried = keep or not parts
    segments = tiles(time, groups)
    layout = Layout(
        time, num_taps, stride, dilation, examples, order, groups, segments, carried, parts
    )
    plan = make_plan(factors, layout)
    if keep:
        factors.plans.clear()
        factors.plans[key] = plan
    return plan
