"""Exit codes of upstream's commands.

pyannote.audio 4.0.7 ends its commands by `typer.exit`, which does not exist: `typer.Exit` is meant.
Importing this module adds it.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/__main__.py
"""

from __future__ import annotations

import typer

typer.exit = typer.Exit
