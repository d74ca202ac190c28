"""Exit codes of upstream's commands.

Commands of pyannote.audio 4.0.7 end with `typer.exit`, which does not exist, instead of
`typer.Exit`. Importing this module adds `typer.exit`.

https://github.com/pyannote/pyannote-audio/blob/main/src/pyannote/audio/__main__.py
"""

from __future__ import annotations

import typer

typer.exit = typer.Exit  # type: ignore[attr-defined]
