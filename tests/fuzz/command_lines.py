"""Command lines that ask for what there is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.case import METRICS, PROTOCOLS, Case, commands, nothing

INTEGERS = ("0", "-1", "1.5", "x", "", "1e3", "nan", "9" * 5000)
WRONG_PATHS = {
    "nowhere": "nowhere",
    "config": "experiment/config.yml",
    "audio-folder": "corpus",
    "below-a-file": "experiment/config.yml/x",
    "proc": "/proc/nowhere/x",
    "empty": "",
    "long": "x" * 5000,
}
PROTOCOL_NAMES = {
    "unknown": "Nothing.SpeakerDiarization.Nothing",
    "two-parts": "Tiny.SpeakerDiarization",
    "one-part": "Tiny",
    "four-parts": "Tiny.SpeakerDiarization.Bursts.train",
    "lower-case": "tiny.speakerdiarization.bursts",
    "empty": "",
    "dots": "...",
    "leads-out": "../../stolen.a.b",
    "slash": "Tiny/SpeakerDiarization/Bursts",
    "accents": "é.è.ê",
    "long": "x" * 5000,
}

OPTIONS = {
    "train": {
        "--subset": ("dev", "", "../x"),
        "--from": ("-1", "x", "7", "1.5", "", "last"),
        "--to": INTEGERS,
        "--batch": INTEGERS,
        "--parallel": ("-1", "x", ""),
        "--devices": ("0", "-7", "abc", "1,x", ""),
        "--num-nodes": ("0", "-1", "x"),
        "--strategy": ("nothing", ""),
        "--pretrained": tuple(WRONG_PATHS.values()),
        "--seed": ("-1", "x", "1.5", "9" * 30),
        "--registry": tuple(WRONG_PATHS.values()),
        "--nothing": ("1",),
    },
    "validate": {
        "--subset": ("dev", ""),
        "--from": ("-1", "x", "7"),
        "--to": ("-1", "x", "0", ""),
        "--every": ("0", "-1", "x", "7"),
        "--metric": ("accuracy", "", "detection_fscor"),
        "--registry": ("nowhere", "corpus", "corpus/train.lst"),
    },
    "apply": {
        "--subset": ("dev", ""),
        "--registry": ("nowhere", "corpus", "corpus/train.lst"),
    },
}
OF_SAD = {
    "validate": {
        "--trials": ("0", "-1", "x", "1.5"),
        "--step": ("0", "-1", "2", "x", "nan", "inf"),
        "--batch": ("0", "-1", "x"),
    },
    "apply": {"--step": ("0", "-1", "2", "x", "nan", "inf"), "--batch": ("0", "x")},
}
OF_FILTERS = {
    "--format": ("gif", ""),
    "--at": ("0", "-1", "x", "nan", "inf", "1e300"),
    "--importance": ("magic", "gradient", "ablation"),
    "--protocol": tuple(PROTOCOL_NAMES.values()),
    "--out": ("experiment/config.yml", "experiment/config.yml/x", "/proc/nowhere/x"),
    "--registry": ("nowhere", "corpus/train.lst"),
}


def lines() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, application, and command line."""
    for application, protocol in PROTOCOLS.items():
        known = commands(application)
        for name, by_option in OPTIONS.items():
            own = OF_SAD.get(name, {}) if application == "sad" else {}
            for option, values in {**by_option, **own}.items():
                for value in values:
                    line = [part for part in known[name] if not part.startswith(f"{option}=")]
                    yield f"{name}/{option}={value[:40]}", application, (*line, f"{option}={value}")
        for name in ("train", "validate", "apply"):
            *options, path, _ = known[name]
            for what, wrong in WRONG_PATHS.items():
                yield f"{name}/path={what}", application, (*options, wrong, protocol)
            for what, wrong in PROTOCOL_NAMES.items():
                yield f"{name}/protocol={what}", application, (*options, path, wrong)
            yield f"{name}/no-protocol", application, (*options, path)
            yield f"{name}/one-more", application, (*options, path, protocol, "x")
    for what, path in WRONG_PATHS.items():
        if what not in ("nowhere", "audio-folder", "empty"):
            yield f"init/path={what}", "sad", ("sad", "init", path)
    yield "init/there", "sad", ("sad", "init", "experiment")
    known = commands("sad")
    other = {"sad": "emb", "emb": "sad"}
    for application in PROTOCOLS:
        for name in ("resume", "validate", "apply"):
            _, *line = commands(application)[name]
            line = [part for part in line if not part.startswith("--trials")]
            yield f"{name}/of-another-application", application, (other[application], *line)
    yield "apply/no-validation", "sad", (*known["apply"][:-2], "experiment/train", PROTOCOLS["sad"])
    metric = METRICS["sad"]
    yield (
        "validate/a-validation",
        "sad",
        (*known["validate"][:-2], f"experiment/train/x/validate_{metric}", PROTOCOLS["sad"]),
    )
    yield "unknown-command", "sad", ("nothing",)
    yield "unknown-subcommand", "sad", ("sad", "nothing")
    yield "unknown-option", "sad", ("--nothing",)


def export_and_filters() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    known = commands("sad")
    _, checkpoint, out = known["export"]
    for what, path in WRONG_PATHS.items():
        yield f"export/checkpoint={what}", "sad", ("export", path, out)
        yield f"filters/checkpoint={what}", "sad", ("filters", "--cpu", path)
    for what in ("below-a-file", "proc", "long"):
        yield f"export/out={what}", "sad", ("export", checkpoint, WRONG_PATHS[what])
    yield "export/out=directory", "sad", ("export", checkpoint, "corpus")
    yield "export/no-out", "sad", ("export", checkpoint)
    for option, values in OF_FILTERS.items():
        for value in values:
            line = [part for part in known["filters"] if not part.startswith(f"{option}=")]
            yield f"filters/{option}={value[:40]}", "sad", (*line, f"{option}={value}")
    yield "filters/no-checkpoint", "sad", ("filters", "--cpu")
    yield "filters/several-without-out", "sad", ("filters", "--cpu", checkpoint, checkpoint)
    yield "filters/weighted-alone", "sad", (*known["filters"], "--weighted")
    yield "filters/subset", "sad", (*known["filters-of"], "--importance=gradient", "--subset=dev")


def protocols() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    registry = "--registry=corpus/database.yml"
    for command in ("check", "stats"):
        for what, name in PROTOCOL_NAMES.items():
            yield f"{command}/protocol={what}", "sad", ("protocols", command, registry, name)
        for what, path in WRONG_PATHS.items():
            line = ("protocols", command, f"--registry={path}", PROTOCOLS["sad"])
            yield f"{command}/registry={what}", "sad", line
    for what, path in WRONG_PATHS.items():
        if what != "nowhere":
            # a picture of no kind that is known, too
            line = ("protocols", "stats", f"--out={path}", registry, PROTOCOLS["sad"])
            yield f"stats/out={what}", "sad", line
        yield f"list/registry={what}", "sad", ("protocols", "list", f"--registry={path}")
    for corpus in ("ami", "chime5", "voxceleb", "musan"):
        for what, path in WRONG_PATHS.items():
            line = ("protocols", "init", "new.yml", f"--{corpus}={path}")
            yield f"init-{corpus}/folder={what}", "sad", line
    yield "protocols-init/nothing", "sad", ("protocols", "init", "new.yml")
    yield "protocols-init/unknown", "sad", ("protocols", "init", "new.yml", "--timit=corpus")


def with_musan(folder: Path) -> None:
    path = folder / "musan" / "noise" / "free-sound" / "one.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes((folder / "corpus" / "test0.wav").read_bytes())


def cases() -> Iterator[Case]:
    for name, application, line in (*lines(), *export_and_filters(), *protocols()):
        yield Case(f"command/{application}/{name}", application, line, nothing)
    for what, out in {
        "there": "corpus/database.yml",
        "directory": "corpus",
        "below-a-file": "corpus/database.yml/x.yml",
        "proc": "/proc/nowhere/x.yml",
        "long": 5000 * "x",
    }.items():
        line = ("protocols", "init", out, "--musan=musan")
        yield Case(f"command/sad/protocols-init/out={what}", "sad", line, with_musan)
