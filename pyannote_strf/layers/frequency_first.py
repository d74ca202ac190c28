"""Correlation with separable kernels along frequency, then along time, in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pyannote_strf.layers.blocks import Axis, num_outputs
from pyannote_strf.layers.factors import Factors
from pyannote_strf.layers.plan import Layout, cached_plan
from pyannote_strf.layers.precision import at_least_single
from pyannote_strf.layers.products import (
    Work,
    blocks,
    by_example,
    by_filter,
    magnitude,
    of_magnitude,
    of_tile,
    rotate,
    rotate_back,
)


def frequency_first(
    x: Tensor,
    factors: Factors,
    parts: tuple[str, ...],
    stride: tuple[int, int] = (1, 1),
    padding: int = 0,
    dilation: tuple[int, int] = (1, 1),
) -> Tensor:
    """Correlate one input channel with separable kernels, along frequency first.

    The first product multiplies the bands under each kernel by the factors in frequency. The second
    product multiplies blocks of frames by the Toeplitz matrix of each factor in time. Temporary
    results fit the cache of a processor. Filters of similar width share blocks, which leave out
    taps below the rounding error of the largest tap.

    The carrier along time is part of the first product, so that the second one is real. Magnitudes
    need no more. Other parts are then rotated.

    Parameters
    ----------
    x : (batch, band, frame) Tensor
        Input, padded along frequency.
    factors : Factors
        Kernels for a single input channel.
    parts : tuple of {"real", "imag"}
        Parts of the response to compute. If empty, compute its magnitude.
    stride, dilation : (int, int), optional
        Along frequency and time. Default to 1.
    padding : int, optional
        Number of frames of zeros on both sides of the input. Defaults to 0.

    Returns
    -------
    response : (batch, max(part, 1), filter, band, frame) Tensor
        It can be differentiated once.
    """
    with torch.autocast(x.device.type, enabled=False):
        single = at_least_single(x)
        factors = factors.to(single.dtype)
        num_taps, num_frames = factors.envelope.shape[-1], x.shape[-1]
        out_frames = num_outputs(num_frames + 2 * padding, num_taps, stride[1], dilation[1])
        time = Axis(num_frames, out_frames, num_taps, stride[1], dilation[1], padding)
        indices = tuple(("real", "imag").index(part) for part in parts)
        plan = cached_plan(factors, single.shape, time, stride[0], dilation[0], indices)
        keep = torch.is_grad_enabled() and not parts
        matrices = (*plan.weights, *plan.matrices)
        response, _ = Correlate.apply(single, plan.layout, plan.rotation, keep, *matrices)
    return response.to(x.dtype)


class Correlate(torch.autograd.Function):
    """Both products of all tiles, and the gradients of the input and of all matrices."""

    @staticmethod
    def forward(
        x: Tensor, layout: Layout, rotation: Tensor, keep: bool, *tensors: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the response and, if `keep`, the second product of all tiles."""
        weights, matrices = halves(tensors)
        work = Work(x, layout)
        num_parts = max(1, len(layout.parts))
        response = x.new_empty(
            len(x), num_parts, len(layout.order), work.bands, layout.time.out_frames
        )
        kept, position = x.new_empty(work.second_numel() if keep else 0), 0
        for examples in work.slices():
            columns = work.columns(x[examples])
            for tile in layout.tiles:
                first = work.first(weights[tile.group], columns, tile)
                shape = work.second_shape(tile, examples)
                if keep:
                    size = torch.Size(shape).numel()
                    z = kept[position : position + size].view(shape)
                    position += size
                else:
                    z = work.reuse("second", shape)
                work.second(first, matrices[tile.group], tile, z)
                frames = slice(tile.first, tile.first + shape[-1])
                some = response[examples, ..., frames]
                if layout.parts:
                    carrier = rotation[layout.groups[tile.group].filters, :, : shape[-1]]
                    rotate(z, some, layout, tile, carrier)
                else:
                    magnitude(z, some, layout, tile)
        return response, kept

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple[Tensor, Tensor]) -> None:
        """Save what the backward pass needs."""
        x, ctx.layout, rotation, _, *tensors = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, rotation, output[1], *tensors)
        ctx.response = None
        if any(ctx.needs_input_grad) and len(ctx.layout.parts) == 2:
            # not saved for the backward pass, since later operations may change it in place
            ctx.response, ctx.version = output[0].detach(), output[0]._version

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor | None, of_kept: None) -> tuple[Tensor | None, ...]:
        """Return the gradients of the input, rotation, weights and matrices."""
        if grad is None:
            return (None,) * len(ctx.needs_input_grad)
        layout = ctx.layout
        x, rotation, kept, *tensors = ctx.saved_tensors
        weights, matrices = halves(tensors)
        grads = [torch.zeros_like(tensor) for tensor in tensors]
        of_weights, of_matrices = halves(grads)
        of_rotation = torch.zeros_like(rotation)
        of_x = torch.zeros_like(x) if ctx.needs_input_grad[0] else None
        work = Work(x, layout)
        response = ctx.response
        if response is not None and response._version != ctx.version:
            response = None
        position = 0
        for examples in work.slices():
            columns = work.columns(x[examples])
            of_columns = torch.zeros_like(columns) if of_x is not None else None
            for tile in layout.tiles:
                first = work.first(weights[tile.group], columns, tile)
                of_first = work.reuse("of_first", tuple(first.shape)).zero_()
                shape = work.second_shape(tile, examples)
                of_z = work.reuse("of_second", shape)
                frames = slice(tile.first, tile.first + shape[-1])
                of_response = grad[examples, ..., frames]
                if layout.parts:
                    filters = layout.groups[tile.group].filters
                    carrier = rotation[filters, :, : shape[-1]]
                    rotate_back(of_response, of_z, layout, tile, carrier)
                    if response is None:
                        z = work.reuse("second", shape)
                        work.second(first, matrices[tile.group], tile, z)
                        pairs = zip(*(by_example(each, len(of_response)) for each in (z, of_z)))
                    else:
                        some = response[examples, ..., frames]
                        pairs = zip(*(of_tile(each, layout, tile) for each in (some, of_response)))
                    of_phase = work.of_phases(pairs)[:, None]
                    c, s = carrier.unbind(1)
                    of_rotation[filters, :, : shape[-1]] += torch.stack([-s, c], dim=1) * of_phase
                else:
                    z = kept[position : position + of_z.numel()].view(shape)
                    position += z.numel()
                    of_magnitude(z, of_z, of_response, layout, tile)

                inputs = by_filter(first)
                for some, of_matrix, out in blocks(tile, inputs, of_matrices[tile.group], of_z):
                    of_matrix += work.product(some, out)
                group = (tile, by_filter(of_first), matrices[tile.group], of_z)
                for of_some, matrix, out in blocks(*group):
                    of_some += work.product(matrix, out.transpose(1, 2))

                part = columns[tile.inputs]
                of_weights[tile.group][tile.local] += torch.bmm(of_first, part.transpose(1, 2))
                if of_columns is not None:
                    to_taps = weights[tile.group][tile.local].transpose(1, 2)
                    of_columns[tile.inputs] += torch.bmm(to_taps, of_first)
            if of_x is not None and of_columns is not None:
                work.fold(of_columns, of_x[examples])
        return of_x, None, of_rotation, None, *grads


def halves(tensors: Sequence[Tensor]) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
    """Divide tensors into the weights and the matrices of all groups."""
    middle = len(tensors) // 2
    return tensors[:middle], tensors[middle:]
