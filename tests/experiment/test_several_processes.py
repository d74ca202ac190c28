"""Training in two processes, as on two GPUs or two machines."""

import json
import subprocess
import sys

import pytest
import torch
import yaml
from lightning.pytorch import Trainer
from pyannote.audio import Model

from pyannote_strf.database.protocols import get_protocol, load_registry
from pyannote_strf.experiment.config import Config
from tests.conftest import PROTOCOL, TINY_CONFIG, TINY_VERIFICATION, VOICES
from tests.experiment import two_processes

PROTOCOLS = {"sad": PROTOCOL, "emb": VOICES}
# 7 chunks in the development recording: 4 for one process, 3 for the other
CHUNK = 1.1


@pytest.fixture(scope="module")
def trained(tmp_path_factory, corpus, voices):
    """Train two epochs of each application, at once ("sad") and in two steps ("sad-resumed")."""
    folder = tmp_path_factory.mktemp("two processes")
    definitions = [yaml.safe_load((root / "database.yml").read_text()) for root in (corpus, voices)]
    for root, definition in zip((corpus, voices), definitions):
        for database, path in definition["Databases"].items():
            definition["Databases"][database] = str(root / path)
        for tasks in definition["Protocols"].values():
            for protocols in tasks.values():
                for protocol in protocols.values():
                    for subset in set(protocol) - {"scope"}:
                        for key, path in protocol[subset].items():
                            protocol[subset][key] = str(root / path)
    merged = {key: {**definitions[0][key], **definitions[1][key]} for key in definitions[0]}
    (folder / "one.lst").write_text("development0\n")
    bursts = merged["Protocols"]["Tiny"]["SpeakerDiarization"]["Bursts"]
    bursts["development"]["uri"] = str(folder / "one.lst")
    (folder / "database.yml").write_text(yaml.safe_dump(merged))
    runs = []
    for application, config in (("sad", TINY_CONFIG), ("emb", TINY_VERIFICATION)):
        task = {**config["task"], "params": {**config["task"]["params"]}}
        if application == "sad":
            task["params"]["duration"] = CHUNK
        for name, steps in ((application, [(0, 2)]), (f"{application}-resumed", [(0, 1), (1, 2)])):
            (folder / name).mkdir()
            (folder / name / "config.yml").write_text(yaml.safe_dump({**config, "task": task}))
            runs += [(name, application, PROTOCOLS[application], *step) for step in steps]
    (folder / "runs.json").write_text(json.dumps(runs))
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    run = subprocess.run(
        [sys.executable, *command, two_processes.__file__, folder],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return folder


def seen(trained, name, end=2):
    return json.loads((trained / name / f"seen-{end}.json").read_text())


def checkpoint(trained, name, protocol, epoch):
    return trained / name / "train" / f"{protocol}.train" / "weights" / f"{epoch:04d}.ckpt"


@pytest.mark.parametrize(("application", "protocol"), PROTOCOLS.items())
def test_resume_gives_the_same_weights_and_one_set_of_checkpoints(trained, application, protocol):
    states = []
    for name in (application, f"{application}-resumed"):
        weights = checkpoint(trained, name, protocol, 2).parent
        assert sorted(path.name for path in weights.iterdir()) == ["0001.ckpt", "0002.ckpt"]
        content = torch.load(weights / "0002.ckpt", weights_only=False)
        assert len(content["random_states"]) == 2
        states.append(content["state_dict"])
    assert states[0].keys() == states[1].keys()
    for name, value in states[0].items():
        assert torch.equal(states[1][name], value), name


@pytest.mark.parametrize("application", PROTOCOLS)
def test_processes_draw_different_chunks_in_every_epoch(trained, application):
    first, second = (process["train"] for process in seen(trained, application))
    assert len(first) == len(second) > 0
    assert len({*first, *second}) == len(first) + len(second)


def test_epoch_has_as_much_audio_as_in_one_process(trained):
    # 3 recordings of 8 s: 22 chunks, which are 5 batches of 4; processes have equally many
    for process in seen(trained, "sad-resumed", end=1):
        assert len(process["train"]) == 3 * 4


@pytest.mark.parametrize("application", PROTOCOLS)
def test_processes_have_the_same_weights_losses_and_metrics(trained, application):
    first, second = seen(trained, application)
    assert first["weights"] == second["weights"]
    assert first["metrics"] == pytest.approx(second["metrics"])


@pytest.mark.parametrize(("application", "protocol"), PROTOCOLS.items())
@pytest.mark.usefixtures("same_registry_afterwards")
def test_every_development_item_is_counted_once(trained, application, protocol):
    load_registry(trained / "database.yml")
    config = Config(trained / application)
    model = Model.from_pretrained(checkpoint(trained, application, protocol, 2))
    model.task = config.task(get_protocol(protocol, config.preprocessors()), num_workers=0)
    alone = Trainer(accelerator="cpu", logger=False, enable_progress_bar=False)
    model.prepare_data()
    model.setup()
    (expected,) = alone.validate(model, verbose=False)
    assert expected
    found = seen(trained, application)[0]["metrics"]
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-5)
