"""Definition of a protocol restricted to the recordings that exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pyannote.database import registry

from pyannote_strf.compat.trials import load_trials
from pyannote_strf.database.audio_finder import AudioFinder
from pyannote_strf.database.check import raw_files
from pyannote_strf.database.database_yml import OF_FILES, check_template
from pyannote_strf.database.definition import Definition, definitions
from pyannote_strf.database.presence import why_missing
from pyannote_strf.files import write_text

HEADER = """\
# Written by `pyannote-strf protocols present`: {protocol}
# without the recordings whose audio was missing. Pass it to any command with `--registry`.
"""


def write_present(protocol: str, out: Path) -> dict[str, tuple[int, int]]:
    """Write a `database.yml` that restricts a protocol to recordings whose audio exists.

    Lists of recordings and trials are written beside it. Annotation files are not copied. Subsets
    without recordings are left out.

    Parameters
    ----------
    protocol : str
        Name of the protocol, e.g. "AMI.SpeakerDiarization.MixHeadset".
    out : Path
        File to write.

    Returns
    -------
    counts : dict of str to (int, int)
        Number of recordings that exist, and of all recordings, by subset.

    Raises
    ------
    ValueError
        If no recording exists, or a file to write already exists, or the protocol combines others.
    """
    database, task, name = protocol.split(".")
    if database == "X":
        raise ValueError(f"{protocol} combines other protocols; run this for each of them")
    out = Path(out).expanduser().resolve()
    texts: dict[Path, str] = {}
    counts: dict[str, tuple[int, int]] = {}
    content: dict[str, Any] = {}
    finder = AudioFinder()
    for subset, (definition,) in definitions(protocol).items():
        uris = definition.recordings()
        present = [uri for uri in uris if not why_missing(uri, definition, finder)]
        counts[subset] = len(present), len(uris)
        if not present:
            continue
        first = next(raw_files(definition))
        content |= {key: first[key] for key in ("scope", "classes") if key in first}
        entries = {key: _absolute(definition, key) for key in definition.entries}
        made = {"uri": "".join(f"{uri}\n" for uri in present)}
        if "trial" in entries:
            made["trial"] = _trials(Path(str(entries["trial"])), set(present))
        for key, text in made.items():
            path = out.with_name(f"{out.stem}.{subset}.{ {'uri': 'lst'}.get(key, key) }")
            texts[path] = text
            entries[key] = check_template(str(path), ())
        content[subset] = entries
    if not texts:
        raise ValueError(
            f"{protocol}: no recording found; correct section Databases of database.yml"
        )
    content = content["files"] if task == "Collection" else content
    protocols = {database: {task: {name: content}}}
    definition_yml = {"Databases": dict(registry.sources), "Protocols": protocols}
    texts[out] = HEADER.format(protocol=protocol) + yaml.safe_dump(definition_yml, sort_keys=False)
    for path in texts:
        if path.exists():
            raise ValueError(f"{path} already exists; choose another path")
    for path, text in texts.items():
        write_text(path, text)
    return counts


def _absolute(definition: Definition, key: str) -> str | float:
    """Return an entry with its path made absolute."""
    entry = definition.entries[key]
    if not isinstance(entry, str):
        return entry
    if definition.is_template(key):
        return check_template(
            str(definition.database_yml.parent / Path(entry).expanduser()), OF_FILES
        )
    path = definition.path(key)
    if path is None:
        raise ValueError(f"{entry} does not exist ({key} in {definition.database_yml})")
    return check_template(str(path.resolve()), ())


def _trials(path: Path, present: set[str]) -> str:
    """Return the trials whose two recordings exist."""
    trials = (trial for trial in load_trials(path) if {trial["uri1"], trial["uri2"]} <= present)
    return "".join(f"{trial['reference']} {trial['uri1']} {trial['uri2']}\n" for trial in trials)
