"""YAML files that are no configuration, whatever a configuration is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.fuzz.case import Change

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
MAPPING_BOMB = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{{', '.join(f'k{k}: *a{n - 1}' for k in range(10))}}}\n" for n in range(1, 10)
)


def edit(path: str, where: str, value: Any) -> Change:
    """Set a value of a YAML file, e.g. at "task.params.duration". Parts of digits are indices."""

    def change(folder: Path) -> None:
        file = next(iter(folder.glob(path)))
        content = yaml.safe_load(file.read_text())
        *parents, last = (int(part) if part.isdigit() else part for part in where.split("."))
        inner = content
        for parent in parents:
            if isinstance(inner, dict):
                inner.setdefault(parent, {})
            inner = inner[parent]
        if value is MISSING:
            del inner[last]
        else:
            inner[last] = value
        file.write_text(yaml.safe_dump(content, sort_keys=False))

    return change


MISSING = object()


def rewrite(path: str, new: Callable[[bytes], bytes]) -> Change:
    """Rewrite a file."""

    def change(folder: Path) -> None:
        for file in folder.glob(path):
            file.write_bytes(new(file.read_bytes()))

    return change


def replace_by_directory(path: str) -> Change:
    def change(folder: Path) -> None:
        for file in folder.glob(path):
            file.unlink()
            file.mkdir()

    return change


def remove(path: str) -> Change:
    def change(folder: Path) -> None:
        for file in folder.glob(path):
            file.unlink()

    return change


def broken_link(path: str) -> Change:
    def change(folder: Path) -> None:
        for file in folder.glob(path):
            file.unlink()
            os.symlink("nowhere", file)

    return change


def broken_files(path: str) -> Iterator[tuple[str, Change]]:
    """What is wrong with any YAML file."""
    contents = {
        "empty": b"",
        "comment": b"# nothing\n",
        "list": b"- task\n- architecture\n",
        "text": b"hello\n",
        "number": b"42\n",
        "long-number": b"9" * 6000 + b"\n",
        "nan": b".nan\n",
        "nul": b"\0\0\0\0",
        "binary": bytes(range(256)),
        "unclosed": b"task: [1, 2\n",
        "unclosed-quote": b'task: "abc\n',
        "bad-escape": b'task: "\\q"\n',
        "python-tag": b"!!python/object/apply:os.getcwd []\n",
        "unknown-tag": b"!thing {a: 1}\n",
        "unknown-alias": b"task: *nowhere\n",
        "documents": b"a: 1\n---\nb: 2\n",
        "bomb": BOMB.encode(),
        "mapping-bomb": MAPPING_BOMB.encode(),
        "deep-list": b"task: " + b"[" * 20000,
        "deep-mapping": b"task: " + b"{a: " * 5000 + b"1" + b"}" * 5000,
        "recursive": b"task: &t [*t]\n",
        "unhashable-key": b"? [a, b]\n: 1\n",
    }
    for name, content in contents.items():
        yield name, rewrite(path, lambda _, content=content: content)
    appended = {
        "with-non-utf8": b"\n# caf\xe9\n",
        "with-nul": b"\n# \0\n",
        "with-tab": b"\n\tname: x\n",
        "with-indent": b"\n wrong: x\n",
    }
    for name, content in appended.items():
        yield name, rewrite(path, lambda old, content=content: old + content)
    yield "truncated", rewrite(path, lambda old: old[: len(old) // 3])
    yield "directory", replace_by_directory(path)
    yield "missing", remove(path)
    yield "broken-link", broken_link(path)


def unknown_keys(path: str) -> Iterator[tuple[str, Change]]:
    """Keys that nobody knows, and large values under them."""
    bomb = b"".join(b"  " + line + b"\n" for line in BOMB.encode().splitlines())
    appended = {
        "unknown-key": b"\nunknown: 1\n",
        "number-key": b"\n3: 1\n",
        "null-key": b"\nnull: 1\n",
        "list-key": b"\n? [a]\n: 1\n",
        "long-key": b"\n" + b"k" * 1000 + b": 1\n",
        "bomb-below": b"\nbomb:\n" + bomb,
    }
    for name, content in appended.items():
        yield name, rewrite(path, lambda old, content=content: old + content)


def whole_files(path: str) -> Iterator[tuple[str, Change]]:
    """Encodings and layouts that change nothing."""
    yield "bom", rewrite(path, lambda old: b"\xef\xbb\xbf" + old)
    yield "crlf", rewrite(path, lambda old: old.replace(b"\n", b"\r\n"))
    yield "comments", rewrite(path, lambda old: "# café\n\n".encode() + old + b"\n\n# end")
    yield "start-and-end", rewrite(path, lambda old: b"---\n" + old + b"...\n")
