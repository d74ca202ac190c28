"""What cases are made of: an experiment of one epoch, and its corpus, for each application."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import yaml


def write_material(
    folder: Path, experiments: Mapping[str, Path], corpora: Mapping[str, Path]
) -> None:
    """Copy experiments and corpora.

    Parameters
    ----------
    folder : Path
        Where an `experiment` and its `corpus` go, in a folder for each application.
    experiments, corpora : mapping of str to Path
        By application.
    """
    for application, corpus in corpora.items():
        own = folder / application
        ignored = shutil.ignore_patterns("logs")
        shutil.copytree(experiments[application], own / "experiment", ignore=ignored)
        shutil.copytree(corpus, own / "corpus")
        (own / "other").mkdir()
        shutil.copy(experiments[application] / "config.yml", own / "other")
        (later,) = own.glob("experiment/train/*/weights/0002.ckpt")
        later.unlink()
        (params,) = own.glob("experiment/train/*/validate_*/*/params.yml")
        content = yaml.safe_load(params.read_text())
        params.write_text(yaml.safe_dump({**content, "epoch": 1}, sort_keys=False))
        (best,) = params.parent.glob("*/pytorch_model.bin")
        best.parent.rename(params.parent / "0001")
        for rttm in own.glob("corpus/*.rttm"):
            # `protocols check` complains about speakers of several subsets
            rttm.write_text(re.sub(r" ([AB]) <NA>", rf" {rttm.stem}-\1 <NA>", rttm.read_text()))
