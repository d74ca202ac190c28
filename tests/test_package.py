import os
import subprocess
import sys

import pytest

import pyannote_strf


def run(script, **environment):
    switches = ("PYANNOTE_METRICS_ENABLED", "ORT_DISABLE_TELEMETRY")
    kept = {k: v for k, v in os.environ.items() if k not in switches}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


REPORTS = (
    "from pyannote_strf import STRFPyanNet\n"
    "from pyannote.audio.telemetry.metrics import is_metrics_enabled, set_telemetry_metrics\n"
    "print(is_metrics_enabled())\n"
    "set_telemetry_metrics(True)\n"
    "print(is_metrics_enabled())"
)


@pytest.mark.parametrize(
    ("first", "environment"),
    [("", {}), ("import pyannote.audio\n", {"PYANNOTE_METRICS_ENABLED": "true"})],
    ids=["ours first", "upstream first, switched on before"],
)
def test_usage_is_reported_only_if_enabled_after_import(first, environment):
    assert run(first + REPORTS, **environment).split() == ["False", "True"]


def test_onnxruntime_stores_no_reports(tmp_path):
    run("import pyannote_strf, onnxruntime", HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path))
    assert not list(tmp_path.rglob("onnxruntime.db"))


PIPELINE = """
import socket
from pyannote.audio import Model
from pyannote.audio.core.task import Problem, Resolution, Specifications

def refuse(*_):
    raise AssertionError("a connection")

socket.socket.connect = refuse

from pyannote_strf import STRFPyanNet
from pyannote_strf.audio import SAMPLE
from pyannote_strf.pipelines import SpeechActivityDetection

model = STRFPyanNet()
model.specifications = Specifications(
    Problem.BINARY_CLASSIFICATION, Resolution.FRAME, duration=2.0, classes=["speech"]
)
model.setup()
pipeline = SpeechActivityDetection(model)
pipeline.instantiate(pipeline.default_parameters())
print(type(pipeline(str(SAMPLE))).__name__)
"""


def test_pipeline_works_if_pyannote_audio_is_imported_first():
    assert run(PIPELINE) == "Annotation"


def test_layers_do_not_import_pyannote():
    script = (
        "import sys, pyannote_strf.layers.strf, pyannote_strf.layers.spectrogram\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'pyannote'])"
    )
    assert run(script) == "[]"


def test_public_names_are_imported_on_first_use():
    assert pyannote_strf.STRFConv2d.__name__ == "STRFConv2d"
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = pyannote_strf.Nothing
