import pytest
import torch
import yaml
from pyannote.audio.models.embedding import XVectorSincNet
from pyannote.audio.models.segmentation import PyanNet

from pyannote_strf.applications.base import get_application
from pyannote_strf.applications.template import write_config
from pyannote_strf.experiment.config import Config
from pyannote_strf.experiment.version_1 import architecture_of_today
from pyannote_strf.models import STRFTDNN, STRFPyanNet
from pyannote_strf.tasks import SpeakerEmbedding, SpeechActivityDetection
from pyannote_strf.tasks.losses import LOSSES
from tests.conftest import TINY_CONFIG

MODELS = "pyannote.audio.models.segmentation"

# the configuration of pyannote.audio 1.1's tutorial on speech activity detection, with another
# architecture and a folder of noise
TUTORIAL = """
task:
   name: SpeechActivityDetection
   params:
      duration: 2.0
      batch_size: 64
      per_epoch: 1
data_augmentation:
   name: AddNoise
   params:
      snr_min: 5
      snr_max: 20
      collection: {noise}
feature_extraction:
   name: RawAudio
   params:
      sample_rate: 16000
architecture:
   name: pyannote_strf.models.STRFPyanNet
   params:
      rnn:
         unit: LSTM
         hidden_size: 128
         num_layers: 2
         bidirectional: True
      ff:
         hidden_size: [128, 128]
scheduler:
   name: ConstantScheduler
   params:
      learning_rate: 0.01
"""


def config_of(path, content):
    (path / "config.yml").write_text(
        content if isinstance(content, str) else yaml.safe_dump(content)
    )
    return Config(path)


def changed(**sections):
    content = {**TINY_CONFIG, **sections}
    return {name: section for name, section in content.items() if section is not None}


def test_the_tutorial_of_version_1(tmp_path, corpus, protocol):
    config = config_of(tmp_path, TUTORIAL.format(noise=corpus))
    task = config.task(protocol)
    assert isinstance(task, SpeechActivityDetection)
    assert (task.duration, task.batch_size, task.per_epoch) == (2.0, 64, 1)
    assert task.train__len__() == 24 * 3600 / 2.0

    model = config.model(task, MODELS)
    assert isinstance(model, STRFPyanNet)
    assert (
        model.backend.lstm.hidden_size,
        model.backend.lstm.num_layers,
        model.backend.lstm.bidirectional,
    ) == (
        128,
        2,
        True,
    )
    assert [linear.out_features for linear in model.backend.linear] == [128, 128]

    optimizer = config.optimisation().configure(model)["optimizer"]
    assert isinstance(optimizer, torch.optim.SGD)
    assert {group["lr"] for group in optimizer.param_groups} == {0.01}
    assert {group["momentum"] for group in optimizer.param_groups} == {0.9}

    task.augmentation.train()
    samples = torch.randn(8, 1, 32000)
    noisy = task.augmentation(samples=samples, sample_rate=16000).samples
    snr = 10 * torch.log10(samples.square().mean((1, 2)) / (noisy - samples).square().mean((1, 2)))
    assert (snr > 4.9).all()
    assert (snr < 20.1).all()
    assert snr.std() > 1


# Coria et al. (2020), with the name of the architecture changed
CORIA = """\
feature_extraction:
   name: pyannote.audio.features.RawAudio
   params:
      sample_rate: 16000
data_augmentation:
   name: AddNoise
   params:
     snr_min: 10
     snr_max: 20
     collection: {noise}
architecture:
   name: pyannote_strf.models.STRFTDNN
   params:
      sincnet:
         stride: [5, 1, 1]
         waveform_normalize: True
         instance_normalize: True
      tdnn:
         embedding_dim: 512
      embedding:
         batch_normalize: False
         unit_normalize: False
task:
   name: AdditiveAngularMarginLoss
   params:
      margin: 0.05
      s: 10
      duration: 3.0
      per_fold: 128
      per_label: 1
      per_epoch: 5
      label_min_duration: 30
scheduler:
   name: ConstantScheduler
   params:
      learning_rate: 0.01
"""


def test_the_configuration_of_coria(tmp_path, corpus, protocol, caplog):
    config = config_of(tmp_path, CORIA.format(noise=corpus))
    task = config.task(protocol)
    assert isinstance(task, SpeakerEmbedding)
    assert (task.duration, task.batch_size, task.num_chunks_per_class) == (3.0, 128, 1)
    assert (task.per_epoch, task.label_min_duration) == (5, 30)
    loss = LOSSES[task.loss](10, 512, **task.loss_options)
    assert (loss.margin, loss.scale) == (pytest.approx(0.05), 10)

    model = config.model(task, MODELS)
    assert isinstance(model, STRFTDNN)
    assert model.dimension == 512
    assert "`sincnet` of pyannote.audio 1.1 is left out" in caplog.text
    assert isinstance(config.optimisation().configure(model)["optimizer"], torch.optim.SGD)


def test_upstreams_models_go_by_their_names(tmp_path, protocol):
    embedding = {"name": "SpeakerEmbedding", "params": {"duration": 1.0}}
    for name, changes, expected in (
        ("sad", {"architecture": {"name": "PyanNet"}}, PyanNet),
        ("emb", {"architecture": {"name": "XVectorSincNet"}, "task": embedding}, XVectorSincNet),
    ):
        config = config_of(tmp_path, changed(**changes))
        module = get_application(name).architectures
        assert isinstance(config.model(config.task(protocol), module), expected)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"tdnn": {"embedding_dim": 512, "x": 1}}, "tdnn: unknown parameter 'x'"),
        ({"embedding": {"unit_normalize": True}}, "neither batch- nor unit-normalised"),
    ],
)
def test_what_version_1_had_and_there_is_not_any_more(params, message):
    with pytest.raises(ValueError, match=message):
        architecture_of_today(params)


def test_options_of_todays_sincnet_are_kept():
    assert architecture_of_today({"sincnet": {"stride": 5}}) == {"sincnet": {"stride": 5}}


def test_noise_from_a_collection(tmp_path, corpus, protocol):
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


@pytest.mark.parametrize("command", ["sad", "emb"])
def test_the_default_is_valid(tmp_path, protocol, command):
    template = get_application(command).template
    write_config(tmp_path, template)
    config = Config(tmp_path)
    model = config.model(config.task(protocol), MODELS)
    assert isinstance(config.optimisation().configure(model)["optimizer"], torch.optim.Adam)
    assert config.sample_rate == 16000
    with pytest.raises(ValueError, match="exists already"):
        write_config(tmp_path, template)


def test_scheduler(tmp_path, protocol):
    scheduler = {"name": "StepLR", "params": {"step_size": 1, "gamma": 0.1, "learning_rate": 0.5}}
    config = config_of(tmp_path, changed(scheduler=scheduler))
    built = config.optimisation().configure(config.model(config.task(protocol), MODELS))
    assert built["optimizer"].param_groups[0]["lr"] == 0.5
    built["optimizer"].step()
    built["lr_scheduler"]["scheduler"].step()
    assert built["optimizer"].param_groups[0]["lr"] == pytest.approx(0.05)


@pytest.mark.parametrize("name", ["ConstantScheduler", "ExponentialLR"])
def test_filters_learn_at_a_rate_of_their_own(tmp_path, protocol, name):
    rates = {"learning_rate": 0.001, "filters_learning_rate": "1e-2"}
    own = {} if name == "ConstantScheduler" else {"gamma": 0.5}
    scheduler = {"name": name, "params": {**rates, **own}}
    config = config_of(tmp_path, changed(scheduler=scheduler))
    model = config.model(config.task(protocol), MODELS)
    built = config.optimisation().configure(model)
    others, filters = built["optimizer"].param_groups
    assert (others["lr"], filters["lr"]) == (0.001, 0.01)
    assert set(map(id, filters["params"])) == set(map(id, model.frontend.filters.parameters()))
    together = [*map(id, others["params"]), *map(id, filters["params"])]
    assert sorted(together) == sorted(map(id, model.parameters()))
    if own:
        built["lr_scheduler"]["scheduler"].step()
        assert (others["lr"], filters["lr"]) == (0.0005, 0.005)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("OneCycleLR", {"max_lr": 0.01, "total_steps": 100}),
        ("CyclicLR", {"base_lr": 0.001, "max_lr": 0.01}),
    ],
)
def test_a_scheduler_of_one_rate_for_all(tmp_path, protocol, name, params):
    scheduler = {"name": name, "params": {"filters_learning_rate": 0.1, **params}}
    optimizer = {"name": "SGD", "params": {"momentum": 0.9}}
    config = config_of(tmp_path, changed(scheduler=scheduler, optimizer=optimizer))
    with pytest.raises(ValueError, match=f"{name} sets the learning rate of all parameters"):
        config.optimisation().configure(config.model(config.task(protocol), MODELS))


def test_filters_that_are_not_there_have_no_rate(tmp_path, protocol):
    scheduler = {"name": "ConstantScheduler", "params": {"filters_learning_rate": 0.01}}
    architecture = {"name": "STRFPyanNet", "params": {"frontend": "mel"}}
    config = config_of(tmp_path, changed(scheduler=scheduler, architecture=architecture))
    with pytest.raises(ValueError, match="this model has none; leave it out"):
        config.optimisation().configure(config.model(config.task(protocol), MODELS))


def test_callbacks_and_preprocessors(tmp_path):
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("task: [unclosed", r"config\.yml: line \d+: not valid YAML"),
        ("just text", r"config\.yml: expected sections"),
        ("", r"config\.yml: expected sections"),
        (changed(architecture=None), "section architecture is missing"),
        (changed(optimiser={"name": "SGD"}), "section optimiser is unknown"),
        (changed(task="SpeechActivityDetection"), "section task: expected a mapping, got 'Speech"),
        (changed(task={"name": "T", "duration": 2}), "section task.duration is unknown"),
        (changed(task={"name": 3}), "section task.name: input should be a valid string, got 3"),
        (changed(callbacks=3), "section callbacks: input should be a valid list, got 3"),
    ],
)
def test_malformed(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        config_of(tmp_path, content)


@pytest.mark.parametrize(
    ("section", "value", "message"),
    [
        ("task", {"name": "Nothing"}, r"section 'task': unknown name 'Nothing'"),
        ("task", {"name": "SpeechActivityDetection", "params": {"length": 2}}, "length"),
        ("architecture", {"name": "Nothing"}, r"section 'architecture': unknown name 'Nothing'"),
        ("architecture", {"name": "STRFPyanNet", "params": {"depth": 3}}, "depth"),
        (
            "architecture",
            {"name": "STRFPyanNet", "params": {"rnn": {"unit": "GRU"}}},
            "the only unit is LSTM",
        ),
        ("feature_extraction", {"name": "LibrosaMFCC"}, "must be RawAudio"),
        ("data_augmentation", {"name": "AddNoise", "params": {"collection": "nowhere"}}, "neither"),
        ("data_augmentation", {"name": "AddNoise", "params": {"collection": "A.B.C"}}, "A.B.C"),
        ("scheduler", {"name": "Nothing"}, "unknown name 'Nothing'"),
        ("scheduler", {"name": "StepLR", "params": {"learning_rate": "fast"}}, "'scheduler'"),
        ("architecture", {"name": "STRFPyanNet", "params": {"ff": [128, 128]}}, "ff: expected"),
        ("architecture", {"name": "STRFPyanNet", "params": {"sample_rate": 8000}}, "belongs in"),
        ("architecture", {"name": "STRFPyanNet", "params": {"factory": 1}}, "factory"),
        ("feature_extraction", {"name": "RawAudio", "params": {"rate": 8000}}, "'rate'"),
        ("optimizer", {"name": "SGD", "params": {"speed": 3}}, "speed"),
    ],
)
def test_what_cannot_be_built(tmp_path, protocol, section, value, message):
    config = config_of(tmp_path, changed(**{section: value}))
    with pytest.raises(ValueError, match=message) as raised:
        config.optimisation()
        config.model(config.task(protocol), MODELS)
    assert str(config.path) in str(raised.value)


def test_sincnet_knows_one_rate_only(tmp_path, protocol):
    config = config_of(
        tmp_path,
        changed(
            architecture={"name": "STRFPyanNet", "params": {"frontend": "sincnet"}},
            feature_extraction={"name": "RawAudio", "params": {"sample_rate": 8000}},
        ),
    )
    with pytest.raises(
        ValueError, match="front-end 'sincnet': a sample rate of 8000 Hz is not supported"
    ):
        config.model(config.task(protocol), MODELS)


def test_a_learning_rate_without_a_point(tmp_path, protocol):
    scheduler = {"name": "ConstantScheduler", "params": {"learning_rate": "1e-3"}}
    config = config_of(tmp_path, changed(scheduler=scheduler))
    optimizer = config.optimisation().configure(config.model(config.task(protocol), MODELS))[
        "optimizer"
    ]
    assert optimizer.param_groups[0]["lr"] == 0.001


def test_preprocessors_are_a_mapping(tmp_path):
    with pytest.raises(ValueError, match="preprocessors: expected a mapping"):
        config_of(tmp_path, changed(preprocessors=["audio"]))


def test_layers_of_different_sizes():
    with pytest.raises(ValueError, match="same size"):
        architecture_of_today({"ff": {"hidden_size": [128, 64]}})


@pytest.mark.parametrize(
    "text", ["1e3", "1.5e3", "2.5E4", "1.e3", ".5e1", "-1e-3", "+1.0e+3", "0.5"]
)
def test_numbers_as_yaml_1_2_writes_them(tmp_path, text):
    config = config_of(
        tmp_path, f"task: {{name: T, params: {{value: {text}}}}}\narchitecture: {{name: A}}"
    )
    assert config.content["task"]["params"]["value"] == float(text)
