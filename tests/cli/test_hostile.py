"""Files from untrusted sources run no code, and write no files outside output folders."""

import pickle
import re
import shutil

import pytest
import torch
import yaml

from pyannote_strf.audio import SAMPLE
from tests.conftest import PROTOCOL, TINY_CONFIG, TINY_VERIFICATION, VOICES

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

APPLICATIONS = {"sad": (TINY_CONFIG, PROTOCOL), "emb": (TINY_VERIFICATION, VOICES)}
METRICS = {"sad": "detection_fscore", "emb": "equal_error_rate"}


@pytest.fixture(params=APPLICATIONS)
def application(request):
    return request.param


@pytest.fixture
def registry(corpus, voices, application):
    return f"--registry={ {'sad': corpus, 'emb': voices}[application] / 'database.yml' }"


@pytest.fixture
def experiment(trained_experiments, application, tmp_path):
    root = tmp_path / "experiment"
    shutil.copytree(trained_experiments[application], root)
    shutil.rmtree(root / "train" / f"{APPLICATIONS[application][1]}.train" / "logs")
    (weights,) = root.glob("train/*/weights")
    (weights / "0002.ckpt").unlink()
    (params,) = root.glob("train/*/validate*/*/params.yml")
    params.write_text(yaml.safe_dump({**yaml.safe_load(params.read_text()), "epoch": 1}))
    params.with_name("0001").mkdir(exist_ok=True)
    shutil.copy(weights / "0001.ckpt", params.with_name("0001") / "pytorch_model.bin")
    return root


@pytest.fixture
def marker(tmp_path):
    """Path of a file that hostile code creates."""
    return tmp_path / "executed"


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.fixture
def module(tmp_path, monkeypatch, marker):
    """Name of a hostile module on the import path."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "hostile_module.py").write_text(
        f"open({str(marker)!r}, 'w')\nclass Name:\n    def __init__(self, **_): pass\n"
    )
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(__import__("sys").modules, "hostile_module", raising=False)
    return "hostile_module"


def commands(application, root, registry, weights=None):
    """Return all commands that read a checkpoint or the configuration of an experiment."""
    protocol = APPLICATIONS[application][1]
    train_dir = root / "train" / f"{protocol}.train"
    checkpoint = weights or train_dir / "weights" / "0001.ckpt"
    validate_dir = train_dir / f"validate_{METRICS[application]}" / f"{protocol}.development"
    other = root.parent / "other"
    other.mkdir(exist_ok=True)
    shutil.copy(root / "config.yml", other)
    train = ["--to=2", "--cpu", "--parallel=0", registry]
    return {
        "resume": (application, "train", "--from=last", *train, root, protocol),
        "pretrained": (application, "train", f"--pretrained={checkpoint}", *train, other, protocol),
        "validate": (application, "validate", "--cpu", registry, train_dir, protocol),
        "apply": (application, "apply", "--cpu", registry, validate_dir, protocol),
        "predict": (application, "predict", "--cpu", validate_dir, SAMPLE),
        "export": ("export", checkpoint, root.parent / "model.onnx"),
        "filters": (
            *("filters", "--cpu", f"--out={root.parent / 'report'}", checkpoint),
            *(f"--protocol={protocol}", registry),
        ),
    }


COMMANDS = ("resume", "pretrained", "validate", "apply", "predict", "export", "filters")


def checkpoints(root):
    """Return the paths of a checkpoint and of its copy in the directory of the validation."""
    return [*root.glob("train/*/weights/0001.ckpt"), *root.rglob("0001/pytorch_model.bin")]


def rewrite(root, change):
    for path in checkpoints(root):
        content = torch.load(path, weights_only=False)
        change(content)
        torch.save(content, path)


@pytest.mark.parametrize("name", COMMANDS)
def test_pickled_code_is_not_run(mistake, registry, experiment, application, marker, name):
    rewrite(experiment, lambda content: content.update(callbacks=Hostile(marker)))
    message = mistake(*commands(application, experiment, registry)[name])
    assert "which may run code; add --trust" in message
    assert not marker.exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_bare_pickle_is_not_run(mistake, registry, experiment, application, marker, name):
    paths = checkpoints(experiment)
    for path in paths:
        path.write_bytes(pickle.dumps(Hostile(marker), protocol=2))
    message = mistake(*commands(application, experiment, registry)[name])
    assert any(str(path) in message for path in paths)
    assert not marker.exists()


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "resume"])
@pytest.mark.parametrize("where", ["architecture", "hyper_parameters"])
def test_modules_named_in_checkpoints_are_not_imported(
    mistake, registry, experiment, application, marker, module, name, where
):
    def change(content):
        if where == "architecture":
            content["pyannote.audio"]["architecture"] = {"module": module, "class": "Name"}
        else:
            content["hyper_parameters"]["frontend"]["name"] = f"{module}.Name"

    rewrite(experiment, change)
    message = mistake(*commands(application, experiment, registry)[name])
    assert f"{module}.Name" in message
    assert "add --trust" in message
    assert not marker.exists()


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("predict", "export")])
@pytest.mark.parametrize(
    "hostile",
    [
        lambda module, evil: {"name": f"{module}.Name"},
        lambda module, evil: {"name": "torch.load", "params": {"f": evil, "weights_only": False}},
        lambda module, evil: {"name": "pyannote.audio.Inference", "params": {"model": evil}},
        lambda module, evil: {"name": "builtins.open", "params": {"file": "executed", "mode": "w"}},
    ],
    ids=["module", "function", "class", "builtin"],
)
def test_untrusted_preprocessors_are_not_built(
    mistake, registry, experiment, application, marker, module, monkeypatch, tmp_path, name, hostile
):
    monkeypatch.chdir(tmp_path)
    evil = tmp_path / "evil.ckpt"
    torch.save(Hostile(marker), evil)
    config = yaml.safe_load((experiment / "config.yml").read_text())
    config["preprocessors"] = {"anything": hostile(module, str(evil))}
    (experiment / "config.yml").write_text(yaml.safe_dump(config))
    message = mistake(*commands(application, experiment, registry)[name])
    assert "section 'preprocessors'" in message
    assert "add --trust" in message
    assert not marker.exists()


@pytest.mark.parametrize(
    ("section", "remedy"),
    [
        ("task", "add --trust"),
        ("architecture", "add --trust"),
        ("optimizer", "add --trust"),
        ("scheduler", "add --trust"),
        ("data_augmentation", "add --trust"),
        ("callbacks", "add --trust"),
    ],
)
@pytest.mark.parametrize("name", ["hostile_module.Name", "torch.hub.load", "os.system"])
def test_training_does_not_build_untrusted_classes(
    mistake, registry, experiment, application, marker, module, section, remedy, name
):
    config = yaml.safe_load((experiment / "config.yml").read_text())
    section_content = {"name": name}
    config[section] = [section_content] if section == "callbacks" else section_content
    (experiment / "config.yml").write_text(yaml.safe_dump(config))
    arguments = commands(application, experiment, registry)["pretrained"]
    arguments = [part for part in arguments if not str(part).startswith("--pretrained")]
    message = mistake(*arguments)
    assert section in message
    assert ("is not a" if name.startswith("torch") else "add --trust") in message
    assert not marker.exists()


def test_an_untrusted_front_end_is_not_imported(
    mistake, registry, experiment, application, marker, module
):
    config = yaml.safe_load((experiment / "config.yml").read_text())
    config["architecture"]["params"]["frontend"] = {"name": f"{module}.Name"}
    (experiment / "config.yml").write_text(yaml.safe_dump(config))
    arguments = commands(application, experiment, registry)["pretrained"]
    message = mistake(*(part for part in arguments if not str(part).startswith("--pretrained")))
    assert "section 'architecture' names hostile_module.Name" in message
    assert not marker.exists()


def test_pipelines_do_not_run_pickled_code(registry, experiment, application, marker):
    from pyannote_strf.pipelines import SpeakerVerification, SpeechActivityDetection

    rewrite(experiment, lambda content: content.update(callbacks=Hostile(marker)))
    (path,) = experiment.glob("train/*/weights/0001.ckpt")
    for pipeline in (SpeechActivityDetection, SpeakerVerification):
        for source in (str(path), {"checkpoint": str(path)}):
            with pytest.raises(ValueError, match="may run code"):
                pipeline(source)
    assert not marker.exists()


def test_trust_runs_pickled_code(command, registry, experiment, application, marker):
    """This shows that the tests above can fail."""
    rewrite(experiment, lambda content: content.update(callbacks=Hostile(marker)))
    command(*commands(application, experiment, registry)["export"], "--trust")
    assert marker.exists()


@pytest.mark.parametrize("uri", ["../../stolen", "/tmp/stolen", "C:\\stolen"])
def test_names_that_leave_the_output_folder_raise_an_error(
    mistake, command, capsys, experiment, application, corpus, voices, tmp_path, uri
):
    source = {"sad": corpus, "emb": voices}[application]
    copy = tmp_path / "corpus"
    shutil.copytree(source, copy)
    first = {"sad": "test0", "emb": "test115-0"}[application]
    for path in copy.glob("test.*"):
        path.write_text(re.sub(rf"\b{first}\b", lambda _: uri, path.read_text()))
    content = yaml.safe_load((copy / "database.yml").read_text())
    (database,) = content["Databases"]
    content["Databases"] = {database: str(copy / f"{first}.wav")}
    (copy / "database.yml").write_text(yaml.safe_dump(content))
    registry = f"--registry={copy / 'database.yml'}"
    scores = ["--scores"] if application == "sad" else []
    message = mistake(*commands(application, experiment, registry)["apply"], *scores)
    assert "leads out of the folder" in message
    with pytest.raises(SystemExit):
        command("protocols", "check", APPLICATIONS[application][1], registry)
    assert "leads out of the folder" in capsys.readouterr().out
