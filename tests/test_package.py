import os
import subprocess
import sys

import pytest

import pyannote_strf


def run(script, **environment):
    kept = {k: v for k, v in os.environ.items() if k != "PYANNOTE_METRICS_ENABLED"}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


REPORTS = (
    "from pyannote_strf import STRFPyanNet\n"
    "from pyannote.audio.telemetry.metrics import is_metrics_enabled\n"
    "print(is_metrics_enabled())"
)


def test_usage_is_not_reported_unless_the_user_says_so():
    assert run(REPORTS) == "False"
    assert run(REPORTS, PYANNOTE_METRICS_ENABLED="true") == "True"


def test_layers_import_torch_and_nothing_of_pyannote():
    script = (
        "import sys, pyannote_strf.layers.strf, pyannote_strf.layers.spectrogram\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'pyannote'])"
    )
    assert run(script) == "[]"


def test_public_names():
    assert pyannote_strf.STRFConv2d.__name__ == "STRFConv2d"
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = pyannote_strf.Nothing
