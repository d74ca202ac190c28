"""A protocol without the recordings that are missing."""

from __future__ import annotations

from pathlib import Path

import yaml
from pyannote.database import registry

from pyannote_strf.compat.trials import load_trials
from pyannote_strf.database.check import raw_files
from pyannote_strf.database.database_yml import OF_FILES, check_template
from pyannote_strf.database.definition import Definition, definitions
from pyannote_strf.database.presence import why_missing
from pyannote_strf.files import write_text

HEADER = """\
# Written by `pyannote-strf protocols present`: {protocol}
# without the recordings whose audio was missing. Give it to any command as `--registry`.
"""


def write_present(protocol: str, out: Path) -> dict[str, tuple[int, int]]:
    """Write a `database.yml` that defines a protocol with those recordings whose audio is there.

    Its lists, and trials between these recordings, are written beside it. Annotation is read from
    where it is. Subsets without any recording are left out.

    Parameters
    ----------
    protocol : str
        e.g. "AMI.SpeakerDiarization.MixHeadset".
    out : Path
        File to write.

    Returns
    -------
    counts : dict of str to (int, int)
        Number of recordings that are there, and of all, by subset.

    Raises
    ------
    ValueError
        If no recording is there, or a file to be written exists already, or the protocol is made of
        others.
    """
    database, task, name = protocol.split(".")
    if database == "X":
        raise ValueError(f"{protocol} is made of other protocols: do this for each of them")
    out = Path(out).expanduser().resolve()
    texts: dict[Path, str] = {}
    counts, content = {}, {}
    for subset, (definition,) in definitions(protocol).items():
        uris = definition.recordings()
        present = [uri for uri in uris if not why_missing(uri, definition)]
        counts[subset] = len(present), len(uris)
        if not present:
            continue
        first = next(raw_files(definition))
        content |= {key: first[key] for key in ("scope", "classes") if key in first}
        entries = {key: _absolute(definition, key) for key in definition.entries}
        made = {"uri": "".join(f"{uri}\n" for uri in present)}
        if "trial" in entries:
            made["trial"] = _trials(Path(entries["trial"]), set(present))
        for key, text in made.items():
            path = out.with_name(f"{out.stem}.{subset}.{ {'uri': 'lst'}.get(key, key) }")
            texts[path] = text
            entries[key] = check_template(str(path), ())
        content[subset] = entries
    if not texts:
        raise ValueError(f"{protocol}: no recording is there; correct section Databases")
    content = content["files"] if task == "Collection" else content
    protocols = {database: {task: {name: content}}}
    whole = {"Databases": dict(registry.sources), "Protocols": protocols}
    texts[out] = HEADER.format(protocol=protocol) + yaml.safe_dump(whole, sort_keys=False)
    for path in texts:
        if path.exists():
            raise ValueError(f"{path} exists already; choose another place")
    for path, text in texts.items():
        write_text(path, text)
    return counts


def _absolute(definition: Definition, key: str) -> str | float:
    """Make the path of an entry absolute."""
    entry = definition.entries[key]
    if not isinstance(entry, str):
        return entry
    if definition.is_template(key):
        return check_template(
            str(definition.database_yml.parent / Path(entry).expanduser()), OF_FILES
        )
    path = definition.path(key)
    if path is None:
        raise ValueError(f"no file {entry} ({key} in {definition.database_yml})")
    return check_template(str(path.resolve()), ())


def _trials(path: Path, present: set[str]) -> str:
    """Give those trials whose recordings are both there."""
    trials = (trial for trial in load_trials(path) if {trial["uri1"], trial["uri2"]} <= present)
    return "".join(f"{trial['reference']} {trial['uri1']} {trial['uri2']}\n" for trial in trials)
