"""The two products of a tile, and what connects them to the image and the response."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from pyannote_strf.layers.blocks import Tile, num_outputs
from pyannote_strf.layers.plan import Layout


class Work:
    """Sizes of products for an image, and memory that all tiles share.

    Rows of both products are (example, band), preceded by the part if weights include carriers.

    Parameters
    ----------
    x : (batch, band, frame) Tensor
    layout : Layout
    """

    def __init__(self, x: Tensor, layout: Layout) -> None:
        self.layout = layout
        self.batch = len(x)
        extent = (layout.num_taps - 1) * layout.dilation + 1
        self.extent = extent
        self.bands = num_outputs(x.shape[1], layout.num_taps, layout.stride, layout.dilation)
        self.examples = layout.examples
        self.new_empty = x.new_empty
        self.memory: dict[str, Tensor] = {}

    def slices(self) -> Iterator[slice]:
        """Return slices of a few examples each."""
        for start in range(0, self.batch, self.examples):
            yield slice(start, min(start + self.examples, self.batch))

    def columns(self, x: Tensor) -> Tensor:
        """Return the bands under each kernel: (frame, tap, example * band)."""
        layout = self.layout
        bands = x.unfold(1, self.extent, layout.stride)[..., :: layout.dilation]
        return bands.permute(2, 3, 0, 1).flatten(2)

    def fold(self, columns: Tensor, x: Tensor) -> None:
        """Add columns to the bands that they were taken from."""
        layout = self.layout
        columns = columns.unflatten(2, (len(x), self.bands)).permute(2, 3, 0, 1)
        for tap in range(layout.num_taps):
            first = tap * layout.dilation
            last = first + (self.bands - 1) * layout.stride + 1
            x[:, first : last : layout.stride] += columns[..., tap]

    def reuse(self, name: str, *shape: int) -> Tensor:
        """Return a tensor of any values, in the memory of the last one of that name."""
        size = torch.Size(shape).numel()
        memory = self.memory.get(name)
        if memory is None or memory.numel() < size:
            memory = self.memory[name] = self.new_empty(size)
        return memory[:size].view(shape)

    def first_product(self, weights: Tensor, columns: Tensor, tile: Tile) -> Tensor:
        """Return the first product for the frames of a tile: (frame, row, example * band)."""
        out = self.reuse("first", *self.first_shape(columns, tile))
        return torch.bmm(frames_of(weights, tile), columns[tile.inputs], out=out)

    def first_shape(self, columns: Tensor, tile: Tile) -> tuple[int, int, int]:
        """Return the shape of the first product."""
        num_frames = tile.inputs.stop - tile.inputs.start
        return num_frames, 2 * len(self.layout.filters(tile)), columns.shape[2]

    def by_filter(self, first: Tensor) -> Tensor:
        """Return a view of the first product: (filter, frame or (frame, part), row)."""
        if self.layout.carried:
            return first.unflatten(1, (-1, 2)).flatten(2).transpose(0, 1)
        return first.unflatten(1, (2, -1)).flatten(0, 1).transpose(0, 1)

    def second_shape(self, tile: Tile, examples: int) -> tuple[int, int, int, int]:
        """Return the shape of the second product: (filter, part, example * band, frame)."""
        filters = self.layout.filters(tile)
        num_parts = 2 if self.layout.carried else len(self.layout.parts)
        num_frames = tile.blocks[-1].frames.stop - tile.first
        return len(filters), num_parts, examples * self.bands, num_frames

    def products(
        self, tile: Tile, inputs: Tensor, matrix: Tensor, z: Tensor
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield the factors and the result of each product of a tile, as views.

        Parameters
        ----------
        tile : Tile
        inputs : (filter, frame or (frame, part), row) Tensor
            First product by filter, or its gradient.
        matrix : (filter, row, column) Tensor
        z : (filter, part, example * band, frame) Tensor
            Second product, or its gradient.

        Yields
        ------
        inputs : (filter, row of `matrix`, row of `z`) Tensor
        matrix : (filter, row, frame) Tensor
        z : (filter, row, frame) Tensor
        """
        scale = 1 if self.layout.carried else 2
        # with carriers, parts are rows of one product, without, columns of two matrices
        parts = z.flatten(1, 2)[:, None] if self.layout.carried else z
        size = self.layout.groups[tile.group].block
        for block in tile.blocks:
            frames = slice(block.frames.start - tile.first, block.frames.stop - tile.first)
            used = slice(scale * block.inputs.start, scale * block.inputs.stop)
            rows = slice(scale * block.rows.start, scale * block.rows.stop)
            for i, part in enumerate(parts.unbind(1)):
                columns = slice(i * size, i * size + frames.stop - frames.start)
                yield inputs[:, used], matrix[:, rows, columns], part[..., frames]


def frames_of(weights: Tensor, tile: Tile) -> Tensor:
    """Return the weights for the frames of a tile."""
    if len(weights) > 1:
        return weights[tile.local]
    return weights.expand(tile.inputs.stop - tile.inputs.start, -1, -1)


def write(
    out: Tensor, z: Tensor, filters: tuple[int, ...], layout: Layout, carrier: Tensor
) -> None:
    """Write the second product of a tile to the response.

    Parameters
    ----------
    out : (example, part, all filters, band, frame) Tensor
        Response of the frames of the tile.
    z : (filter, part, example * band, frame) Tensor
        Second product.
    filters : tuple of int
        Filters of the tile.
    layout : Layout
    carrier : (filter, 2, frame) Tensor
        Carrier to multiply the product by.
    """
    z = z.unflatten(2, (len(out), -1))
    if not layout.parts:
        for k, response in zip(filters, magnitudes(z)):
            out[:, 0, k] = response
    elif not layout.carried:
        for k, response in zip(filters, z.transpose(1, 2)):
            out[:, :, k] = response
    else:
        for k, (real, imag), (c, s) in zip(filters, z, carrier):
            for i, part in enumerate(layout.parts):
                one = out[:, i, k]
                if part == "real":
                    torch.mul(real, c, out=one).addcmul_(imag, s, value=-1)
                else:
                    torch.mul(real, s, out=one).addcmul_(imag, c)


def magnitudes(z: Tensor) -> Tensor:
    """Return the magnitudes of (filter, part, ...) numbers, at least the smallest normal root."""
    power = torch.mul(z[:, 0], z[:, 0]).addcmul_(z[:, 1], z[:, 1])
    return power.clamp_(min=torch.finfo(z.dtype).tiny).sqrt_()


def gather(grad: Tensor, z: Tensor, filters: tuple[int, ...], layout: Layout) -> None:
    """Convert the gradient of the response to that of the second product, if it is not rotated.

    Parameters
    ----------
    grad : (example, part, all filters, band, frame) Tensor
        Gradient of the response of the frames of the tile.
    z : (filter, part, example * band, frame) Tensor
        Second product, if the response is its magnitude. It becomes its gradient.
    filters : tuple of int
        Filters of the tile.
    layout : Layout
    """
    z = z.unflatten(2, (len(grad), -1))
    if layout.parts:
        for k, one in zip(filters, z.transpose(1, 2)):
            one.copy_(grad[:, :, k])
        return
    scale = magnitudes(z)
    for k, one in zip(filters, scale):
        torch.div(grad[:, 0, k], one, out=one)
    z *= scale[:, None]
