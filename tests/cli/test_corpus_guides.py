"""The commands of the guides of corpora run as typed, on generated copies, with tiny models."""

from pathlib import Path

import pytest
import yaml

from pyannote_strf.applications import cross_validate
from pyannote_strf.applications.folds import find_folds
from tests.conftest import TINY_TAGGING
from tests.corpora.clip_corpora import (
    write_fsd50k,
    write_nonverbal,
    write_sonyc,
    write_urbansound8k,
    write_zebra_finch,
)
from tests.test_docs import ROOT, commands, read_blocks

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

# options of tasks that the guides give, and that tiny clips can have
KEPT = ("short_clips", "windows", "balance")

EXTRA = {
    ("tag", "train"): ["--parallel=0", "--cpu"],
    ("tag", "cross-validate"): ["--parallel=0", "--cpu"],
    ("tag", "validate"): ["--cpu"],
    ("tag", "apply"): ["--cpu"],
}

PAGES = {
    "sonyc-ust": lambda: write_sonyc(Path("SONYC-UST"), clips=23),
    "fsd50k": lambda: write_fsd50k(Path("FSD50K")),
    "urbansound8k": lambda: write_urbansound8k(Path("UrbanSound8K"), classes=2),
    "nonverbal": lambda: write_nonverbal(Path("nonverbal")),
    "zebra-finch": lambda: write_zebra_finch(Path("zebra-finch"), takes=3),
}

# results of the last command
RESULTS = {
    "sonyc-ust": "urban/train/SONYC.Protocol.Fine.train/validate_official_fine_macro_auprc/"
    "SONYC.Protocol.Fine.development/apply/0001/SONYC.Protocol.Fine.development.eval",
    "fsd50k": "events/train/FSD50K.Protocol.Official.train/validate_mean_average_precision/"
    "FSD50K.Protocol.Official.development/apply/0001/FSD50K.Protocol.Official.test.eval",
    "urbansound8k": "urban/best/UrbanSound8K.Protocol.csv",
    "nonverbal": "mouths/best/Nonverbal.Protocol.csv",
    "zebra-finch": "callers/best/ZebraFinchCallers.Protocol.csv",
}


def settings(blocks):
    """Return the options of the task that a page gives."""
    params = {}
    for block in blocks:
        if block.language == "yaml":
            task = yaml.safe_load(block.content).get("task", {})
            params.update(task.get("params", {}))
    return {name: value for name, value in params.items() if name in KEPT}


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_guides_run_as_typed(command, tmp_path, monkeypatch, page):
    monkeypatch.chdir(tmp_path)
    # two folds are enough
    monkeypatch.setattr(cross_validate, "find_folds", lambda *args: find_folds(*args)[:2])
    PAGES[page]()
    blocks = read_blocks(ROOT / "docs" / "guides" / "corpora" / f"{page}.md")
    params = {"duration": 0.2, "batch_size": 16, **settings(blocks)}
    config = {**TINY_TAGGING, "task": {"name": "AudioTagging", "params": params}}
    for block in blocks:
        if block.language != "sh":
            continue
        for program, *words in commands(block):
            assert program == "pyannote-strf"
            short = ["--to=1" if word.startswith("--to=") else word for word in words]
            command(*short, *EXTRA.get(tuple(words[:2]), ()))
            if words[:2] == ["tag", "init"]:
                (tmp_path / words[2] / "config.yml").write_text(yaml.safe_dump(config))
    assert (tmp_path / RESULTS[page]).is_file()
