"""`pyannote-audio`, once plugged: our commands, and upstream's."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
import yaml
from typer.core import TyperGroup

from pyannote_strf.cli import main as ours
from pyannote_strf.cli.flags import Group


class WithUpstreamCommands(Group):
    """Our commands, and those of upstream, which take seconds to import."""

    def list_commands(self, ctx):
        return [*super().list_commands(ctx), *_upstream().list_commands(ctx)]

    def get_command(self, ctx, cmd_name):
        return super().get_command(ctx, cmd_name) or _upstream().get_command(ctx, cmd_name)


def _upstream() -> TyperGroup:
    from pyannote.audio import Pipeline
    from pyannote.audio import __main__ as upstream

    import pyannote_strf.compat.typer_exit  # noqa: F401

    class CheckedPipeline(Pipeline):
        @classmethod
        def from_pretrained(cls, checkpoint: str | Path, **options) -> Pipeline | None:
            check_pipeline(Path(checkpoint))
            return Pipeline.from_pretrained(checkpoint, **options)

    upstream.Pipeline = CheckedPipeline
    return typer.main.get_command(upstream.app)


def check_pipeline(path: Path) -> None:
    """Check what upstream's commands are given for a pipeline: a file, a folder, or a name.

    Raises
    ------
    ValueError
        If it is neither a `config.yaml` that names a pipeline, nor a folder that holds one, nor may be
        a name of the Hugging Face hub.
    """
    if path.is_dir():
        path = path / "config.yaml"
    if path.is_file():
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            if isinstance(content["pipeline"]["name"], str):
                return
        except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
            pass
        raise ValueError(
            f"{path}: not a pipeline; give a config.yaml with `pipeline: {{name: ...}}`"
        )
    if len(path.parts) != 2 or path.is_absolute() or path.suffix in (".yaml", ".yml"):
        raise ValueError(
            f"{path}: does not exist; give a config.yaml, or a name of the Hugging Face hub"
        )


def main() -> None:
    """Run a command of ours or of upstream. A user's mistake ends both with one line."""
    known = {
        command.name for command in (*ours.app.registered_commands, *ours.app.registered_groups)
    }
    if known & set(sys.argv[1:2]):
        ours.main()
        return
    if len(sys.argv) > 1:
        from pyannote_strf.protocols import load

        load()
    ours.app.info.cls = WithUpstreamCommands
    if "--debug" in sys.argv:
        # which commands of upstream do not know
        sys.argv.remove("--debug")
        ours.app()
    else:
        ours.main()
