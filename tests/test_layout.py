"""Imports of this package run one way."""

import ast
from pathlib import Path

import pytest

import pyannote_strf

ROOT = Path(pyannote_strf.__file__).parent
PLAIN = {
    *("audio", "checks", "constructors", "files", "messages", "plugins", "progress", "protocols"),
    *("sound_files", "tags", "type_hints", "version", "yaml_reader"),
}

# packages that each package may import, in addition to itself and PLAIN
ALLOWED = {
    "layers": set(),
    "frontends": {"layers"},
    "backends": {"layers"},
    "metrics": {"layers"},
    "compat": {"layers"},
    "database": {"compat", "layers"},
    "corpora": {"compat", "database", "layers", "metrics"},
    "models": {"backends", "compat", "frontends", "layers"},
    "analysis": {"frontends", "layers", "metrics"},
    "tasks": {"analysis", "compat", "layers", "metrics", "models"},
    "pipelines": {"compat", "metrics", "models"},
}
ALLOWED["experiment"] = {*ALLOWED, "experiment"} - {"analysis", "corpora"}
ALLOWED["applications"] = {*ALLOWED["experiment"], "analysis"}
ALLOWED["reports"] = {*ALLOWED["applications"], "applications"}
ALLOWED["cli"] = {*ALLOWED, "launcher"}
ALLOWED["launcher"] = set()


def imported(path):
    """Iterate over the packages of this project that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            first, *others = name.split(".")
            if first == "pyannote_strf" and others:
                yield others[0]


FILES = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_run_one_way(path):
    package = path.parts[0].removesuffix(".py")
    if path.parts[0] == "__init__.py":
        pytest.skip("public names are imported on first use")
    allowed = PLAIN | ALLOWED.get(package, set()) | {package}
    if package in PLAIN:
        allowed = PLAIN
    assert set(imported(ROOT / path)) <= allowed
