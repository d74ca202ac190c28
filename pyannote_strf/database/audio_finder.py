"""Search for the audio of recordings in many folders."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyannote.database import FileFinder


class AudioFinder(FileFinder):
    """Find the audio of recordings, with one listing of each folder.

    Databases may name several folders, such as the 19 of SONYC-UST. The class of pyannote.database
    asks for a file in every folder, for each recording.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "a.wav").touch()
    >>> sources = {"Birds": [f"{folder}/old/{{uri}}.wav", f"{folder}/{{uri}}.wav"]}
    >>> finder = AudioFinder(SimpleNamespace(sources=sources))
    >>> finder({"uri": "a", "database": "Birds"}) == folder / "a.wav"
    True
    """

    def __init__(self, registry: Any = None) -> None:
        super().__init__(registry)
        self._names: dict[str, frozenset[str]] = {}

    def __call__(self, current_file: Mapping[str, Any]) -> Path:
        """Return the path of the audio of a recording.

        Raises
        ------
        FileNotFoundError
            If there is none, or several.
        """
        templates = self.registry.sources[current_file["database"]]
        if not isinstance(templates, str) and len(templates) > 1:
            keys = {key: current_file[key] for key in ("uri", "database")}
            paths = [template.format(**keys) for template in templates]
            if not any("*" in path for path in paths):
                places = map(os.path.split, paths)
                found = [
                    path
                    for path, (folder, name) in zip(paths, places)
                    if name in self._listed(folder)
                ]
                if len(set(found)) == 1:
                    return Path(found[0])
        return super().__call__(current_file)  # type: ignore[arg-type]

    def _listed(self, folder: str) -> frozenset[str]:
        """Return the names of the files in a folder."""
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(os.listdir(folder or os.curdir))
            except OSError:
                self._names[folder] = frozenset()
        return self._names[folder]
