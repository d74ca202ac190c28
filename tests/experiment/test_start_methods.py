"""Training with data loading workers of every start method."""

import copy
import multiprocessing

import pytest
import torch
import yaml

from pyannote_strf.applications.base import get_application
from pyannote_strf.database.protocols import load_registry
from pyannote_strf.experiment.train import train
from tests.conftest import PROTOCOL, TINY_CONFIG, TINY_VERIFICATION, VOICES

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

UPSTREAM = copy.deepcopy(TINY_CONFIG)
UPSTREAM["task"] = {"name": "VoiceActivityDetection", "params": {"batch_size": 4}}


@pytest.fixture
def start_method():
    """Return a function that sets the start method of workers."""
    before = multiprocessing.get_start_method()
    yield lambda method: multiprocessing.set_start_method(method, force=True)
    multiprocessing.set_start_method(before, force=True)


@pytest.mark.parametrize(
    ("methods", "config", "protocol", "options"),
    [
        (("spawn", "forkserver"), TINY_CONFIG, PROTOCOL, {"end": 2, "limit_val_batches": 0}),
        (("spawn",), TINY_VERIFICATION, VOICES, {"end": 1}),
        (("forkserver",), UPSTREAM, PROTOCOL, {"end": 1}),
    ],
    ids=["sad", "emb", "upstream"],
)
def test_start_methods_give_the_same_weights(
    tmp_path_factory, corpus, voices, start_method, methods, config, protocol, options
):
    load_registry(corpus / "database.yml")
    load_registry(voices / "database.yml")
    application = get_application("emb" if protocol == VOICES else "sad")

    def weights(method):
        start_method(method)
        root = tmp_path_factory.mktemp(method)
        (root / "config.yml").write_text(yaml.safe_dump(config))
        train_dir = train(application, root, protocol, num_workers=1, accelerator="cpu", **options)
        last = torch.load(train_dir.checkpoint(options["end"]), weights_only=False)
        return last["state_dict"]

    expected = weights("fork")
    for method in methods:
        found = weights(method)
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[name], found[name]) for name in expected)
