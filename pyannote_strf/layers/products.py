"""The two products of a tile, and what connects them to the image and the response."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from pyannote_strf.layers.blocks import ROWS, Block, Tile, equal_blocks, num_outputs
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
        self.examples = equal_blocks(max(1, self.batch), max(1, ROWS // self.bands))[1]
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
        columns = columns[tile.inputs]
        weights = frames_of(weights, tile)
        shape = (len(columns), weights.shape[1], columns.shape[2])
        return torch.bmm(weights, columns, out=self.reuse("first", *shape))

    def by_filter(self, first: Tensor) -> Tensor:
        """Return a view of the first product: (filter, frame or (frame, part), row)."""
        if self.layout.carried:
            return first.unflatten(1, (-1, 2)).flatten(2).transpose(0, 1)
        return first.unflatten(1, (2, -1)).flatten(0, 1).transpose(0, 1)

    def scaled(self, frames: slice) -> slice:
        """Return frames as rows of a matrix, or of the first product by filter."""
        if self.layout.carried:
            return frames
        return slice(2 * frames.start, 2 * frames.stop)

    def second_product(self, inputs: Tensor, matrix: Tensor, block: Block, out: Tensor) -> Tensor:
        """Return the product of a block, with what the columns of `matrix` are, in `out`."""
        inputs = inputs[:, self.scaled(block.inputs)].transpose(1, 2)
        return torch.bmm(inputs, matrix[:, self.scaled(block.rows)], out=out)

    def kept_numbers(self) -> int:
        """Return how many numbers the second products of one example have, with carriers."""
        sizes = [(g.filters.stop - g.filters.start) * g.block for g in self.layout.groups]
        return (
            2 * self.bands * sum(len(tile.blocks) * sizes[tile.group] for tile in self.layout.tiles)
        )

    def block_shape(self, matrix: Tensor, examples: int) -> tuple[int, int, int]:
        """Return the shape of the second product."""
        rows = examples * self.bands * (2 if self.layout.carried else 1)
        return len(matrix), rows, matrix.shape[2]


def frames_of(weights: Tensor, tile: Tile) -> Tensor:
    """Return the weights for the frames of a tile."""
    if len(weights) > 1:
        return weights[tile.local]
    return weights.expand(tile.inputs.stop - tile.inputs.start, -1, -1)


def write(
    out: Tensor, z: Tensor, filters: tuple[int, ...], layout: Layout, rotation: Tensor
) -> None:
    """Write the second product of a block to the response.

    Parameters
    ----------
    out : (example, part, all filters, band, frame) Tensor
        Response to the frames of the block.
    z : (filter, row, column) Tensor
        Second product, which may have more frames.
    filters : tuple of int
        Filters of the block.
    layout : Layout
    rotation : (filter, 2, frame) Tensor
        Carrier to multiply the product by.
    """
    examples, _, _, bands, frames = out.shape
    if not layout.carried:
        z = z.view(len(z), examples, bands, len(layout.parts), -1)[..., :frames]
        for k, response in zip(filters, z.permute(0, 1, 3, 2, 4)):
            out[:, :, k] = response
        return
    z = z.view(len(z), 2, examples, bands, -1)
    if not layout.parts:
        for k, response in zip(filters, magnitudes(z)):
            out[:, 0, k] = response[..., :frames]
        return
    for k, (real, imag), (c, s) in zip(filters, z[..., :frames], rotation[..., :frames]):
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


def gather(
    grad: Tensor, filters: tuple[int, ...], layout: Layout, z: Tensor | None, out: Tensor
) -> Tensor:
    """Return the gradient of the second product of a block, the reverse of :func:`write`.

    Parameters
    ----------
    grad : (example, part, all filters, band, frame) Tensor
        Gradient of the response to the frames of the block.
    filters : tuple of int
        Filters of the block.
    layout : Layout
        Not of a rotated response.
    z : (filter, row, column) Tensor
        Second product, for magnitudes.
    out : (filter, row, column) Tensor
        Result.
    """
    examples, _, _, bands, frames = grad.shape
    if layout.parts:
        blocks = out.view(len(out), examples, bands, len(layout.parts), -1)
        blocks[..., frames:] = 0
        for k, block in zip(filters, blocks[..., :frames].permute(0, 1, 3, 2, 4)):
            block.copy_(grad[:, :, k])
        return out
    assert z is not None
    z, blocks = (y.view(len(y), 2, examples, bands, -1) for y in (z, out))
    blocks[..., frames:] = 0
    for k, y, block in zip(filters, z[..., :frames], blocks[..., :frames]):
        torch.mul(y, grad[:, 0, k] / magnitudes(y[None])[0], out=block)
    return out
