"""`specs.yml` and `params.yml` that nobody wrote."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tests.fuzz.case import Case, Change, combine
from tests.fuzz.yaml_files import MISSING, broken_files, edit, unknown_keys, whole_files

SPECS = "experiment/train/*/specs.yml"
PARAMS = "experiment/train/*/validate_*/*/params.yml"

WRONG = {"number": 3, "list": [], "mapping": {}, "null": None, "missing": MISSING}
NOT_NUMBERS = {
    "text": "x",
    "list": [],
    "true": True,
    "nan": math.nan,
    "inf": math.inf,
    "null": None,
    "missing": MISSING,
}
NOT_DURATIONS = {**NOT_NUMBERS, "negative": -1.0}

OF_SPECS = {
    "application": {**WRONG, "unknown": "nothing", "other": "emb"},
    "task": WRONG,
    "architecture": WRONG,
    "classes": {"text": "speech", "numbers": [1], "null": None, "missing": MISSING},
    "duration": {**NOT_DURATIONS, "zero": 0.0},
    "sample_rate": {**NOT_DURATIONS, "zero": 0, "fraction": 16000.5},
    "config": {"text": "x", "list": [], "null": None, "missing": MISSING},
    "config.task": {"number": 3, "other": {"name": "SpeechActivityDetection"}},
}
OF_PARAMS = {
    "application": {**WRONG, "unknown": "nothing", "other": "emb"},
    "epoch": {
        **NOT_DURATIONS,
        "zero": 0,
        "fraction": 1.5,
        "none-such": 99,
        "huge": 10**400,
    },
    "metric": WRONG,
    "value": {"text": "x", "list": [], "nan": math.nan, "null": None, "missing": MISSING},
    "params": {**WRONG, "text": "x", "unknown": {"loudness": 1.0}},
    "params.onset": {**NOT_DURATIONS, "above": 2.0},
    "params.offset": {**NOT_DURATIONS, "above": 2.0},
    "params.min_duration_on": NOT_DURATIONS,
    "params.min_duration_off": NOT_DURATIONS,
    "params.pad_onset": NOT_NUMBERS,
    "params.unknown": {"number": 1.0},
    "options": {"text": "x", "list": [], "mapping": {}, "null": None, "missing": MISSING},
    "options.step": {**NOT_DURATIONS, "zero": 0, "above": 2.0},
}
OF_EMB = {
    "application": {"other": "sad"},
    "epoch": {"none-such": 99, "text": "x"},
    "params": {"mapping": {}, "text": "x"},
    "params.threshold": NOT_NUMBERS,
    "params.onset": {"number": 0.5},
}


def edits(path: str, places: dict[str, dict]) -> Iterator[tuple[str, Change]]:
    for where, values in places.items():
        for name, value in values.items():
            yield f"{where}={name}", edit(path, where, value)


def cases() -> Iterator[Case]:
    for name, change in edits(SPECS, OF_SPECS):
        # going on asks config.yml
        unread = name.startswith(("duration", "sample_rate"))
        expected = "harmless" if unread else "error"
        yield from combine("specs", [(name, change)], ["resume"], ["sad"], expected)
        if name.startswith("application"):
            yield from combine("specs", [(name, change)], ["validate"], ["sad"])
    for name, change in broken_files(SPECS):
        # a third of the file holds all that `validate` reads
        expected = "harmless" if name == "truncated" else "error"
        yield from combine("specs", [(name, change)], ["validate"], ["sad"], expected)
    yield from combine("params", edits(PARAMS, OF_PARAMS), ["apply"], ["sad"])
    yield from combine("params", edits(PARAMS, OF_EMB), ["apply"], ["emb"])
    # nothing that is applied depends on it
    metric = [("metric=unknown", edit(PARAMS, "metric", "accuracy"))]
    yield from combine("params", metric, ["apply"], expected="harmless")
    yield from combine("params", broken_files(PARAMS), ["apply"], ["sad"])
    yield from combine("params", unknown_keys(PARAMS), ["apply"], ["sad"], "any")
    yield from combine("params", whole_files(PARAMS), ["apply"], ["sad"], "same")
