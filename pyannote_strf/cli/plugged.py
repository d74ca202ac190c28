"""The `pyannote-audio` command after `pyannote-strf plug`: our commands and upstream's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import typer
import yaml
from typer.core import TyperGroup

from pyannote_strf.cli import main as ours
from pyannote_strf.cli.flags import Group


class WithUpstreamCommands(Group):
    """Group of our commands and those of upstream, which are slow to import."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [*super().list_commands(ctx), *_upstream().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command of ours, or of upstream."""
        return super().get_command(ctx, cmd_name) or _upstream().get_command(ctx, cmd_name)


def _upstream() -> TyperGroup:
    """Import the commands of upstream, with a check of the pipelines that they are given."""
    from pyannote.audio import Pipeline
    from pyannote.audio import __main__ as upstream

    import pyannote_strf.compat.typer_exit  # noqa: F401

    class CheckedPipeline(Pipeline):
        @classmethod
        def from_pretrained(cls, checkpoint: Any, *args: Any, **options: Any) -> Pipeline | None:
            check_pipeline(Path(checkpoint))
            return Pipeline.from_pretrained(checkpoint, *args, **options)

    upstream.Pipeline = CheckedPipeline  # type: ignore[misc]
    return cast(TyperGroup, typer.main.get_command(upstream.app))


def check_pipeline(path: Path) -> None:
    """Check the pipeline argument of an upstream command.

    Parameters
    ----------
    path : Path
        A `config.yaml`, a folder that holds one, or a name on the Hugging Face hub.

    Raises
    ------
    ValueError
        If it is none of these.
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
            f"{path}: does not exist; give a config.yaml, or a name on the Hugging Face hub"
        )


def main() -> None:
    """Run a command of ours or of upstream. Errors of both are reported in one line."""
    names = {command.name for command in ours.app.registered_commands}
    names |= {group.name for group in ours.app.registered_groups}
    if names & set(sys.argv[1:2]):
        ours.main()
        return
    if len(sys.argv) > 1:
        from pyannote_strf.protocols import load

        load()
    ours.app.info.cls = WithUpstreamCommands
    if "--debug" in sys.argv:
        # commands of upstream have no such option
        sys.argv.remove("--debug")
        ours.app()
    else:
        ours.main()
