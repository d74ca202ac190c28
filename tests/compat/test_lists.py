"""pyannote.database still reads lists in the encoding of the locale; this package does not."""

import pyannote_strf.protocols  # noqa: F401
import pytest
from pyannote.database import custom, loader


def test_upstream_still_reads_byte_order_marks_and_empty_lines_as_names(tmp_path):
    path = tmp_path / "some.lst"
    path.write_text("\ufeffone\n\n", encoding="utf-8")
    assert loader.load_lst(path) == ["\ufeffone", ""]
    assert custom.load_lst(path) == ["one"]


def test_lists_that_are_not_utf_8_are_refused(tmp_path):
    path = tmp_path / "some.lst"
    path.write_bytes("one\ncafé\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"some\.lst, line 2: not UTF-8 .*save the file as UTF-8"):
        custom.load_lst(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [("x" * 5000, "a name of 5,000 characters"), ("a\x07b", "cannot be printed")],
)
def test_invalid_names_are_refused(tmp_path, name, message):
    path = tmp_path / "some.lst"
    path.write_text(f"one\n{name}\n")
    with pytest.raises(ValueError, match=rf"some\.lst, line 2: .*{message}"):
        custom.load_lst(path)


def test_duplicates_are_refused(tmp_path):
    path = tmp_path / "some.lst"
    path.write_text("one\ntwo\none\n")
    with pytest.raises(ValueError, match=r"some\.lst, line 3: the same as line 1"):
        custom.load_lst(path)
