import gc
import sys

import pytest

from pyannote_strf.cli.memory import lasting_imports


@pytest.fixture
def thawed():
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.enable()


def test_what_is_imported_is_left_alone_from_then_on(thawed, monkeypatch):
    monkeypatch.delitem(sys.modules, "pyannote.audio", raising=False)
    with lasting_imports():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 1000


def test_garbage_is_collected_after_a_failed_import(thawed, monkeypatch):
    monkeypatch.delitem(sys.modules, "pyannote.audio", raising=False)
    with pytest.raises(ModuleNotFoundError), lasting_imports():
        import nothing_of_that_name  # noqa: F401
    assert gc.isenabled()


def test_only_the_first_imports_are_left_alone(thawed, monkeypatch):
    """Later, what is garbage already would be kept for good."""
    monkeypatch.setitem(sys.modules, "pyannote.audio", sys)
    with lasting_imports():
        assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_collector_that_is_off_stays_off(thawed, monkeypatch):
    monkeypatch.delitem(sys.modules, "pyannote.audio", raising=False)
    gc.disable()
    with lasting_imports():
        pass
    assert not gc.isenabled()
