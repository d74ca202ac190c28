import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.conftest import PROTOCOL, VOICES


@pytest.mark.parametrize(
    ("application", "protocol", "scalars"),
    [
        ("sad", PROTOCOL, {"loss/train", "loss/val", "BinaryAUROC", "lr-Adam", "epoch"}),
        ("emb", VOICES, {"loss/train", "EqualErrorRate", "lr-Adam", "epoch"}),
    ],
    ids=["sad", "emb"],
)
def test_logs_contain_losses_metrics_and_learning_rates(
    trained_experiments, application, protocol, scalars
):
    logs = EventAccumulator(
        str(trained_experiments[application] / "train" / f"{protocol}.train" / "logs")
    )
    logs.Reload()
    tags = logs.Tags()
    assert set(tags["scalars"]) == scalars
    assert tags["images"] == (["samples"] if application == "sad" else [])
    assert len(logs.Scalars("lr-Adam")) == 2
