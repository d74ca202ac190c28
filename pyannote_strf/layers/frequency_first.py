"""Correlation with separable kernels along frequency, then along time, in blocks."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from pyannote_strf.layers.blocks import Axis, num_outputs
from pyannote_strf.layers.factors import Factors
from pyannote_strf.layers.plan import Layout, cached_plan
from pyannote_strf.layers.precision import at_least_single
from pyannote_strf.layers.products import Work, frames_of, gather, write


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

    Magnitudes depend on the carrier along time only through its product with the input. It is part
    of the first product, so that the second one is real. So it is for other parts if no gradient is
    needed: their response is then rotated.

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
        layout, rotation, weights, matrices = cached_plan(
            factors, time, stride[0], dilation[0], single.shape, parts
        )
        keep = torch.is_grad_enabled() and not parts
        response, _ = Correlate.apply(single, layout, rotation, keep, *weights, *matrices)
    return response.to(x.dtype)


class Correlate(torch.autograd.Function):
    """Both products of all tiles, and the gradients of the input and of all matrices."""

    @staticmethod
    def forward(
        x: Tensor, layout: Layout, rotation: Tensor, keep: bool, *products: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the response and, if `keep`, the second product of all blocks."""
        weights, matrices = _halves(products)
        work = Work(x, layout)
        num_parts = max(1, len(layout.parts))
        response = x.new_empty(
            len(x), num_parts, len(layout.order), work.bands, layout.time.out_frames
        )
        kept, position = x.new_empty(2 * response.numel() if keep else 0), 0
        for examples in work.slices():
            columns = work.columns(x[examples])
            for tile in layout.tiles:
                inputs = work.by_filter(work.first_product(weights[tile.group], columns, tile))
                shape = work.second_shape(tile, examples.stop - examples.start)
                if keep:
                    size = torch.Size(shape).numel()
                    z = kept[position : position + size].view(shape)
                    position += size
                else:
                    z = work.reuse("second", *shape)
                for factor, matrix, out in work.products(tile, inputs, matrices[tile.group], z):
                    torch.bmm(factor.transpose(1, 2), matrix, out=out)
                frames = slice(tile.first, tile.first + shape[-1])
                carrier = rotation[layout.groups[tile.group].filters, :, : shape[-1]]
                write(response[examples, ..., frames], z, layout.filters(tile), layout, carrier)
        return response, kept

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple[Tensor, Tensor]) -> None:
        """Save what the backward pass needs."""
        x, ctx.layout, _, _, *products = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(x, output[1], *products)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of the input, weights and matrices."""
        layout = ctx.layout
        x, kept, *products = ctx.saved_tensors
        weights, matrices = _halves(products)
        grads = [torch.zeros_like(product) for product in products]
        of_weights, of_matrices = _halves(grads)
        of_x = torch.zeros_like(x) if ctx.needs_input_grad[0] else None
        work = Work(x, layout)
        position = 0
        for examples in work.slices():
            columns = work.columns(x[examples])
            of_columns = torch.zeros_like(columns) if of_x is not None else None
            for tile in layout.tiles:
                inputs = work.by_filter(work.first_product(weights[tile.group], columns, tile))
                of_first = work.reuse("of_first", *work.first_shape(columns, tile)).zero_()
                shape = work.second_shape(tile, examples.stop - examples.start)
                of_z = work.reuse("of_second", *shape)
                if not layout.parts:
                    size = torch.Size(shape).numel()
                    of_z.copy_(kept[position : position + size].view(shape))
                    position += size
                frames = slice(tile.first, tile.first + shape[-1])
                gather(grad[examples, ..., frames], of_z, layout.filters(tile), layout)
                group = (tile, inputs, of_matrices[tile.group], of_z)
                for factor, of_matrix, out in work.products(*group):
                    of_matrix.baddbmm_(factor, out)
                group = (tile, work.by_filter(of_first), matrices[tile.group], of_z)
                for of_factor, matrix, out in work.products(*group):
                    of_factor.baddbmm_(matrix, out.transpose(1, 2))
                part = columns[tile.inputs]
                of_weight = torch.bmm(of_first, part.transpose(1, 2))
                if len(weights[tile.group]) > 1:
                    of_weights[tile.group][tile.local] += of_weight
                else:
                    of_weights[tile.group] += of_weight.sum(dim=0)
                if of_columns is not None:
                    to_taps = frames_of(weights[tile.group], tile).transpose(1, 2)
                    of_columns[tile.inputs] += torch.bmm(to_taps, of_first)
            if of_x is not None and of_columns is not None:
                work.fold(of_columns, of_x[examples])
        return of_x, None, None, None, *grads


def _halves(tensors: tuple[Tensor, ...] | list[Tensor]) -> tuple[Any, Any]:
    half = len(tensors) // 2
    return tensors[:half], tensors[half:]
