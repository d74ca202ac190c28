import inspect

import pyannote.audio.__main__ as upstream


def test_upstream_still_calls_typer_exit():
    assert "typer.exit(" in inspect.getsource(upstream)
