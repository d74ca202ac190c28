import pytest

from pyannote_strf.files import replaces, write_text


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "folder" / "params.yml"
    write_text(path, "old")

    def fail():
        with replaces(path) as temporary:
            temporary.write_text("half of the n")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]
