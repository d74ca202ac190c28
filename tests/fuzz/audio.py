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


def noise(duration: float) -> np.ndarray:
    return 0.1 * np.random.default_rng(0).standard_normal(round(duration * SAMPLE_RATE))


def wav(samples: np.ndarray, rate: int = SAMPLE_RATE, **options) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, **{"format": "WAV", **options})
    return stream.getvalue()


def constant(value: float) -> bytes:
    return wav(np.full(8 * SAMPLE_RATE, value, dtype="float32"), subtype="FLOAT")


def one(value: float) -> bytes:
    samples = noise(8).astype("float32")
    samples[4 * SAMPLE_RATE :: 1000] = value
    return wav(samples, subtype="FLOAT")


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
    "half": lambda old: old[: len(old) // 2],
    "html": lambda old: b"<!DOCTYPE html><html>404</html>",
    "no-sample": lambda old: wav(np.zeros(0)),
    "one-sample": lambda old: wav(np.zeros(1)),
    "shorter-than-a-window": lambda old: wav(noise(0.02)),
    "shorter-than-a-chunk": lambda old: wav(noise(0.5)),
    "nan": lambda old: constant(np.nan),
    "nan-in-the-middle": lambda old: one(np.nan),
    "inf-in-the-middle": lambda old: one(np.inf),
    "1e30": lambda old: constant(1e30),
    "1e30-noise": lambda old: wav(1e31 * noise(8).astype("float32"), subtype="FLOAT"),
    "damaged-flac": lambda old: damaged(wav(noise(8), format="FLAC")),
    "half-of-flac": lambda old: (lambda flac: flac[: len(flac) // 2])(wav(noise(8), format="FLAC")),
    "half-of-ogg": lambda old: (lambda ogg: ogg[: len(ogg) // 2])(wav(noise(8), format="OGG")),
    "no-rate": header(24, 0),
    "no-channel": header(22, 0, 2),
    "no-bits": header(34, 0, 2),
    "many-channels": header(22, 60000, 2),
}

WHOLE: dict[str, Callable[[bytes], bytes]] = {
    "stereo": lambda old: wav(np.stack([noise(8), noise(8)], axis=1)),
    "22050": lambda old: wav(noise(8)[: 8 * 11025], 11025),
    "8-bits": lambda old: wav(noise(8), subtype="PCM_U8"),
    "silence": lambda old: wav(np.zeros(8 * SAMPLE_RATE)),
    "flac": lambda old: wav(noise(8), format="FLAC"),
    "ogg": lambda old: wav(noise(8), format="OGG"),
    "mp3": lambda old: wav(noise(8.2), format="MP3"),
    "float": lambda old: wav(noise(8), subtype="FLOAT"),
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
            path = f"corpus/{recording}.wav"
            yield from combine("audio", broken_files(path), [command], [application])
    for name, new in WHOLE.items():
        change = rewritten("corpus/test0.wav", new)
        yield from combine("audio", [(name, change)], ["apply"], ["sad"], "any")
