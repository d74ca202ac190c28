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


def test_imported_modules_are_frozen(thawed, monkeypatch):
    monkeypatch.delitem(sys.modules, "pyannote.audio", raising=False)
    with lasting_imports():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 1000


def test_garbage_collection_is_enabled_after_a_failed_import(thawed, monkeypatch):
    monkeypatch.delitem(sys.modules, "pyannote.audio", raising=False)
    with pytest.raises(ModuleNotFoundError), lasting_imports():
        import nothing_of_that_name  # noqa: F401
    assert gc.isenabled()


def test_later_imports_are_not_frozen(thawed, monkeypatch):
    """Existing garbage would never be collected."""
    monkeypatch.setitem(sys.modules, "pyannote.audio", sys)
    with lasting_imports():
        assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_disabled_collector_stays_disabled(thawed, monkeypatch):
    monkeypatch.delitem(sys.modules, "pyannote.audio", raising=False)
    gc.disable()
    with lasting_imports():
        pass
    assert not gc.isenabled()
