import pytest

from pyannote_strf.files import atomic_write, remove_partial, write_text


def test_failure_keeps_the_existing_file(tmp_path):
    path = tmp_path / "folder" / "params.yml"
    write_text(path, "old")

    def fail():
        with atomic_write(path) as temporary:
            temporary.write_text("half of the n")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_temporary_files_have_unpredictable_names(tmp_path):
    path = tmp_path / "params.yml"
    names = set()
    for _ in range(10):
        with atomic_write(path) as temporary:
            names.add(temporary.name)
            temporary.write_text("content")
    assert len(names) == 10
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    with atomic_write(path) as temporary:
        link = temporary.with_name("link")
        link.symlink_to(victim)
        link.replace(path)
        temporary.write_text("content")
    assert victim.read_text() == "untouched"
    assert not path.is_symlink()


def test_only_temporary_files_are_removed(tmp_path):
    with atomic_write(tmp_path / "0001.ckpt") as temporary:
        temporary.write_text("half")
        left = tmp_path / temporary.name
        saved = left.read_text()
    left.write_text(saved)
    others = [tmp_path / name for name in (".hidden", "mine.partial", ".mine.partial")]
    for other in others:
        other.touch()
    remove_partial(tmp_path, "0002.*")
    assert left.exists()
    remove_partial(tmp_path)
    assert not left.exists()
    assert all(other.exists() for other in others)
