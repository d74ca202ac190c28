import pytest
import torch

from pyannote_strf.layers.correlate import fastest_path

KERNEL_SIZES = {"published": (9, 111), "small": (3, 5)}


@pytest.mark.parametrize(
    ("batch", "channels", "kernel", "stride", "compiling", "exporting", "expected"),
    [
        (8, 1, "published", (1, 1), False, False, "frequency"),
        (32, 1, "published", (4, 2), False, False, "frequency"),
        (1, 1, "published", (4, 2), False, False, "dense"),
        (8, 1, "published", (1, 1), True, False, "time"),
        (8, 1, "published", (4, 2), True, False, "dense"),
        (8, 1, "published", (1, 1), True, True, "dense"),
        (8, 1, "small", (1, 1), False, False, "dense"),
        (8, 1, "small", (1, 1), True, False, "dense"),
        (8, 2, "published", (1, 1), False, False, "dense"),
    ],
)
def test_path_depends_on_the_input_and_on_how_the_layer_runs(
    monkeypatch, batch, channels, kernel, stride, compiling, exporting, expected
):
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: compiling)
    monkeypatch.setattr(torch.compiler, "is_exporting", lambda: exporting)
    x = torch.empty(batch, channels, 64, 200)
    path = fastest_path(x, KERNEL_SIZES[kernel], stride, num_filters=64, parts=("real", "imag"))
    assert path == expected


def test_magnitudes_of_many_frames_take_the_path_without_phases():
    x = torch.empty(32, 1, 64, 200)
    assert fastest_path(x, (5, 21), (1, 1), num_filters=64, parts=()) == "frequency"


def test_magnitudes_of_small_kernels_take_the_dense_path():
    x = torch.empty(8, 1, 64, 200)
    assert fastest_path(x, (5, 21), (1, 1), num_filters=64, parts=()) == "dense"
