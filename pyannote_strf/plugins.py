"""Names to classes, through entry points."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points


def load_plugin(group: str, name: str, default_module: str | None = None) -> type:
    """Find what goes by a name.

    Parameters
    ----------
    group : str
        Entry point group, looked up first.
    name : str
        Registered name, or dotted path of a class.
    default_module : str, optional
        Where to look for a name that is neither.

    Raises
    ------
    ValueError
        If nothing goes by that name. The message lists what does.

    >>> load_plugin("pyannote_strf.frontends", "mel").__name__
    'Mel'
    """
    registered = {entry.name: entry for entry in entry_points(group=group)}
    if name in registered:
        return registered[name].load()
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module or default_module or ""), attribute)
    except (ImportError, AttributeError, ValueError):
        known = ", ".join(sorted(registered)) or "none"
        raise ValueError(
            f"unknown name {name!r}: use a dotted path, or one of those registered in "
            f"{group} ({known})"
        ) from None
