from copy import deepcopy

import pytest

from tests.conftest import TINY_CONFIG
from tests.experiment.configs import MODELS, build, changed, config_of


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
def test_malformed_file_raises_an_error(tmp_path, content, message):
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
            "unit must be LSTM",
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
def test_invalid_section_raises_an_error(tmp_path, protocol, section, value, message):
    config = config_of(tmp_path, changed(**{section: value}))
    with pytest.raises(ValueError, match=message) as raised:
        config.optimisation()
        config.model(config.task(protocol), MODELS)
    assert str(config.path) in str(raised.value)


def test_sincnet_with_another_sample_rate_raises_an_error(tmp_path, protocol):
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


def test_list_of_preprocessors_raises_an_error(tmp_path):
    with pytest.raises(ValueError, match="preprocessors: expected a mapping"):
        config_of(tmp_path, changed(preprocessors=["audio"]))


def with_option(option, value):
    """Change one option of the tiny configuration, by its dotted name."""
    content = deepcopy(TINY_CONFIG)
    section, *names, last = option.split(".")
    if section in content["architecture"]["params"]:
        names.insert(0, section)
        section = "architecture"
    place = content.setdefault(section, {"name": "?"}).setdefault("params", {})
    for name in names:
        place = place.setdefault(name, {})
    place[last] = value
    return content


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("frontend.stride", [0, 2], "'architecture': .*stride must be two positive integers, got"),
        ("frontend.stride", 4, "stride must be a list of 2 integers, got 4"),
        ("frontend.num_filters", "64", "num_filters must be an integer, got '64'"),
        ("frontend.num_filters", 0, "num_filters must be a positive integer, got 0"),
        ("frontend.num_filters", 10**12, "num_filters must be at most 65536"),
        ("frontend.filters", 4, "'filters' does not exist, valid options: .*'num_filters'"),
        ("frontend.name", 3, "frontend: name must be text, got 3"),
        ("frontend.name", "strff", "did you mean 'strf'"),
        ("frontend.mode", ["abs"], "mode must be text"),
        ("frontend.mode", "ab", "mode must be one of .*, got 'ab'; did you mean 'abs'"),
        ("frontend.spectrogram", "cqt", "spectrogram: expected a mapping"),
        ("frontend.spectrogram.gain_control", "text", "must be true or false, got 'text'"),
        ("frontend.spectrogram.kind", "mell", "did you mean 'mel'"),
        ("frontend.spectrogram.hop", 0, "hop must be a number from"),
        ("frontend.spectrogram.hopp", 0.1, "'hopp' does not exist, .*did you mean 'hop'"),
        ("frontend.spectrogram.window", 1e9, "window must be a number from .* to 1, got"),
        ("frontend.spectrogram.num_bands", 0, "num_bands must be a positive integer, got 0"),
        ("frontend.spectrogram.num_bands", 10**9, "num_bands must be at most 512"),
        ("frontend.spectrogram.dynamic_range", "80", "dynamic_range must be a number"),
        ("lstm.hiden_size", 3, "lstm: option 'hiden_size' .*did you mean 'hidden_size'"),
        ("lstm.hidden_size", 60000, "'architecture': more than 8 GiB of weights"),
        ("lstm.num_layers", 10**6, "lstm: num_layers must be at most 64"),
        ("lstm.bidirectional", 1, "lstm: bidirectional must be true or false, got 1"),
        ("lstm.dropout", 1.5, "lstm: dropout must be a number from 0 to 1"),
        ("linear.hidden_size", -1, "linear: hidden_size must be a positive integer"),
        ("architecture.frontend", [], "frontend must be text, a mapping or null, got"),
        ("architecture.task", "x", "option 'task' belongs in section 'task'"),
        ("task.duration", True, "'task': duration must be a number, got True"),
        ("task.duration", "2", "duration must be a number, got '2'"),
        ("task.durations", 2, "'durations' does not exist, .*did you mean 'duration'"),
        ("task.per_epoch", 0, "per_epoch: input should be greater than 0"),
        ("task.batch_size", 0, "batch_size: input should be greater than or equal to 1"),
        ("task.batch_size", 10**12, "batch_size: input should be less than or equal to 65536"),
        ("task.warm_up", 5, "warm_up .5. leaves nothing"),
        ("task.balance", "database", "balance must be a list or null"),
        ("task.augmentation", "x", "option 'augmentation' belongs in section 'data_augmentation'"),
        ("task.cache", "x", "option 'cache' is chosen by `train`"),
        ("task.metric", "x", "option 'metric' cannot be given in a file"),
        ("task.protocol", "x", "option 'protocol' does not exist"),
        ("optimizer.betas", [0.9], "'optimizer': betas must be a list of 2,"),
        ("optimizer.lr", 0.1, "'optimizer': option 'lr' belongs in section 'scheduler'"),
        ("scheduler.learning_rate", None, "'scheduler': learning_rate must be a number"),
        ("scheduler.filters_learning_rate", -0.01, "must be a number from 0, got -0.01"),
        ("scheduler.learning_rat", 1, "did you mean 'learning_rate'"),
    ],
)
def test_invalid_option_raises_an_error(tmp_path, protocol, option, value, message):
    with pytest.raises(ValueError, match=message) as error:
        build(config_of(tmp_path, with_option(option, value)), protocol)
    assert str(error.value).startswith(f"{tmp_path / 'config.yml'}: section '")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("section", "value", "message"),
    [
        ("scheduler", {"name": "StepLR"}, "'scheduler': option 'step_size' is missing"),
        ("scheduler", {"name": "StepLR", "params": {"step_size": 0}}, "'scheduler': a number is"),
        ("scheduler", {"name": "StepLRR"}, "'scheduler': unknown name .*did you mean 'StepLR'"),
        ("optimizer", {"name": "Adamm"}, "'optimizer': unknown name .*did you mean 'Adam'"),
        ("task", {"name": "SpeechActivityDetecton"}, "did you mean 'SpeechActivityDetection'"),
        ("architecture", {"name": "STRFPyanet"}, "did you mean 'STRFPyanNet'"),
        (
            "architecture",
            {"name": "pyannote.audio.models.PyanNet"},
            "does not exist; use STRFPyanNet",
        ),
        (
            "architecture",
            {"name": "STRFPyanNet", "params": {"frontend": {"name": "conv2d", "stride": [4]}}},
            "front-end 'conv2d': stride must be a list of 2 integers",
        ),
        ("callbacks", [{"name": "FilterLogg"}], "'callbacks': .*did you mean 'FilterLog'"),
        (
            "feature_extraction",
            {"name": "RawAudio", "params": {"sample_rate": "16k"}},
            "'feature_extraction': sample_rate must be an integer, got '16k'",
        ),
        (
            "task",
            {"name": "SpeakerEmbedding", "params": {"loss": "softmx"}},
            "loss must be one of .*did you mean 'softmax'",
        ),
        ("data_augmentation", {"name": "AddNoise", "params": {"collection": []}}, "is empty"),
        (
            "data_augmentation",
            {"name": "AddNoise", "params": {"collection": ".", "snr_min": "5 dB"}},
            "'data_augmentation': snr_min must be a number, got '5 dB'",
        ),
    ],
)
def test_invalid_name_or_option_of_a_section_raises_an_error(
    tmp_path, protocol, section, value, message
):
    with pytest.raises(ValueError, match=message) as error:
        build(config_of(tmp_path, changed(**{section: value})), protocol)
    assert f"config.yml: section '{section}'" in str(error.value)


def test_unknown_section_raises_an_error(tmp_path):
    with pytest.raises(ValueError, match="optimiser is unknown; did you mean 'optimizer'"):
        config_of(tmp_path, changed(optimiser={"name": "SGD"}))


def test_duplicate_option_raises_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"config\.yml: line 4: 'duration' is given twice"):
        config_of(tmp_path, "task:\n  name: T\n  params:\n    {duration: 2.0, duration: 3.0}\n")


def test_chunks_longer_than_files_raise_an_error(tmp_path, protocol):
    task = config_of(tmp_path, with_option("task.duration", 60.0)).task(protocol)
    with pytest.raises(ValueError, match="no annotated region of the train subset lasts 60 s"):
        task.prepare_data()
