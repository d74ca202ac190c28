"""Replacement of the `pyannote-audio` launcher by one that has the commands of this package too."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from pyannote_strf.files import atomic_write

MARK = "# written by `pyannote-strf plug`"

# `#!` supports neither spaces nor long paths: sh starts the interpreter, which reads a string here
SCRIPT = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
{mark}
import sys

try:
    from pyannote_strf.cli.plugged import main
except ModuleNotFoundError as error:
    if error.name != "pyannote_strf":
        raise
    from pyannote.audio.__main__ import app as main

if __name__ == "__main__":
    sys.exit(main())
"""


def plug(folder: Path | None = None) -> Path:
    """Replace the launcher, and keep the original beside it.

    Parameters
    ----------
    folder : Path, optional
        Folder of the scripts of the environment. Defaults to the environment of this interpreter.

    Returns
    -------
    launcher : Path

    Raises
    ------
    ValueError
        If the launcher does not exist.
    """
    launcher, backup = _paths(folder)
    if not launcher.is_file():
        raise ValueError(f"{launcher}: no such launcher; is pyannote.audio installed here?")
    if _is_ours(launcher):
        return launcher
    with atomic_write(backup) as temporary:
        temporary.write_bytes(launcher.read_bytes())
        temporary.chmod(launcher.stat().st_mode)
    with atomic_write(launcher) as temporary:
        temporary.write_text(SCRIPT.format(python=sys.executable, mark=MARK))
        temporary.chmod(backup.stat().st_mode)
    return launcher


def unplug(folder: Path | None = None) -> Path:
    """Restore the original launcher.

    If pyannote.audio was reinstalled in the meantime, its launcher is kept.

    Parameters
    ----------
    folder : Path, optional
        See :func:`plug`.

    Returns
    -------
    launcher : Path

    Raises
    ------
    ValueError
        If the launcher was not replaced.
    """
    launcher, backup = _paths(folder)
    if not backup.is_file():
        raise ValueError(f"{launcher}: not plugged, nothing to undo")
    if launcher.is_file() and not _is_ours(launcher):
        backup.unlink()
    else:
        backup.replace(launcher)
    return launcher


def _paths(folder: Path | None) -> tuple[Path, Path]:
    launcher = (folder or Path(sysconfig.get_path("scripts"))) / "pyannote-audio"
    return launcher, launcher.with_name("pyannote-audio.upstream")


def _is_ours(launcher: Path) -> bool:
    return MARK.encode() in launcher.read_bytes()
