import pytest
import yaml
from lightning.pytorch import Callback

from pyannote_strf.applications.base import get_application
from pyannote_strf.database.protocols import load_registry
from pyannote_strf.experiment.train import train
from tests.conftest import PROTOCOL, TINY_CONFIG, TINY_VERIFICATION, VOICES

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")


class Poison(Callback):
    """Make a weight infinite in epoch 2, before its first batch or after its last one."""

    def __init__(self, when):
        setattr(self, when, self._poison)

    def _poison(self, trainer, pl_module, *_):
        if trainer.current_epoch == 1:
            next(pl_module.backend.parameters()).data.fill_(float("inf"))


@pytest.mark.parametrize(
    ("when", "what"),
    [("on_train_epoch_start", "the output of the model"), ("on_validation_end", "backend.")],
)
@pytest.mark.parametrize(
    ("application", "config", "protocol"),
    [("sad", TINY_CONFIG, PROTOCOL), ("emb", TINY_VERIFICATION, VOICES)],
    ids=["sad", "emb"],
)
def test_divergence_raises_an_error_and_keeps_earlier_checkpoints(
    tmp_path, corpus, voices, application, config, protocol, when, what
):
    load_registry((voices if application == "emb" else corpus) / "database.yml")
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config))
    with pytest.raises(ValueError, match=f"diverged at epoch 2: {what}.* is not finite; lower"):
        train(
            get_application(application),
            tmp_path,
            protocol,
            end=3,
            num_workers=0,
            callbacks=[Poison(when)],
            accelerator="cpu",
        )
    weights = tmp_path / "train" / f"{protocol}.train" / "weights"
    assert [path.name for path in weights.iterdir()] == ["0001.ckpt"]
