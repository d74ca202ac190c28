"""Recordings that are no recordings."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from tests.conftest import SAMPLE_RATE
from tests.fuzz.case import Case, Change, combine
from tests.fuzz.yaml_files import broken_link, remove, replace_by_directory

# the first recording of each subset, and the command that reads it
RECORDINGS = {
    "sad": {"train": "train0", "validate": "development0", "apply": "test0", "check": "test0"},
    "emb": {
        "train": "train100-0",
        "validate": "development105-0",
        "apply": "test115-0",
        "filters-of": "train100-0",
    },
}


def noise(num_samples: int) -> np.ndarray:
    return 0.1 * np.random.default_rng(0).standard_normal(num_samples)


def like(old: bytes) -> np.ndarray:
    """Noise as long as a recording."""
    return noise(soundfile.info(io.BytesIO(old)).frames)


def wav(samples: np.ndarray, rate: int = SAMPLE_RATE, **options) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, **{"format": "WAV", **options})
    return stream.getvalue()


def floats(samples: np.ndarray) -> bytes:
    return wav(samples.astype("float32"), subtype="FLOAT")


def in_the_middle(old: bytes, value: float) -> bytes:
    samples = like(old)
    samples[len(samples) // 2] = value
    return floats(samples)


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(1000) + content[middle + 1000 :]


def header(offset: int, value: int, size: int = 4) -> Callable[[bytes], bytes]:
    """Write a number into the header of a WAV."""
    return lambda old: old[:offset] + value.to_bytes(size, "little") + old[offset + size :]


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda old: b"",
    "text": lambda old: b"this is text\n" * 100,
    "random": lambda old: np.random.default_rng(0).bytes(100000),
    "header-alone": lambda old: old[:44],
    "part-of-header": lambda old: old[:20],
    "half": half,
    "html": lambda old: b"<!DOCTYPE html><html>404</html>",
    "no-sample": lambda old: wav(noise(0)),
    "one-sample": lambda old: wav(noise(1)),
    "shorter-than-a-window": lambda old: wav(noise(300)),
    "shorter-than-a-chunk": lambda old: wav(noise(SAMPLE_RATE // 2)),
    "nan": lambda old: floats(np.nan * like(old)),
    "nan-in-the-middle": lambda old: in_the_middle(old, np.nan),
    "inf-in-the-middle": lambda old: in_the_middle(old, np.inf),
    "1e30": lambda old: floats(1e30 + 0 * like(old)),
    "1e30-noise": lambda old: floats(1e31 * like(old)),
    "damaged-flac": lambda old: damaged(wav(like(old), format="FLAC")),
    "half-of-flac": lambda old: half(wav(like(old), format="FLAC")),
    "half-of-ogg": lambda old: half(wav(like(old), format="OGG")),
    "no-rate": header(24, 0),
    "no-channel": header(22, 0, 2),
    "no-bits": header(34, 0, 2),
    "many-channels": header(22, 60000, 2),
}

# `protocols check` decodes the end of each recording alone
UNSEEN = ("nan-in-the-middle", "inf-in-the-middle", "1e30", "1e30-noise", "damaged-flac")

WHOLE: dict[str, Callable[[bytes], bytes]] = {
    "stereo": lambda old: wav(np.stack([like(old)] * 2, axis=1)),
    "11025": lambda old: wav(noise(round(len(like(old)) * 11025 / SAMPLE_RATE)), 11025),
    "8-bits": lambda old: wav(like(old), subtype="PCM_U8"),
    "silence": lambda old: wav(0 * like(old)),
    "flac": lambda old: wav(like(old), format="FLAC"),
    "ogg": lambda old: wav(like(old), format="OGG"),
    "mp3": lambda old: wav(like(old), format="MP3"),
    "float": lambda old: floats(like(old)),
}


def rewritten(path: str, new: Callable[[bytes], bytes]) -> Change:
    def change(folder: Path) -> None:
        file = folder / path
        file.write_bytes(new(file.read_bytes()))

    return change


def broken_files(path: str) -> Iterator[tuple[str, Change]]:
    for name, new in BROKEN.items():
        yield name, rewritten(path, new)
    yield "directory", replace_by_directory(path)
    yield "missing", remove(path)
    yield "broken-link", broken_link(path)


def cases() -> Iterator[Case]:
    for application, recordings in RECORDINGS.items():
        for command, recording in recordings.items():
            step = 2 if application == "emb" else 1
            for name, change in list(broken_files(f"corpus/{recording}.wav"))[::step]:
                if command != "check" or name not in UNSEEN:
                    yield from combine("audio", [(name, change)], [command], [application])
    for name, new in WHOLE.items():
        change = rewritten("corpus/test0.wav", new)
        yield from combine("audio", [(name, change)], ["apply"], ["sad"], "any")
