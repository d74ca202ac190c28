"""Text files of a corpus, a line of which is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.fuzz.case import Case, Change, combine
from tests.fuzz.yaml_files import broken_link, remove, replace_by_directory, rewrite

NOT_TIMES = {
    "text": "abc",
    "comma": "1,5",
    "negative": "-1.0",
    "nan": "nan",
    "inf": "inf",
    "minus-inf": "-inf",
    "huge": "1e300",
    "beyond": "100.0",
}


def of_line(path: str, new: Callable[[list[str]], list[str]]) -> Change:
    """Change the fields of the first line."""

    def change(text: bytes) -> bytes:
        first, *others = text.decode().splitlines()
        return "\n".join([" ".join(new(first.split())), *others, ""]).encode()

    return rewrite(path, change)


def with_field(path: str, number: int, value: str) -> Change:
    return of_line(path, lambda fields: [*fields[:number], value, *fields[number + 1 :]])


def broken_files(path: str) -> Iterator[tuple[str, Change]]:
    """What is wrong with any text file."""
    yield "empty", rewrite(path, lambda old: b"")
    yield "blank", rewrite(path, lambda old: b"\n \n")
    yield "latin-1", rewrite(path, lambda old: old.replace(b"0", b"\xe9", 1))
    yield "utf-16", rewrite(path, lambda old: old.decode().encode("utf-16"))
    yield "binary", rewrite(path, lambda old: bytes(range(256)) * 4)
    yield (
        "nul",
        rewrite(path, lambda old: old.replace(b"0 ", b"0\0 ", 1).replace(b"0\n", b"0\0\n", 1)),
    )
    yield "long-line", rewrite(path, lambda old: b"x" * 10**6 + b"\n" + old)
    yield "yaml", rewrite(path, lambda old: b"uri: {a: 1}\n")
    yield "directory", replace_by_directory(path)
    yield "missing", remove(path)
    yield "broken-link", broken_link(path)


def whole_files(path: str) -> Iterator[tuple[str, Change]]:
    """Layouts that change nothing."""
    if not path.endswith(".lst"):
        yield "bom", rewrite(path, lambda old: b"\xef\xbb\xbf" + old)
    yield "crlf", rewrite(path, lambda old: old.replace(b"\n", b"\r\n"))
    if not path.endswith(".lst"):
        yield "blank-lines", rewrite(path, lambda old: b"\n" + old + b"\n\n")
        yield "tabs", rewrite(path, lambda old: old.replace(b" ", b"\t"))
    if path.endswith(".rttm"):
        others = b";; comment\nSPKR-INFO x 1 <NA> <NA> <NA> unknown A <NA> <NA>\n"
        yield "other-lines", rewrite(path, lambda old: others + old)


def rttm(path: str) -> Iterator[tuple[str, Change]]:
    for number, name in ((3, "start"), (4, "duration")):
        for value_name, value in NOT_TIMES.items():
            yield f"{name}={value_name}", with_field(path, number, value)
    for count in (1, 3, 5, 7):
        yield f"{count}-columns", of_line(path, lambda fields, count=count: fields[:count])
    yield "lower-case", with_field(path, 0, "speaker")
    yield from broken_files(path)


def uem(path: str) -> Iterator[tuple[str, Change]]:
    for number, name in ((2, "start"), (3, "end")):
        for value_name, value in NOT_TIMES.items():
            yield f"{name}={value_name}", with_field(path, number, value)
    for count in (1, 3):
        yield f"{count}-columns", of_line(path, lambda fields, count=count: fields[:count])
    yield "5-columns", of_line(path, lambda fields: [*fields, "x"])
    yield from broken_files(path)


def lists(path: str) -> Iterator[tuple[str, Change]]:
    yield "unknown", rewrite(path, lambda old: old + b"nowhere\n")
    yield "twice", rewrite(path, lambda old: old + old)
    yield "two-columns", of_line(path, lambda fields: [*fields, "x"])
    yield "leads-out", rewrite(path, lambda old: old + b"../stolen\n")
    yield "placeholder", rewrite(path, lambda old: old + b"{uri}\n")
    yield from broken_files(path)


def trials(path: str) -> Iterator[tuple[str, Change]]:
    for name, value in {"two": "2", "text": "x", "fraction": "1.0", "negative": "-1"}.items():
        yield f"reference={name}", with_field(path, 0, value)
    yield "unknown", with_field(path, 1, "nowhere")
    yield "2-columns", of_line(path, lambda fields: fields[:2])
    yield "4-columns", of_line(path, lambda fields: [*fields, "x"])
    for reference in (b"0", b"1"):
        yield (
            f"only-{reference.decode()}",
            rewrite(
                path,
                lambda old, kind=reference: b"".join(
                    line for line in old.splitlines(keepends=True) if line.startswith(kind)
                ),
            ),
        )
    yield from broken_files(path)


# subsets, and the command that reads each
READERS = {"train": "train", "development": "validate", "test": "apply"}


def cases() -> Iterator[Case]:
    for suffix, broken in (("rttm", rttm), ("uem", uem), ("lst", lists)):
        for subset, command in READERS.items():
            path = f"corpus/{subset}.{suffix}"
            # for validation, some of what the test subset is tried with
            step = 3 if subset == "development" else 1
            yield from combine(suffix, list(broken(path))[::step], [command], ["sad"])
        yield from combine(suffix, broken(f"corpus/train.{suffix}"), ["check"], ["sad"])
        # turns are not cut to what is annotated
        expected = "harmless" if suffix == "uem" else "error"
        some = list(broken(f"corpus/train.{suffix}"))[::2]
        yield from combine(suffix, some, ["train"], ["emb"], expected)
        path = f"corpus/test.{suffix}"
        yield from combine(suffix, whole_files(path), ["apply", "check"], ["sad"], "same")
    bom = [("bom", rewrite("corpus/test.lst", lambda old: b"\xef\xbb\xbf" + old))]
    yield from combine("lst", bom, ["apply"], ["sad"], "harmless")
    # where recordings of trials are cut
    yield from combine("uem", list(uem("corpus/test.uem"))[::2], ["apply"], ["emb"])
    # speakers that scores are normalised by
    yield from combine("rttm", list(rttm("corpus/train.rttm"))[::3], ["apply"], ["emb"])
    yield from combine("trials", trials("corpus/test.trial"), ["apply"], ["emb"])
    yield from combine("trials", trials("corpus/development.trial"), ["validate", "check"], ["emb"])
    yield from combine("trials", list(trials("corpus/development.trial"))[::3], ["train"], ["emb"])
    yield from combine("trials", whole_files("corpus/test.trial"), ["apply"], ["emb"], "same")
