"""Audio files that users name: files, folders, patterns, and standard input."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path
from typing import Any, NamedTuple

from pyannote_strf.files import iter_files

# suffixes of audio files in folders; the last ones need FFmpeg
SUFFIXES = (
    *(".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64", ".sph"),
    *(".m4a", ".aac", ".wma"),
)
STANDARD_INPUT = "-"


class Source(NamedTuple):
    """An audio file, and the name of its output.

    Attributes
    ----------
    audio : Path or bytes
        Path, or content of a file.
    name : str
        Path of output files, without suffix, relative to the output directory.
    """

    audio: Path | bytes
    name: str

    def file(self, channel: int | None = None) -> dict[str, Any]:
        """Return the file as models and pipelines take it.

        Parameters
        ----------
        channel : int, optional
            Channel to read, counted from 0. Defaults to the mean of all channels.
        """
        audio = io.BytesIO(self.audio) if isinstance(self.audio, bytes) else self.audio
        file = {"audio": audio, "uri": self.name}
        return file if channel is None else {**file, "channel": channel}

    def describe(self) -> str:
        """Return the path, or "standard input"."""
        return "standard input" if isinstance(self.audio, bytes) else str(self.audio)


def find_sources(arguments: Iterable[str | Path]) -> list[Source]:
    """Find audio files, in the order of the arguments.

    Parameters
    ----------
    arguments : iterable of str or Path
        Each is a file; a folder, which is searched recursively; a pattern, such as
        `calls/**/*.wav`; or `-`, for the content of a WAV file on standard input.

    Returns
    -------
    sources : list of Source
        The name of the output of a file in a folder is its path below that folder.

    Raises
    ------
    ValueError
        If a file does not exist, or a folder or a pattern has no audio file.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "monday").mkdir()
    >>> (folder / "monday" / "call.wav").touch()
    >>> [source.name for source in find_sources([folder])]
    ['monday/call']
    """
    return [source for argument in arguments for source in _expand(str(argument))]


def distinct_outputs(sources: Iterable[Source], suffixes: Sequence[str]) -> list[Source]:
    """Return each file once, after a check that no two files have the same output.

    Parameters
    ----------
    sources : iterable of Source
    suffixes : sequence of str
        Suffixes of the output files of each.

    Raises
    ------
    ValueError
        If two files have an output of the same name.
    """
    sources = list(sources)
    found: dict[str, Source] = {}
    for source in sources:
        for suffix in suffixes:
            output = f"{source.name}{suffix}"
            other = found.setdefault(output, source)
            if other is not source and _identity(other) != _identity(source):
                raise ValueError(
                    f"{other.describe()} and {source.describe()} have the same output, {output}; "
                    "predict them into separate directories"
                )
    return list(dict.fromkeys(found[f"{source.name}{suffixes[0]}"] for source in sources))


def _identity(source: Source) -> Path | bytes:
    return source.audio if isinstance(source.audio, bytes) else source.audio.resolve()


def _expand(argument: str) -> Iterator[Source]:
    path = Path(argument)
    if not argument:
        raise ValueError("the name of a file or folder is empty; is a variable not set?")
    if argument == STANDARD_INPUT:
        yield Source(_standard_input(), "stdin")
    elif path.is_dir():
        found = [file for file in iter_files(path) if file.suffix.lower() in SUFFIXES]
        if not found:
            raise ValueError(f"{path}: no audio file found (suffixes: {' '.join(SUFFIXES)})")
        yield from _below(path, found)
    elif path.exists():
        yield Source(path, path.stem)
    elif has_magic(argument):
        matches = [Path(match) for match in sorted(glob(argument, recursive=True))]
        # one path of each file: links may lead to a folder above
        files: dict[Path, Path] = {}
        for match in filter(Path.is_file, matches):
            files.setdefault(match.resolve(), match)
        found = list(files.values())
        if not found:
            raise ValueError(f"{argument}: no file matches")
        fixed = path.parts[: next(i for i, part in enumerate(path.parts) if has_magic(part))]
        yield from _below(Path(*fixed), found)
    else:
        raise ValueError(f"{argument}: no such file or folder")


def _below(folder: Path, files: Sequence[Path]) -> Iterator[Source]:
    for file in files:
        yield Source(file, file.relative_to(folder).with_suffix("").as_posix())


def _standard_input() -> bytes:
    content = sys.stdin.buffer.read()
    if not content:
        raise ValueError("standard input is empty; pipe a WAV file into it")
    return content


def shard(sources: Sequence[Source], text: str) -> list[Source]:
    """Return the part of a list of files that one of several jobs processes.

    Parameters
    ----------
    sources : sequence of Source
    text : str
        `I/N`: number of this job, counted from 1, and number of jobs.

    Raises
    ------
    ValueError
        If the text is malformed.

    Examples
    --------
    >>> sources = [Source(Path(f"{name}.wav"), name) for name in "abcde"]
    >>> [source.name for source in shard(sources, "2/3")]
    ['b', 'e']
    """
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise ValueError(f"--shard must be I/N with 1 <= I <= N, e.g. 2/8, got {text!r}")
    return list(sources[int(number) - 1 :: int(count)])
