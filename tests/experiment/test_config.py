import pytest
import torch
import yaml
from pyannote.audio.models.embedding import XVectorSincNet
from pyannote.audio.models.segmentation import PyanNet

from pyannote_strf.applications.base import get_application
from pyannote_strf.applications.template import write_config
from pyannote_strf.experiment.config import Config
from tests.experiment.configs import MODELS, changed, config_of


def test_upstream_models_are_found_by_name(tmp_path, protocol):
    embedding = {"name": "SpeakerEmbedding", "params": {"duration": 1.0}}
    for name, changes, expected in (
        ("sad", {"architecture": {"name": "PyanNet"}}, PyanNet),
        ("emb", {"architecture": {"name": "XVectorSincNet"}, "task": embedding}, XVectorSincNet),
    ):
        config = config_of(tmp_path, changed(**changes))
        module = get_application(name).architectures
        assert isinstance(config.model(config.task(protocol), module), expected)


def test_noise_of_a_collection_is_found(tmp_path, corpus, protocol):
    (corpus / "noise.lst").write_text("train0\ntrain1\n")
    database = {
        "Databases": {"Hum": str(corpus / "{uri}.wav")},
        "Protocols": {"Hum": {"Collection": {"All": {"uri": str(corpus / "noise.lst")}}}},
    }
    (tmp_path / "noise.yml").write_text(yaml.safe_dump(database))
    from pyannote_strf.database.protocols import load_registry
    from pyannote_strf.experiment.augmentation import find_noise

    load_registry(tmp_path / "noise.yml")
    assert [path.name for path in find_noise("Hum.Collection.All")] == ["train0.wav", "train1.wav"]


def test_hidden_files_and_folders_are_no_noise(tmp_path):
    from pyannote_strf.experiment.augmentation import find_noise

    for name in ("rain.wav", "._rain.wav", ".trash/wind.wav", "folder.wav/hum.wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert find_noise(str(tmp_path)) == [tmp_path / "rain.wav", tmp_path / "folder.wav" / "hum.wav"]


@pytest.mark.parametrize("command", ["sad", "emb"])
def test_template_is_valid(tmp_path, protocol, command):
    template = get_application(command).template
    write_config(tmp_path, template)
    config = Config(tmp_path)
    model = config.model(config.task(protocol), MODELS)
    assert isinstance(config.optimisation().configure(model)["optimizer"], torch.optim.Adam)
    assert config.sample_rate == 16000
    with pytest.raises(ValueError, match="already exists"):
        write_config(tmp_path, template)


def test_callbacks_and_preprocessors_are_built(tmp_path):
    config = config_of(
        tmp_path,
        changed(
            callbacks=[{"name": "LearningRateMonitor"}, {"name": "FilterLog"}],
            preprocessors={
                "audio": "/somewhere/{uri}.wav",
                "annotation": {"name": "LowerTemporalResolution", "params": {"resolution": 0.5}},
            },
        ),
    )
    assert [type(c).__name__ for c in config.callbacks()] == ["LearningRateMonitor", "FilterLog"]
    preprocessors = config.preprocessors()
    assert preprocessors["audio"]({"uri": "file1", "database": "D"}) == "/somewhere/file1.wav"
    assert preprocessors["annotation"].resolution == 0.5
