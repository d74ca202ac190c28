"""Names to classes."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points


def load_class(name: str, default_module: str) -> type:
    """Find a class by its dotted path, or by its name alone in a default module.

    Raises
    ------
    ValueError
        If there is none.

    >>> load_class("SGD", "torch.optim").__name__
    'SGD'
    """
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module or default_module), attribute)
    except ModuleNotFoundError as error:
        # a module of the path itself, or one that it fails to import?
        if not f"{module}.".startswith(f"{error.name}."):
            raise ValueError(f"{name}: cannot be imported ({error})") from error
    except (AttributeError, ValueError):
        pass
    raise ValueError(f"unknown name {name!r}: use a dotted path, or a name of {default_module}")


def load_plugin(group: str, name: str, default_module: str) -> type:
    """Find what is registered by a name; failing that, see :func:`load_class`.

    Parameters
    ----------
    group : str
        Entry point group.
    name : str
        Registered name, dotted path of a class, or its name alone in `default_module`.
    default_module : str

    Raises
    ------
    ValueError
        If nothing goes by that name. The message lists what is registered.

    >>> load_plugin("pyannote_strf.frontends", "mel", "pyannote_strf.frontends").__name__
    'Mel'
    """
    registered = {entry.name: entry for entry in entry_points(group=group)}
    if name in registered:
        return registered[name].load()
    try:
        return load_class(name, default_module)
    except ValueError as error:
        raise ValueError(
            f"{error}, or one that is registered ({', '.join(sorted(registered))})"
        ) from None
