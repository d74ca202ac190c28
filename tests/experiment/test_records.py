import pytest
import yaml

from pyannote_strf.experiment.records import Params, Specs

PARAMS = {
    "application": "sad",
    "epoch": 2,
    "metric": "detection_fscore",
    "value": 0.5,
    "params": {"onset": 0.5},
    "options": {"step": 0.25},
}
SPECS = {
    "application": "sad",
    "task": "SpeechActivityDetection",
    "architecture": "pyannote_strf.models.strf_pyannet.STRFPyanNet",
    "classes": ["speech"],
    "duration": 2.0,
    "sample_rate": 16000,
    "config": {},
}


@pytest.mark.parametrize(("kind", "content"), [(Params, PARAMS), (Specs, SPECS)])
def test_record_is_read_as_written(tmp_path, kind, content):
    record = kind(**content)
    record.write(tmp_path / "record.yml")
    assert kind.read(tmp_path / "record.yml", "sad") == record


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (Params, {"epoch": 1.5}, "epoch: input should be a valid integer, got 1.5"),
        (Params, {"epoch": True}, "epoch: input should be a valid integer, got True"),
        (Params, {"epoch": 0}, "epoch: input should be greater than 0, got 0"),
        (Params, {"params": {"onset": "0.5"}}, "params.onset: input should be a valid number"),
        (Params, {"params": {"onset": None}}, "params.onset: input should be a valid number"),
        (Params, {"params": {"onset": float("nan")}}, "line 6: not a finite number"),
        (Params, {"params": [0.5]}, "params: expected a mapping"),
        (Params, {"value": "good"}, "value: input should be a valid number"),
        (Params, {"metrics": "x"}, "metrics is unknown; did you mean 'metric'"),
        (Specs, {"duration": -1.0}, "duration: input should be greater than 0"),
        (Specs, {"sample_rate": 16000.5}, "sample_rate: input should be a valid integer"),
        (Specs, {"classes": "speech"}, "classes: input should be a valid list"),
    ],
)
def test_invalid_field_raises_an_error(tmp_path, kind, changes, message):
    content = {**(PARAMS if kind is Params else SPECS), **changes}
    (tmp_path / "record.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    with pytest.raises(ValueError, match=message) as error:
        kind.read(tmp_path / "record.yml")
    assert kind.remedy in str(error.value)


@pytest.mark.parametrize("text", ["nothing", "", "[1, 2]"])
def test_file_without_mapping_raises_an_error(tmp_path, text):
    (tmp_path / "params.yml").write_text(text)
    with pytest.raises(ValueError, match="malformed, its content must be a mapping"):
        Params.read(tmp_path / "params.yml")


def test_missing_field_raises_an_error(tmp_path):
    (tmp_path / "params.yml").write_text("application: sad\nepoch: 1\n")
    with pytest.raises(ValueError, match="metric is missing"):
        Params.read(tmp_path / "params.yml")
