"""Malformed inputs end in one line that says what is wrong, and change no result in silence."""

import os
from collections import Counter

import pytest

from tests.fuzz.cases import all_cases
from tests.fuzz.material import write_material
from tests.fuzz.pool import run_all
from tests.fuzz.runner import KINDS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")

# a few of each area
SAMPLE = (
    "config/sad/train/task=text",
    "config/sad/train/task.name=unknown",
    "config/sad/train/architecture.params.frontend.stride=zero",
    "config/sad/train/scheduler.params.learning_rate=nan",
    "config/sad/train/bomb",
    "config/emb/train/task.params.label_min_duration=list",
    "config/sad/train/bom",
    "specs/sad/resume/config=missing",
    "specs/sad/validate/application=other",
    "params/sad/apply/options.step=inf",
    "params/emb/apply/epoch=none-such",
    "database/sad/train/Databases=text",
    "database/sad/train/missing",
    "rttm/sad/train/duration=comma",
    "rttm/sad/apply/utf-16",
    "uem/sad/check/start=beyond",
    "lst/sad/apply/leads-out",
    "trials/emb/validate/only-1",
    "audio/sad/train/nan-in-the-middle",
    "audio/sad/apply/part-of-header",
    "audio/emb/validate/empty",
    "checkpoint/sad/apply/tensor",
    "checkpoint/sad/resume/foreign-function",
    "command/sad/validate/--every=0",
    "command/emb/apply/of-another-application",
)


@pytest.fixture(scope="module")
def material(tmp_path_factory, trained_experiments, corpus, voices):
    folder = tmp_path_factory.mktemp("fuzz")
    write_material(folder, trained_experiments, {"sad": corpus, "emb": voices})
    return folder


def failures(verdicts):
    return [f"{v.name}: {', '.join(v.faults)}\n    {v.message}" for v in verdicts if v.faults]


def table(verdicts, cases):
    """Numbers of inputs by area."""
    by_area = {}
    for verdict in verdicts:
        by_area.setdefault(cases[verdict.name].area, []).append(verdict)
    rows = [("area", "inputs", "ok", *KINDS)]
    for area, of_area in {**by_area, "all": verdicts}.items():
        faults = Counter(fault for verdict in of_area for fault in verdict.faults)
        ok = sum(not verdict.faults for verdict in of_area)
        rows.append((area, len(of_area), ok, *(faults[kind] for kind in KINDS)))
    return "\n".join("".join(f"{cell!s:>16}" for cell in row) for row in rows)


def test_a_sample_of_malformed_inputs(material):
    assert not failures(run_all(SAMPLE, material))


@pytest.mark.fuzz
def test_every_malformed_input(material, capsys):
    cases = all_cases()
    assert len(cases) >= 600
    verdicts = run_all(cases, material)
    with capsys.disabled():
        print(f"\n{table(verdicts, cases)}")
    failed = failures(verdicts)
    assert not failed, "\n".join(failed)
