"""All malformed inputs, by name."""

from __future__ import annotations

from tests.fuzz import (
    audio,
    checkpoints,
    command_lines,
    config,
    database,
    mutations,
    records,
    text_files,
)
from tests.fuzz.case import Case

AREAS = (
    config,
    records,
    database,
    text_files,
    audio,
    checkpoints,
    command_lines,
    mutations,
)


def all_cases() -> dict[str, Case]:
    """Every case by its name."""
    found: dict[str, Case] = {}
    for area in AREAS:
        for case in area.cases():
            if case.name in found:
                raise ValueError(f"two cases are named {case.name}")
            found[case.name] = case
    return found
