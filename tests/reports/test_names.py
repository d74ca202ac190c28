from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pyannote_strf.reports.names import distinct_names

CHECKPOINT = "strf-seed0/train/AMI.SpeakerDiarization.MixHeadset.train/weights/0012.ckpt"
WORDS = st.sampled_from(["a", "bc", "a.b", "[red]x", "0012.ckpt", "0012.bin"])
PATHS = st.lists(
    st.lists(WORDS, min_size=1, max_size=6).map(lambda parts: Path("/", *parts)),
    min_size=2,
    max_size=6,
    unique=True,
)


def is_made_of(name, path):
    """Whether parts of a name are parts of a path, in order."""
    left = iter([*path.parts[:-1], path.stem, path.name])
    return all(part in left for part in name.split("/"))


@settings(deadline=None)
@given(PATHS)
def test_names_are_distinct_and_made_of_their_paths(paths):
    names = distinct_names(paths)
    assert len(names) == len(paths)
    assert len(set(names)) == len(names)
    assert all(is_made_of(name, path) for name, path in zip(names, paths))


@settings(deadline=None)
@given(PATHS)
def test_names_have_one_part_if_that_is_distinct(paths):
    stems = [path.stem for path in paths]
    assume(len(set(stems)) == len(stems))
    names = distinct_names(paths)
    assert not any("/" in name for name in names)
    assert len("".join(names)) <= len("".join(stems))


@pytest.mark.parametrize(
    ("others", "names"),
    [
        ([("seed0", "seed1")], ["strf-seed0", "strf-seed1"]),
        ([("0012", "0006")], ["0012", "0006"]),
        ([(".ckpt", ".bin")], ["0012.ckpt", "0012.bin"]),
        # deeper, and not as deep
        ([("strf-seed0", "old/2023/conv2d")], ["strf-seed0", "conv2d"]),
        ([("strf-seed0/train/", "")], ["train/0012", "0012"]),
        # another experiment and another epoch, of which epochs have fewer letters
        ([("strf-seed0", "conv2d"), ("0012", "0006")], ["0012", "0006"]),
        ([("strf-seed0", "b"), ("0012", "a-last-epoch")], ["strf-seed0", "b"]),
    ],
)
def test_names_are_short(tmp_path, others, names):
    other = CHECKPOINT
    for old, new in others:
        other = other.replace(old, new)
    assert distinct_names([tmp_path / CHECKPOINT, tmp_path / other]) == names


def test_names_have_as_many_parts_as_needed(tmp_path):
    paths = [tmp_path / f"exp{n}" / "weights" / "0012.ckpt" for n in (1, 2)]
    paths.append(tmp_path / "exp2" / "weights" / "0006.ckpt")
    assert distinct_names(paths) == ["exp1/0012", "exp2/0012", "exp2/0006"]
    assert distinct_names([tmp_path / "a.ckpt", tmp_path / "b" / "a.ckpt"]) == ["a", "b/a"]
    assert distinct_names([tmp_path / "a.ckpt"]) == ["a"]


def test_links_keep_their_names_and_count_as_the_same_checkpoint(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second, link = tmp_path / "first.ckpt", tmp_path / "second.ckpt", Path("best.ckpt")
    first.touch()
    link.symlink_to(first)
    assert distinct_names([link, second]) == ["best", "second"]
    for same in (first, link, Path("first.ckpt"), tmp_path / "x" / ".." / "first.ckpt"):
        with pytest.raises(ValueError, match="given twice"):
            distinct_names([first, second, same])
