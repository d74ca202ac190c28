"""The two products of a tile, and what connects them to the image and the response."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from pyannote_strf.layers.blocks import Tile, num_outputs
from pyannote_strf.layers.plan import Layout

# Rows of zeros after those of all bands. Without them, the size of a frame is often a power of 2,
# and the same rows of all frames compete for the same lines of a cache.
GAP = 16


class Work:
    """Sizes of products for an image, and memory that all tiles share.

    The first product is (frame, filter * part, row), the second one is (filter, part * row, frame).
    A row is a band of an example. `GAP` rows of zeros follow.

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
        """Return the bands under each kernel: (frame, tap, row)."""
        layout = self.layout
        extent = (layout.num_taps - 1) * layout.dilation + 1
        bands = x.unfold(1, extent, layout.stride)[..., :: layout.dilation].permute(2, 3, 0, 1)
        columns = self.reuse("columns", (*bands.shape[:2], len(x) * self.bands + GAP))
        columns[..., -GAP:] = 0
        columns[..., :-GAP].unflatten(2, (len(x), -1)).copy_(bands)
        return columns

    def fold(self, columns: Tensor, x: Tensor) -> None:
        """Add columns to the bands that they were taken from."""
        layout = self.layout
        columns = columns[..., :-GAP].unflatten(2, (len(x), -1)).permute(2, 3, 0, 1)
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
        num_rows = 2 * ((examples.stop - examples.start) * self.bands + GAP)
        return num_filters, num_rows, tile.blocks[-1].frames.stop - tile.first

    def second_numel(self) -> int:
        """Return the number of elements of the second products of all tiles."""
        num_rows = self.batch * self.bands + GAP * len(list(self.slices()))
        return len(self.layout.order) * 2 * num_rows * self.layout.time.out_frames

    def second(self, first: Tensor, matrix: Tensor, tile: Tile, z: Tensor) -> None:
        """Write the second product, given the first one and the matrix of the group."""
        for inputs, some, out in blocks(tile, by_filter(first), matrix, z):
            out.copy_(self.product(inputs.transpose(1, 2), some))

    def product(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the product of matrices, until the next call.

        Results with gaps in memory would be computed one matrix at a time, which takes longer than
        to copy them.
        """
        return torch.bmm(a, b, out=self.reuse("product", (len(a), a.shape[1], b.shape[2])))

    def of_phases(self, pairs: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
        """Return the gradients of phases at each frame: (filter, frame).

        Both numbers of a pair may be rotated by the same phase, which changes no gradient.

        Parameters
        ----------
        pairs : iterable of (Tensor, Tensor)
            For each filter, (part, example, band, frame) complex numbers, and their gradient.
        """
        phases = []
        for (real, imag), (of_real, of_imag) in pairs:
            out = self.reuse("phase", tuple(real.shape))
            torch.mul(real, of_imag, out=out).addcmul_(imag, of_real, value=-1)
            phases.append(out.sum(dim=(0, 1)))
        return torch.stack(phases)


def by_filter(first: Tensor) -> Tensor:
    """Return a view of the first product as (filter, frame, part * row)."""
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


def by_example(z: Tensor, num_examples: int) -> Tensor:
    """Return a view of the second product as (filter, part, example, band, frame)."""
    return z.unflatten(1, (2, -1))[:, :, :-GAP].unflatten(2, (num_examples, -1))


def of_tile(response: Tensor, layout: Layout, tile: Tile) -> Iterator[Tensor]:
    """Yield views of the response of each filter of a tile: (part, example, band, frame).

    Parameters
    ----------
    response : (example, part, all filters, band, frame) Tensor
        Response of the frames of the tile, or its gradient.
    layout : Layout
    tile : Tile
    """
    for k in layout.filters(tile):
        yield response[:, :, k].transpose(0, 1)


def rotate(z: Tensor, response: Tensor, layout: Layout, tile: Tile, rotation: Tensor) -> None:
    """Write the parts of the response of a tile.

    Parameters
    ----------
    z : (filter, part * row, frame) Tensor
        Second product.
    response : (example, part, all filters, band, frame) Tensor
        Response of the frames of the tile, to be written.
    layout : Layout
    tile : Tile
    rotation : (filter, 2, frame) Tensor
        Complex numbers to multiply the product by.
    """
    parts = layout.parts
    outputs = of_tile(response, layout, tile)
    for out, one, (c, s) in zip(outputs, by_example(z, len(response)), rotation):
        torch.mul(one[parts[0] : parts[-1] + 1], c, out=out)
        for part, of_part in zip(parts, out):
            of_part.addcmul_(one[1 - part], s, value=1 if part else -1)


def rotate_back(response: Tensor, z: Tensor, layout: Layout, tile: Tile, rotation: Tensor) -> None:
    """Multiply by the conjugate of the rotation. Parts that the response lacks are zero.

    The arguments are those of :func:`rotate`, and `z` is to be written.
    """
    z.unflatten(1, (2, -1))[:, :, -GAP:] = 0
    parts = layout.parts
    inputs = of_tile(response, layout, tile)
    for some, one, (c, s) in zip(inputs, by_example(z, len(response)), rotation):
        torch.mul(some, c, out=one[parts[0] : parts[-1] + 1])
        if len(parts) == 1:
            one[1 - parts[0]] = 0
        for part, of_part in zip(parts, some):
            one[1 - part].addcmul_(of_part, s, value=1 if part else -1)


def magnitude(z: Tensor, response: Tensor, layout: Layout, tile: Tile) -> None:
    """Write the magnitude of the response of a tile. The arguments are those of :func:`rotate`."""
    for k, one in zip(layout.filters(tile), power(by_example(z, len(response)))):
        torch.sqrt(one, out=response[:, 0, k])


def of_magnitude(z: Tensor, of_z: Tensor, grad: Tensor, layout: Layout, tile: Tile) -> None:
    """Write the gradient of the second product, given that of the magnitude.

    Parameters
    ----------
    z, of_z : (filter, part * row, frame) Tensor
        Second product, and its gradient, to be written.
    grad : (example, 1, all filters, band, frame) Tensor
        Gradient of the magnitude.
    layout : Layout
    tile : Tile
    """
    of_z.unflatten(1, (2, -1))[:, :, -GAP:] = 0
    z, of_z = by_example(z, len(grad)), by_example(of_z, len(grad))
    # the gradient at zero is zero
    scale = power(z).clamp_(min=torch.finfo(z.dtype).tiny).sqrt_()
    for k, one in zip(layout.filters(tile), scale):
        torch.div(grad[:, 0, k], one, out=one)
    torch.mul(z, scale[:, None], out=of_z)


def power(z: Tensor) -> Tensor:
    """Return the power of (filter, part, ...) numbers."""
    return torch.mul(z[:, 0], z[:, 0]).addcmul_(z[:, 1], z[:, 1])
