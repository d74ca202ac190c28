"""Values of `config.yml` that make no sense, place by place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from tests.fuzz.case import Case, Change, combine
from tests.fuzz.yaml_files import (
    MAPPING_BOMB,
    MISSING,
    broken_files,
    edit,
    rewrite,
    unknown_keys,
    whole_files,
)

CONFIG = "*/config.yml"

NOT_MAPPINGS = {"text": "text", "list": [1, 2], "number": 3, "true": True, "nan": math.nan}
NOT_NAMES = {
    "number": 3,
    "list": [],
    "true": True,
    "empty": "",
    "unknown": "Nothing",
    "module": "os.path",
    "long": "x" * 5000,
}
NOT_NUMBERS = {
    "text": "2 s",
    "list": [1.0],
    "true": True,
    "nan": math.nan,
    "inf": math.inf,
    "negative": -1.0,
}
# of torch's classes, which take True for 1
NOT_TORCH_NUMBERS = {name: value for name, value in NOT_NUMBERS.items() if name != "true"}
NOT_INTEGERS = {**NOT_NUMBERS, "fraction": 1.5, "zero": 0, "null": None, "huge": 10**400}
NOT_PAIRS = {
    "text": "ab",
    "one": [3],
    "three": [3, 3, 3],
    "mapping": {"a": 1, "b": 2},
    "texts": ["3", "3"],
    "nan": [math.nan, 3],
    "negative": [-3, 3],
    "zero": [0, 3],
    "null": None,
}
NOT_LISTS = {
    "text": "ab",
    "number": 3,
    "empty": [],
    "mapping": {"a": 1},
    "texts": ["3"],
    "nan": [math.nan],
    "negative": [-3],
    "zero": [0],
}
NOT_BOOLEANS = {"text": "text", "number": 2, "list": []}
NOT_CHOICES = {"number": 3, "list": [], "unknown": "sideways", "null": None}

TASK = "task.params"
ARCHITECTURE = "architecture.params"
FRONTEND = f"{ARCHITECTURE}.frontend"
SPECTROGRAM = f"{FRONTEND}.spectrogram"

# of both applications
PLACES = {
    "task": {**NOT_MAPPINGS, "missing": MISSING},
    "task.name": NOT_NAMES,
    "task.params": NOT_MAPPINGS,
    f"{TASK}.duration": {**NOT_NUMBERS, "zero": 0, "null": None, "huge": 1e300},
    f"{TASK}.per_epoch": {**NOT_NUMBERS, "zero": 0},
    f"{TASK}.augmentation": {"text": "text", "mapping": {"name": "AddNoise"}, "number": 3},
    f"{TASK}.unknown": {"number": 1},
    f"{TASK}.protocol": {"text": "text"},
    "architecture": {**NOT_MAPPINGS, "missing": MISSING},
    "architecture.name": NOT_NAMES,
    "architecture.params": NOT_MAPPINGS,
    f"{ARCHITECTURE}.unknown": {"number": 1},
    f"{ARCHITECTURE}.task": {"text": "text"},
    f"{ARCHITECTURE}.sample_rate": {"number": 8000},
    f"{ARCHITECTURE}.num_channels": {"two": 2, "text": "text", "zero": 0},
    f"{ARCHITECTURE}.compression": NOT_MAPPINGS,
    FRONTEND: {"text": "text", "list": [], "number": 3, "true": True},
    f"{FRONTEND}.name": NOT_NAMES,
    f"{FRONTEND}.unknown": {"number": 1},
    f"{FRONTEND}.num_filters": NOT_INTEGERS,
    f"{FRONTEND}.kernel_size": {**NOT_PAIRS, "even": [4, 11], "huge": [10**9 + 1, 10**9 + 1]},
    f"{FRONTEND}.stride": NOT_PAIRS,
    f"{FRONTEND}.mode": NOT_CHOICES,
    f"{FRONTEND}.init": NOT_CHOICES,
    f"{FRONTEND}.activation": NOT_CHOICES,
    f"{FRONTEND}.normalisation": NOT_CHOICES,
    f"{FRONTEND}.sample_rate": {"number": 8000},
    SPECTROGRAM: NOT_MAPPINGS,
    f"{SPECTROGRAM}.unknown": {"number": 1},
    f"{SPECTROGRAM}.kind": NOT_NAMES,
    f"{SPECTROGRAM}.num_bands": NOT_INTEGERS,
    f"{SPECTROGRAM}.hop": {**NOT_NUMBERS, "zero": 0, "null": None, "huge": 1e300},
    f"{SPECTROGRAM}.window": {**NOT_NUMBERS, "zero": 0, "null": None, "huge": 1e300},
    f"{SPECTROGRAM}.normalisation": NOT_CHOICES,
    f"{SPECTROGRAM}.dynamic_range": {**NOT_NUMBERS, "zero": 0, "null": None},
    f"{SPECTROGRAM}.gain_control": NOT_BOOLEANS,
    f"{SPECTROGRAM}.trainable_mel": NOT_BOOLEANS,
    "optimizer": NOT_MAPPINGS,
    "optimizer.name": NOT_NAMES,
    "optimizer.params": NOT_MAPPINGS,
    "optimizer.params.unknown": {"number": 1},
    "optimizer.params.betas": {"text": "ab", "one": [0.9], "nan": [math.nan, 0.9], "two": [2, 2]},
    "optimizer.params.weight_decay": NOT_TORCH_NUMBERS,
    "optimizer.params.eps": NOT_TORCH_NUMBERS,
    "scheduler": NOT_MAPPINGS,
    "scheduler.name": NOT_NAMES,
    "scheduler.params": NOT_MAPPINGS,
    "scheduler.params.unknown": {"number": 1},
    "scheduler.params.learning_rate": {**NOT_NUMBERS, "null": None},
    "scheduler.params.filters_learning_rate": NOT_NUMBERS,
    "feature_extraction": NOT_MAPPINGS,
    "feature_extraction.name": NOT_NAMES,
    "preprocessors": NOT_MAPPINGS,
    "callbacks": {
        "text": "text",
        "number": 3,
        "mapping": {"name": "FilterLog"},
        "names": ["FilterLog"],
    },
    "data_augmentation": NOT_MAPPINGS,
    "unknown_section": {"mapping": {"name": "x"}},
}

# whole sections
SECTIONS = {
    "feature_extraction": {
        f"sample_rate-{name}": {"name": "RawAudio", "params": {"sample_rate": value}}
        for name, value in {**NOT_INTEGERS, "low": 100, "high": 10**6, "unit": "16k"}.items()
    },
    "scheduler": {
        "step-without-size": {"name": "StepLR", "params": {"learning_rate": 0.01}},
        **{
            f"step-{name}": {"name": "StepLR", "params": {"step_size": value}}
            for name, value in {"zero": 0, **NOT_TORCH_NUMBERS}.items()
            if name not in ("negative", "inf")
        },
        "plateau-mode": {"name": "ReduceLROnPlateau", "params": {"mode": "sideways"}},
        "one-cycle": {"name": "OneCycleLR", "params": {}},
        "lambda": {"name": "LambdaLR", "params": {"lr_lambda": "lambda epoch: 1"}},
        "base": {"name": "LRScheduler"},
    },
    "optimizer": {
        "momentum": {"name": "SGD", "params": {"momentum": -1}},
        "nesterov": {"name": "SGD", "params": {"nesterov": True}},
        "sparse": {"name": "SparseAdam"},
        "base": {"name": "Optimizer"},
        "params-of-model": {"name": "Adam", "params": {"params": [1]}},
    },
    "callbacks": {
        "no-name": [{"params": {}}],
        "unknown": [{"name": "Nothing"}],
        "no-monitor": [{"name": "EarlyStopping"}],
        "unknown-monitor": [{"name": "EarlyStopping", "params": {"monitor": "loudness"}}],
        "unknown-option": [{"name": "FilterLog", "params": {"unknown": 1}}],
        "abstract": [{"name": "Callback", "params": {"x": 1}}],
        "numbers": [1, 2],
        "null": [None],
    },
    "data_augmentation": {
        "unknown": {"name": "Nothing"},
        "no-collection": {"name": "AddNoise"},
        "empty": {"name": "AddNoise", "params": {"collection": []}},
        "number": {"name": "AddNoise", "params": {"collection": 3}},
        "numbers": {"name": "AddNoise", "params": {"collection": [1, 2]}},
        "mapping": {"name": "AddNoise", "params": {"collection": {"a": 1}}},
        "no-folder": {"name": "AddNoise", "params": {"collection": "nowhere"}},
        "no-audio": {"name": "AddNoise", "params": {"collection": "experiment"}},
        "file": {"name": "AddNoise", "params": {"collection": "experiment/config.yml"}},
        "unknown-collection": {"name": "AddNoise", "params": {"collection": "A.Collection.B"}},
        "snr-swapped": {
            "name": "AddNoise",
            "params": {"collection": "corpus", "snr_min": 9, "snr_max": 1},
        },
        **{
            f"snr-{name}": {
                "name": "AddNoise",
                "params": {"collection": "corpus", "snr_min": value},
            }
            for name, value in NOT_NUMBERS.items()
            if name != "negative"
        },
        "not-a-transform": {"name": "torch_audiomentations.Compose"},
        "p": {"name": "Gain", "params": {"p": "often"}},
        "unknown-option": {"name": "Gain", "params": {"unknown": 1}},
    },
    "preprocessors": {
        "number": {"audio": 3},
        "list": {"audio": []},
        "null": {"audio": None},
        "no-name": {"audio": {"params": {}}},
        "unknown": {"audio": {"name": "Nothing"}},
        "placeholder": {"audio": "{nothing}.wav"},
        "positional": {"audio": "{}.wav"},
        "nested": {"audio": "{uri.real}.wav"},
        "index": {"audio": "{uri[a]}.wav"},
        "twice": {"audio": "{uri:{width}}.wav"},
        "huge-width": {"audio": "{uri:>1000000000}.wav"},
        "unbalanced": {"audio": "{uri.wav"},
        "nowhere": {"audio": "nowhere/{uri}.wav"},
        "annotation-text": {"annotation": "{uri}"},
        "annotated-text": {"annotated": "{uri}"},
        "uri": {"uri": "{database}"},
    },
}

OF_SAD = {
    f"{TASK}.batch_size": NOT_INTEGERS,
    f"{TASK}.warm_up": {
        **NOT_NUMBERS,
        "whole": 1.0,
        "three": [0.1, 0.1, 0.1],
        "null": None,
    },
    f"{TASK}.balance": {"text": "mood", "number": 3, "unknown": ["mood"], "mapping": {"a": 1}},
    f"{TASK}.loss": {"text": "text"},
    f"{ARCHITECTURE}.lstm": NOT_MAPPINGS,
    f"{ARCHITECTURE}.lstm.unknown": {"number": 1},
    f"{ARCHITECTURE}.lstm.hidden_size": NOT_INTEGERS,
    f"{ARCHITECTURE}.lstm.num_layers": NOT_INTEGERS,
    f"{ARCHITECTURE}.lstm.bidirectional": NOT_BOOLEANS,
    f"{ARCHITECTURE}.lstm.dropout": {**NOT_NUMBERS, "two": 2.0},
    f"{ARCHITECTURE}.linear": NOT_MAPPINGS,
    f"{ARCHITECTURE}.linear.hidden_size": NOT_INTEGERS,
    f"{ARCHITECTURE}.linear.num_layers": {k: v for k, v in NOT_INTEGERS.items() if k != "zero"},
}
OF_EMB = {
    f"{TASK}.loss": NOT_CHOICES,
    f"{TASK}.margin": {**NOT_NUMBERS, "large": 4.0},
    f"{TASK}.scale": {**NOT_NUMBERS, "zero": 0},
    f"{TASK}.min_duration": {**NOT_NUMBERS, "zero": 0, "above": 2.0},
    f"{TASK}.label_min_duration": {**NOT_NUMBERS, "large": 1e9},
    f"{TASK}.num_classes_per_batch": NOT_INTEGERS,
    f"{TASK}.num_chunks_per_class": NOT_INTEGERS,
    f"{TASK}.batch_size": {"odd": 3, "zero": 0, "text": "text"},
    f"{ARCHITECTURE}.dimension": NOT_INTEGERS,
    f"{ARCHITECTURE}.lstm": {"mapping": {"hidden_size": 8}},
}

FRONTENDS = {
    "conv2d": {"num_channels": NOT_INTEGERS, "kernel_size": NOT_PAIRS, "stride": NOT_PAIRS},
    "mel": {"num_filters": {"number": 4}, "spectrogram": NOT_MAPPINGS},
    "degram": {"attention": NOT_CHOICES, "order": NOT_CHOICES, "spectrogram": NOT_MAPPINGS},
    "frame_level": {"window_length": NOT_INTEGERS, "stride": NOT_INTEGERS},
    "multi_scale": {"window_lengths": NOT_LISTS, "activation": NOT_CHOICES},
    "full_band": {"kernel_size": NOT_INTEGERS},
    "musicnn": {"num_vertical": NOT_INTEGERS},
    "vgg": {"channels": NOT_LISTS, "pools": NOT_LISTS},
    "sincnet": {"stride": NOT_INTEGERS, "spectrogram": {"mapping": {}}},
}
SPECTROGRAMS = {
    "stft": {"num_bands": NOT_INTEGERS},
    "cqt": {"num_bands": NOT_INTEGERS},
    "sincgram": {"order": NOT_INTEGERS, "f_max": NOT_NUMBERS},
    "hcqt": {"harmonics": NOT_LISTS, "f_min": {**NOT_NUMBERS, "zero": 0.0, "large": 1e9}},
    "hstft": {"harmonics": NOT_LISTS, "bands_per_octave": NOT_INTEGERS},
}


def cases() -> Iterator[Case]:
    for case in _all():
        # it may stand for the default
        yield replace(case, expected="any") if case.name.endswith("=null") else case


def _all() -> Iterator[Case]:
    both = [*_edits(PLACES), *_edits(SECTIONS, ":"), *_written()]
    # the code that reads sections is the same for both
    others = list(_frontends())[::2]
    yield from combine("config", [*both, *_edits(OF_SAD), *others], ["train"], ["sad"])
    yield from combine("config", [*_edits(OF_EMB), *_some(both)], ["train"], ["emb"])
    broken = [*broken_files(CONFIG), *unknown_keys(CONFIG)]
    yield from combine("config", broken, ["train"], ["sad"])
    yield from combine("config", _some(broken), ["validate", "apply", "filters-of"], ["sad"])
    yield from combine("config", whole_files(CONFIG), ["train", "apply"], ["sad"], "same")
    # read by every command that opens recordings
    audio = list(_edits({"preprocessors": SECTIONS["preprocessors"]}, ":"))
    yield from combine("config", audio, ["apply"], ["sad"])
    # trials have no annotation
    audio = [(name, change) for name, change in audio if "annotation" not in name]
    yield from combine("config", audio, ["validate"], ["emb"])


def _some(changes: list[tuple[str, Change]]) -> list[tuple[str, Change]]:
    return changes[::12]


def _edits(places: dict[str, dict], mark: str = "=") -> Iterator[tuple[str, Change]]:
    for where, values in places.items():
        for name, value in values.items():
            yield f"{where}{mark}{name}", edit(CONFIG, where, value)


def _frontends() -> Iterator[tuple[str, Change]]:
    for where, key, kinds in ((FRONTEND, "name", FRONTENDS), (SPECTROGRAM, "kind", SPECTROGRAMS)):
        for kind, options in kinds.items():
            for option, values in options.items():
                for name, value in values.items():
                    change = edit(CONFIG, where, {key: kind, option: value})
                    yield f"{kind}.{option}={name}", change


def _written() -> Iterator[tuple[str, Change]]:
    """What a YAML library does not write."""
    for name, line in {
        "section-twice": b"task:\n  name: SpeechActivityDetection\n",
        "merge": b"callbacks: []\ncallbacks: []\n",
        "date": b"feature_extraction: 2001-01-01\n",
        "bomb-as-callbacks": b"callbacks: " + MAPPING_BOMB.encode().splitlines()[0][7:] + b"\n",
        "set": b"preprocessors: !!set {audio}\n",
        "bytes": b"feature_extraction: !!binary R0lG\n",
    }.items():
        yield f"written-{name}", rewrite(CONFIG, lambda old, line=line: old + line)
    for name, old, new in (
        ("key-twice", b"batch_size: 4", b"batch_size: 4\n    batch_size: 8"),
        ("option-twice", b"duration: ", b"duration: 1.5\n    duration: "),
        ("long-number", b"duration: ", b"duration: 1" + b"0" * 6000 + b" #"),
        ("recursive", b"frontend:", b"frontend: &f\n        spectrogram: *f\n    spare:"),
    ):
        yield (
            f"written-{name}",
            rewrite(CONFIG, lambda text, old=old, new=new: text.replace(old, new, 1)),
        )
