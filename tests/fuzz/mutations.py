"""Files with bytes changed at random, by seeds."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from tests.fuzz.case import Case, combine
from tests.fuzz.yaml_files import rewrite

TOKENS = (
    b"nan",
    b"-1",
    b"1e999",
    b"[]",
    b"{",
    b"}",
    b": ",
    b"\t",
    b"\n",
    b"\0",
    b"\xff",
    b"'",
    b"&a",
)

# files, the command that reads each, and how many seeds
FILES = {
    "*/config.yml": ("train", 20),
    "corpus/database.yml": ("train", 20),
    "corpus/test.rttm": ("apply", 12),
    "corpus/test.uem": ("apply", 12),
    "corpus/test.lst": ("apply", 8),
    "corpus/test0.wav": ("apply", 12),
    "experiment/train/*/validate_*/*/params.yml": ("apply", 12),
    "experiment/train/*/specs.yml": ("resume", 8),
    "experiment/train/*/weights/0001.ckpt": ("apply", 12),
}


def mutated(seed: int) -> Callable[[bytes], bytes]:
    """A function that changes one to three places of a file."""

    def change(content: bytes) -> bytes:
        rng = random.Random(seed)
        for _ in range(rng.randint(1, 3)):
            start = rng.randrange(len(content) + 1)
            end = start + rng.choice((0, 0, 1, 5, 20))
            new = rng.choice((b"", rng.choice(TOKENS), rng.randbytes(1), content[start:end] * 2))
            content = content[:start] + new + content[end:]
        return content

    return change


def cases() -> Iterator[Case]:
    for path, (command, seeds) in FILES.items():
        name = path.rpartition("/")[2]
        changes = [(f"{name}-{seed}", rewrite(path, mutated(seed))) for seed in range(seeds)]
        yield from combine("mutation", changes, [command], ["sad"], "any")
