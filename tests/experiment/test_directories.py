import pytest

from pyannote_strf.experiment.directories import TrainDir


@pytest.mark.parametrize(
    ("first", "last", "every", "expected"),
    [
        (0, "last", 1, list(range(1, 26))),
        # as in the tutorial of pyannote.audio 1.1
        (0, 200, 10, [10, 20]),
        (5, 20, 10, [5, 15]),
        ("last", "last", 1, [25]),
        (24, "last", 1, [24, 25]),
    ],
)
def test_epochs_are_selected_by_range_and_step(tmp_path, first, last, every, expected):
    train_dir = TrainDir(tmp_path)
    train_dir.checkpoint(1).parent.mkdir()
    for epoch in range(1, 26):
        train_dir.checkpoint(epoch).touch()
    assert train_dir.select(first, last, every) == expected
