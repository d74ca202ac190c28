"""Cases in several processes, each of which imports everything once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.case import Case
from tests.fuzz.cases import all_cases
from tests.fuzz.runner import COMPARED, Ended, Verdict, judge, load_everything, run


def run_all(names: Iterable[str], material: Path) -> list[Verdict]:
    """Run cases by their names, and judge them.

    Parameters
    ----------
    names : iterable of str
    material : Path
        See :func:`~tests.fuzz.material.write_material`.
    """
    # processes that forked from one that has trained cannot train
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), load_everything) as pool:
        return list(pool.map(partial(_run, material), names))


def _run(material: Path, name: str) -> Verdict:
    case = _cases()[name]
    clean = None
    if case.expected in COMPARED:
        clean = _clean(material, case.application, case.command)
    return judge(case, run(case, material), clean)


_cases = cache(all_cases)


@cache
def _clean(material: Path, application: str, command: tuple[str, ...]) -> Ended:
    return run(Case("clean", application, command), material)
