"""Division of a correlation into blocks that fit the cache of a processor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Measured: rows (example, band) in a product, rows of all filters in a group, frames in a segment,
# and cost of a small product, as further rows and columns.
ROWS, ROWS_OF_GROUP, SEGMENT = 512, 4096, 256
OVERHEAD = 24

# numbers in the longest vector of a processor
VECTOR = 16


class Axis(NamedTuple):
    """Correlation along time: sizes in frames, of the input without padding."""

    num_frames: int
    out_frames: int
    num_taps: int
    stride: int
    dilation: int
    padding: int


class Group(NamedTuple):
    """Successive filters, the taps that they need, and the number of frames in their blocks."""

    filters: slice
    taps: slice
    block: int


class Block(NamedTuple):
    """One product: output frames, and rows of the input tile and of the matrix of the group.

    The last block of a segment may compute more frames than it outputs.
    """

    frames: slice
    inputs: slice
    rows: slice


class Tile(NamedTuple):
    """A segment of the response of a group.

    `inputs` are the frames that it depends on, counted from the first frame of the input, `local`
    are the same frames counted from the first frame under the first tap of the first output, and
    `first` is the first output frame.
    """

    group: int
    inputs: slice
    local: slice
    first: int
    blocks: tuple[Block, ...]


def num_outputs(size: int, num_taps: int, stride: int, dilation: int) -> int:
    """Return the size of a response along one axis. `size` is that of the padded input.

    >>> num_outputs(310, num_taps=111, stride=2, dilation=1)
    100
    """
    return (size - (num_taps - 1) * dilation - 1) // stride + 1


def equal_blocks(num_frames: int, largest: int) -> tuple[int, int]:
    """Return the number of blocks and their size, for the fewest blocks within a largest size.

    >>> equal_blocks(198, largest=70)
    (3, 66)
    """
    num_blocks = -(-num_frames // largest)
    return num_blocks, -(-num_frames // num_blocks)


def cheapest_block(num_frames: int, width: int, stride: int) -> int:
    """Return the number of frames in blocks that take the fewest multiply-adds.

    A block of B frames reads `(B - 1) * stride + width` frames. B is a multiple of `VECTOR`.

    >>> cheapest_block(99, width=111, stride=2)
    64
    """

    def cost(block: int) -> int:
        whole, rest = divmod(num_frames, block)
        sizes = [block] * whole + [rest] * (rest > 0)
        return sum((n + OVERHEAD) * ((n - 1) * stride + width + OVERHEAD) for n in sizes)

    return min(range(VECTOR, num_frames + VECTOR, VECTOR), key=cost)


def examples_per_tile(batch: int, num_bands: int) -> int:
    """Return the number of examples that are computed together.

    >>> examples_per_tile(batch=40, num_bands=16)
    20
    """
    return equal_blocks(max(1, batch), max(1, ROWS // num_bands))[1]


def group_filters(
    spans: Sequence[tuple[int, int]], axis: Axis, num_rows: int
) -> tuple[tuple[int, ...], tuple[Group, ...]]:
    """Divide filters into groups of similar width.

    Parameters
    ----------
    spans : sequence of (int, int)
        First tap, and one more than the last tap, that each filter needs.
    axis : Axis
    num_rows : int
        Number of examples times bands in a tile.

    Returns
    -------
    order : tuple of int
        Filters from the narrowest to the widest.
    groups : tuple of Group
        Groups of filters in this order.
    """
    order = sorted(range(len(spans)), key=lambda k: spans[k][1] - spans[k][0])
    segment = segment_size(axis)
    groups = []
    size = max(1, ROWS_OF_GROUP // num_rows)
    for start in range(0, len(order), size):
        members = [spans[k] for k in order[start : start + size]]
        first, last = min(span[0] for span in members), max(span[1] for span in members)
        width = (last - first - 1) * axis.dilation + 1
        block = cheapest_block(segment, width, axis.stride)
        groups.append(Group(slice(start, start + len(members)), slice(first, last), block))
    return tuple(order), tuple(groups)


def segment_size(axis: Axis) -> int:
    """Return the number of output frames in a segment."""
    return equal_blocks(axis.out_frames, SEGMENT)[1]


def tiles(axis: Axis, groups: tuple[Group, ...]) -> tuple[Tile, ...]:
    """Return the tiles of all segments and groups."""
    return tuple(_tiles(axis, groups))


def _tiles(axis: Axis, groups: tuple[Group, ...]) -> Iterator[Tile]:
    segment = segment_size(axis)
    for first in range(0, axis.out_frames, segment):
        last = min(first + segment, axis.out_frames)
        origin = first * axis.stride - axis.padding
        for index, group in enumerate(groups):
            width = (group.taps.stop - group.taps.start - 1) * axis.dilation + 1
            offset = group.taps.start * axis.dilation - axis.padding
            begin, end = _within(
                first * axis.stride + offset,
                (last - 1) * axis.stride + offset + width,
                axis.num_frames,
            )
            blocks = []
            for start in range(first, last, group.block):
                stop = min(start + group.block, last)
                tap = start * axis.stride + offset
                a, z = _within(tap, (stop - 1) * axis.stride + offset + width, axis.num_frames)
                inputs, rows = slice(a - begin, z - begin), slice(a - tap, z - tap)
                blocks.append(Block(slice(start, stop), inputs, rows))
            local = slice(begin - origin, end - origin)
            yield Tile(index, slice(begin, end), local, first, tuple(blocks))


def _within(start: int, stop: int, size: int) -> tuple[int, int]:
    """Limit a range to 0 ... size. It may become empty."""
    start = min(max(start, 0), size)
    return start, max(start, min(stop, size))
