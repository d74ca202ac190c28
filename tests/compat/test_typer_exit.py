import inspect

import pyannote.audio.__main__ as upstream


def test_upstream_still_ends_by_what_does_not_exist():
    assert "typer.exit(" in inspect.getsource(upstream)
