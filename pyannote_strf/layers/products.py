"""The two products of a tile, and what connects them to the image and the response."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from pyannote_strf.layers.blocks import Tile, num_outputs
from pyannote_strf.layers.plan import Layout


class Work:
    """Sizes of products for an image, and memory that all tiles share.

    The first product is (frame, filter * part, example * band), the second one is (filter, part *
    example * band, frame).

    Parameters
    ----------
    x : (batch, band, frame) Tensor
    layout : Layout
    """

    def __init__(self, x: Tensor, layout: Layout) -> None:
        self.layout = layout
        self.batch = len(x)
        self.bands = num_outputs(x.shape[1], layout.num_taps, layout.stride, layout.dilation)
        self.new_empty = x.new_empty
        self.memory: dict[str, Tensor] = {}

    def slices(self) -> Iterator[slice]:
        """Return slices of a few examples each."""
        for start in range(0, self.batch, self.layout.examples):
            yield slice(start, min(start + self.layout.examples, self.batch))

    def columns(self, x: Tensor) -> Tensor:
        """Return the bands under each kernel: (frame, tap, example * band)."""
        layout = self.layout
        extent = (layout.num_taps - 1) * layout.dilation + 1
        bands = x.unfold(1, extent, layout.stride)[..., :: layout.dilation]
        return bands.permute(2, 3, 0, 1).flatten(2)

    def fold(self, columns: Tensor, x: Tensor) -> None:
        """Add columns to the bands that they were taken from."""
        layout = self.layout
        columns = columns.unflatten(2, (len(x), self.bands)).permute(2, 3, 0, 1)
        for tap in range(layout.num_taps):
            first = tap * layout.dilation
            last = first + (self.bands - 1) * layout.stride + 1
            x[:, first : last : layout.stride] += columns[..., tap]

    def reuse(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """Return a tensor of any values, in the memory of the last one of that name."""
        size = torch.Size(shape).numel()
        memory = self.memory.get(name)
        if memory is None or memory.numel() < size:
            memory = self.memory[name] = self.new_empty(size)
        return memory[:size].view(shape)

    def first(self, weights: Tensor, columns: Tensor, tile: Tile) -> Tensor:
        """Return the first product for the frames of a tile."""
        weights, columns = weights[tile.local], columns[tile.inputs]
        out = self.reuse("first", (len(columns), weights.shape[1], columns.shape[2]))
        return torch.bmm(weights, columns, out=out)

    def second_shape(self, tile: Tile, examples: slice) -> tuple[int, int, int]:
        """Return the shape of the second product."""
        num_filters = len(self.layout.filters(tile))
        num_rows = 2 * (examples.stop - examples.start) * self.bands
        return num_filters, num_rows, tile.blocks[-1].frames.stop - tile.first


def by_filter(first: Tensor) -> Tensor:
    """Return a view of the first product as (filter, frame, part * example * band)."""
    return first.unflatten(1, (-1, 2)).flatten(2).transpose(0, 1)


def blocks(
    tile: Tile, first: Tensor, matrix: Tensor, z: Tensor
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield views of the blocks of a tile.

    Parameters
    ----------
    tile : Tile
    first : (filter, input_frame, row) Tensor
        First product by filter, or its gradient.
    matrix : (filter, input_frame, frame) Tensor
        Matrix of the group, or its gradient.
    z : (filter, row, frame) Tensor
        Second product, or its gradient.
    """
    for block in tile.blocks:
        frames = slice(block.frames.start - tile.first, block.frames.stop - tile.first)
        columns = slice(frames.stop - frames.start)
        yield first[:, block.inputs], matrix[:, block.rows, columns], z[..., frames]


def write(
    out: Tensor, z: Tensor, filters: tuple[int, ...], parts: tuple[str, ...], rotation: Tensor
) -> None:
    """Write the second product of a tile to the response.

    Parameters
    ----------
    out : (example, part, all filters, band, frame) Tensor
        Response of the frames of the tile.
    z : (filter, part * example * band, frame) Tensor
        Second product.
    filters : tuple of int
        Filters of the tile.
    parts : tuple of {"real", "imag"}
        Parts of the response, or none for its magnitude.
    rotation : (filter, 2, frame) Tensor
        Complex numbers to multiply the product by.
    """
    z = z.unflatten(1, (2, len(out), -1))
    if not parts:
        for k, one in zip(filters, power(z)):
            torch.sqrt(one, out=out[:, 0, k])
        return
    for k, (real, imag), (c, s) in zip(filters, z, rotation):
        for i, part in enumerate(parts):
            if part == "real":
                torch.mul(real, c, out=out[:, i, k]).addcmul_(imag, s, value=-1)
            else:
                torch.mul(real, s, out=out[:, i, k]).addcmul_(imag, c)


def read(
    grad: Tensor, z: Tensor, filters: tuple[int, ...], parts: tuple[str, ...], rotation: Tensor
) -> None:
    """Convert the gradient of the response to that of the second product.

    Parameters
    ----------
    grad : (example, part, all filters, band, frame) Tensor
        Gradient of the response of the frames of the tile.
    z : (filter, part * example * band, frame) Tensor
        Becomes the gradient of the second product. If the response is a magnitude, the second
        product itself.
    filters, parts, rotation
        As in :func:`write`.
    """
    z = z.unflatten(1, (2, len(grad), -1))
    if not parts:
        scale = power(z).sqrt_()
        for k, one in zip(filters, scale):
            torch.div(grad[:, 0, k], one, out=one)
        z *= scale[:, None]
        return
    for k, (real, imag), (c, s) in zip(filters, z, rotation):
        # conjugate rotation of the first part, then of the second
        for i, (part, of_part) in enumerate(zip(parts, grad[:, :, k].unbind(1))):
            of_real, of_imag = (c, -s) if part == "real" else (s, c)
            if i == 0:
                torch.mul(of_part, of_real, out=real)
                torch.mul(of_part, of_imag, out=imag)
            else:
                real.addcmul_(of_part, of_real)
                imag.addcmul_(of_part, of_imag)


def power(z: Tensor) -> Tensor:
    """Return the power of (filter, part, ...) numbers, at least the smallest normal number."""
    squares = torch.mul(z[:, 0], z[:, 0]).addcmul_(z[:, 1], z[:, 1])
    return squares.clamp_(min=torch.finfo(z.dtype).tiny)
