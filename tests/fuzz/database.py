"""Definitions of protocols that define nothing."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fuzz.case import Case, Change, combine
from tests.fuzz.yaml_files import (
    MISSING,
    broken_files,
    edit,
    rewrite,
    unknown_keys,
    whole_files,
)

PATH = "corpus/database.yml"
TASK = "Protocols.Tiny.SpeakerDiarization"
PROTOCOL = f"{TASK}.Bursts"
TRAIN = f"{PROTOCOL}.train"

NOT_MAPPINGS = {"text": "text", "list": [1], "number": 3, "true": True}
NOT_PATHS = {"number": 3, "list": [], "mapping": {"a": 1}, "true": True, "empty": ""}
TEMPLATES = {
    "unknown": "{nothing}",
    "positional": "{}",
    "index": "{uri[0]}",
    "key": "{uri[a]}",
    "attribute": "{uri.__class__}",
    "nested": "{uri:{database}}",
    "unbalanced": "{uri",
    "closing": "uri}",
    "conversion": "{uri!z}",
    "huge-width": "{uri:>1000000000}",
    "nul": "{uri}\0",
    "long": "{uri}" + 5000 * "x",
}

PLACES = {
    "Databases": {**NOT_MAPPINGS, "empty": {}, "missing": MISSING},
    "Databases.Tiny": {
        **NOT_PATHS,
        "nowhere": "nowhere/{uri}.wav",
        "directory": "../corpus",
        "numbers": [1, 2],
        **{f"template-{name}": f"{text}.wav" for name, text in TEMPLATES.items()},
    },
    "Protocols": {**NOT_MAPPINGS, "empty": {}, "missing": MISSING},
    "Protocols.Tiny": {**NOT_MAPPINGS, "empty": {}},
    TASK: {**NOT_MAPPINGS, "empty": {}},
    PROTOCOL: {**NOT_MAPPINGS, "empty": {}},
    f"{PROTOCOL}.scope": {"planet": "planet", "number": 3, "list": ["global"], "mapping": {}},
    TRAIN: {**NOT_MAPPINGS, "empty": {}, "missing": MISSING},
    f"{TRAIN}.uri": {
        **NOT_PATHS,
        "missing": MISSING,
        "nowhere": "nowhere.lst",
        "directory": ".",
        "audio": "train0.wav",
        **{f"template-{name}": f"{text}.lst" for name, text in TEMPLATES.items()},
    },
    f"{TRAIN}.annotation": {
        **NOT_PATHS,
        "missing": MISSING,
        "nowhere": "nowhere.rttm",
        "unknown-format": "train.xyz",
        "no-format": "train",
        "audio": "train0.wav",
        "itself": "database.yml",
        "list": "train.lst",
        "uem": "train.uem",
        **{f"template-{name}": f"{text}.rttm" for name, text in TEMPLATES.items()},
    },
    f"{TRAIN}.annotated": {**NOT_PATHS, "nowhere": "nowhere.uem", "rttm": "train.rttm"},
}


def written() -> Iterator[tuple[str, Change]]:
    """What a YAML library does not write."""
    for name, old, new in (
        ("task-unknown", b"SpeakerDiarization:", b"SpeakerFoo:"),
        ("task-number", b"SpeakerDiarization:", b"3:"),
        ("protocol-number", b"Bursts:", b"3:"),
        ("protocol-dot", b"Bursts:", b"Bur.sts:"),
        ("database-null", b"  Tiny:\n", b"  null:\n"),
        ("section-twice", b"Protocols:", b"Databases: {}\nProtocols:"),
        ("recursive", b"Bursts:", b"Bursts: &b\n        train: *b\n      Spare:"),
    ):
        yield (
            f"written-{name}",
            rewrite(PATH, lambda text, old=old, new=new: text.replace(old, new, 1)),
        )


def edits() -> Iterator[tuple[str, Change]]:
    for where, values in PLACES.items():
        for name, value in values.items():
            yield f"{where.removeprefix('Protocols.')}={name}", edit(PATH, where, value)


def cases() -> Iterator[Case]:
    malformed = [*edits(), *written()]
    broken = list(broken_files(PATH))
    changes = [*malformed, *broken]
    yield from combine("database", changes, ["train"], ["sad"])
    # a protocol may have no train subset, and a subset no annotation
    optional = ("train=missing", "annotation=missing")
    checked = [(name, change) for name, change in changes if not name.endswith(optional)]
    yield from combine("database", checked[::2], ["check"], ["sad"])
    # what is not a protocol is not listed
    yield from combine("database", malformed[::5], ["list"], ["sad"], "any")
    yield from combine("database", broken[::2], ["list", "stats", "validate"], ["sad"])
    yield from combine("database", broken[1::2], ["apply", "filters-of"], ["emb"])
    yield from combine("database", unknown_keys(PATH), ["train", "check"], ["sad"], "any")
    yield from combine("database", whole_files(PATH), ["apply", "check"], ["sad"], "same")
