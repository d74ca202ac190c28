from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
import torch

from pyannote_strf.checks import check_number, check_size, check_type


class Level(Enum):
    HIGH = "high"


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (1, int),
        (1, float),
        ([4, 2], tuple[int, int]),
        (["a"], Sequence[str]),
        ("a", Literal["a", "b"]),
        ("anything", Any),
        # constructors may convert these
        ("file.wav", Path),
        ("high", Level),
    ],
)
def test_matching_value_is_valid(value, hint):
    check_type("option", value, hint)


@pytest.mark.parametrize(
    ("value", "hint", "words"),
    [
        (True, int, "an integer"),
        (True, float, "a number"),
        ("2", int, "an integer"),
        (2.0, int, "an integer"),
        (float("nan"), float, "a number"),
        (1, bool, "true or false"),
        ([4], tuple[int, int], "a list of 2 integers"),
        ([4.0], tuple[int, str], "a list of 2"),
        ("abc", Sequence[str], "a list"),
        ([2, 2], Sequence[Sequence[int]], "a list of lists of integers"),
        (1, tuple[float, ...], "a list of numbers"),
        (1, list, "a list"),
        ("c", Literal["a", "b"], "one of a, b"),
        ([], dict[str, Any] | None, "a mapping or null"),
        ("x", torch.nn.Module, "Module"),
    ],
)
def test_value_of_another_type_raises_an_error(value, hint, words):
    with pytest.raises(ValueError, match=f"^option must be {words}, got "):
        check_type("option", value, hint)


def test_long_values_are_abbreviated():
    with pytest.raises(ValueError, match="num_filters must be a pos") as error:
        check_size("num_filters", "x" * 10**6)
    assert len(str(error.value)) < 100


def test_booleans_are_not_numbers():
    with pytest.raises(ValueError, match="must be a number, got True"):
        check_number("margin", True)
    with pytest.raises(ValueError, match="must be a positive integer, got True"):
        check_size("stride", True)
