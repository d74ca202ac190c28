"""Every application trains a front-end registered at run time."""

import pytest
import torch
import yaml

from pyannote_strf.frontends.base import Frontend
from pyannote_strf.models.checkpoint import load_model
from pyannote_strf.plugins import register
from tests.conftest import PROTOCOL, TINY_CONFIG, TINY_VERIFICATION, VOICES

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


class Levels(Frontend):
    """Power of blocks of 10 ms, and of their first halves."""

    sample_rates = range(8000, 48001)
    num_bands = 2

    def __init__(self, sample_rate=16000, gain=1.0):
        super().__init__(sample_rate)
        self.gain = gain
        self.block = sample_rate // 100

    def num_frames(self, num_samples):
        return num_samples // self.block

    def receptive_field_size(self, num_frames=1):
        return self.block * num_frames

    def receptive_field_center(self, frame=0):
        return self.block * frame + (self.block - 1) // 2

    def image(self, waveforms):
        blocks = waveforms[:, 0].unfold(-1, self.block, self.block)
        halves = blocks[..., : self.block // 2]
        bands = [part.square().mean(dim=-1) for part in (blocks, halves)]
        return self.gain * torch.stack(bands, dim=1)[:, None]


@pytest.mark.parametrize(
    ("application", "config", "protocol"),
    [("sad", TINY_CONFIG, PROTOCOL), ("emb", TINY_VERIFICATION, VOICES)],
    ids=["sad", "emb"],
)
def test_a_registered_front_end_is_trained(
    command, tmp_path, corpus, voices, monkeypatch, application, config, protocol
):
    monkeypatch.setattr("pyannote_strf.plugins._REGISTERED", {})
    register("pyannote_strf.frontends", "levels", Levels)
    options = {**config["architecture"]["params"], "frontend": {"name": "levels"}}
    architecture = {**config["architecture"], "params": options}
    (tmp_path / "config.yml").write_text(yaml.safe_dump({**config, "architecture": architecture}))
    database_yml = (corpus if application == "sad" else voices) / "database.yml"
    command(
        *(application, "train", "--to=1", "--parallel=1", "--cpu"),
        *(tmp_path, protocol, f"--registry={database_yml}"),
    )
    (checkpoint,) = tmp_path.rglob("0001.ckpt")
    model = load_model(checkpoint)
    assert isinstance(model.frontend, Levels)
    assert model.hparams.frontend == {"name": "levels", "gain": 1.0}
