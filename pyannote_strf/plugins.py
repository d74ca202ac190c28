"""Lookup of classes by name: plug-ins, entry points and dotted paths."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from pyannote_strf.messages import describe, did_you_mean

# entry point groups
GROUPS = (
    "pyannote_strf.applications",
    "pyannote_strf.frontends",
    "pyannote_strf.spectrograms",
    "pyannote_strf.callbacks",
    "pyannote.audio.models",
    "pyannote.audio.tasks",
    "pyannote.audio.pipelines",
)
# libraries whose classes may always be named in files
LIBRARIES = ("pyannote.audio", "torch", "torch_audiomentations", "lightning.pytorch")

DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")

OUTSIDE = "which is outside pyannote.audio, torch and installed plug-ins"
REMEDY = "add --trust if you trust its origin"

# plug-ins registered at run time, by group and name
_REGISTERED: dict[tuple[str, str], type] = {}


class UnknownName(ValueError):
    """A name is not registered, and does not exist in the default module."""


@cache
def known_packages() -> tuple[str, ...]:
    """Return the packages that files may name classes of.

    These are the libraries that this package builds on, and packages that registered a plug-in, on
    installation or in this process.
    """
    modules = [entry.module for group in GROUPS for entry in entry_points(group=group)]
    modules += [cls.__module__ for cls in _REGISTERED.values()]
    found = set(LIBRARIES)
    for module in modules:
        first, *others = module.split(".")
        # `pyannote` is a namespace package, which any distribution may extend
        found.add(".".join([first, *others[:1]]) if first == "pyannote" else first)
    return tuple(sorted(found))


def is_part(module: str, packages: Sequence[str]) -> bool:
    """Return whether a module is one of these packages, or inside one of them.

    >>> is_part("torch.optim", ["torch"]), is_part("torchless", ["torch"])
    (True, False)
    """
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


def unknown_names(options: Any) -> Iterator[str]:
    """Iterate over dotted names, in nested options, of modules outside known packages.

    >>> list(unknown_names({"frontend": {"name": "os.system"}, "optimizer": ["torch.optim.SGD"]}))
    ['os.system']
    """
    if isinstance(options, str):
        if DOTTED.fullmatch(options) and not is_part(options.rpartition(".")[0], known_packages()):
            yield options
    elif isinstance(options, dict):
        for value in options.values():
            yield from unknown_names(value)
    elif isinstance(options, list | tuple):
        for value in options:
            yield from unknown_names(value)


def register(group: str, name: str, cls: type) -> None:
    """Register a plug-in in this process.

    Data loading workers need no registration: they unpickle tasks and models, whose classes pickle
    imports from their modules.

    Parameters
    ----------
    group : str
        Entry point group, e.g. "pyannote_strf.frontends".
    name : str
        Name of the plug-in.
    cls : type

    Raises
    ------
    ValueError
        If the group does not exist, or another class has that name.

    Examples
    --------
    >>> from torch import nn
    >>> register("pyannote_strf.frontends", "mel", nn.Identity)
    Traceback (most recent call last):
    ...
    ValueError: pyannote_strf.frontends: 'mel' is already pyannote_strf.frontends.mel.Mel
    """
    if group not in GROUPS:
        raise ValueError(f"group {group!r} does not exist, valid options: {', '.join(GROUPS)}")
    if name in registered(group):
        found = load_plugin(group, name, group)
        if found is not cls:
            raise ValueError(
                f"{group}: {name!r} is already {found.__module__}.{found.__qualname__}"
            )
    _REGISTERED[group, name] = cls
    known_packages.cache_clear()


def registered(group: str) -> list[str]:
    """Return the names of all plug-ins of a group, sorted."""
    installed = {entry.name for entry in entry_points(group=group)}
    return sorted(installed | {name for of_group, name in _REGISTERED if of_group == group})


def load_class(
    name: str,
    default_module: str,
    base: type = object,
    packages: Sequence[str] | None = None,
) -> type:
    """Load a class by its dotted path, or by its name in a default module.

    Parameters
    ----------
    name : str
        Dotted path or name of the class.
    default_module : str
        Module of names without dots.
    base : type, optional
        Required base class. Defaults to any class.
    packages : sequence of str, optional
        Packages that a dotted path may lead to. Others are not imported. Defaults to any package.

    Returns
    -------
    cls : type

    Raises
    ------
    ValueError
        If the class does not exist, is not a subclass of `base`, or is outside `packages`.

    Examples
    --------
    >>> load_class("SGD", "torch.optim").__name__
    'SGD'
    >>> load_class("os.system", "torch.optim", packages=["torch"])
    Traceback (most recent call last):
    ...
    ValueError: os.system is not part of torch; add --trust if you trust its origin
    """
    module, _, attribute = name.rpartition(".")
    if module and packages is not None and not is_part(module, packages):
        raise ValueError(f"{name} is not part of {', '.join(packages)}; {REMEDY}")
    try:
        found = getattr(import_module(module or default_module), attribute)
    except ModuleNotFoundError as error:
        # if a module of the path itself is missing, the name is unknown
        if not f"{module}.".startswith(f"{error.name}."):
            raise ValueError(f"{name}: cannot be imported ({error})") from error
    except (AttributeError, ValueError):
        pass
    except Exception as error:
        # a module may do anything when it is imported
        raise ValueError(f"{name}: cannot be imported ({describe(error)})") from error
    else:
        return _checked(found, name, base)
    raise _unknown_name(name, default_module, base)


def _checked(found: Any, name: str, base: type) -> type:
    """Return a class, after a check that it is a subclass of `base`."""
    if isinstance(found, type) and issubclass(found, base):
        return found
    kind = "class" if base is object else f"subclass of {base.__module__}.{base.__name__}"
    raise ValueError(f"{name} is not a {kind}")


def _unknown_name(
    name: str, module: str, base: type, registered: Sequence[str] = ()
) -> UnknownName:
    known = list(registered)
    if "." not in name:
        found = vars(import_module(module)).items()
        known += [key for key, cls in found if isinstance(cls, type) and issubclass(cls, base)]
    among = f", or one that is registered ({', '.join(registered)})" if registered else ""
    return UnknownName(
        f"unknown name {reprlib.repr(name)}: use a dotted path, a name in {module}{among}"
        f"{did_you_mean(name, known)}"
    )


def load_plugin(
    group: str,
    name: str,
    default_module: str,
    base: type = object,
    packages: Sequence[str] | None = None,
) -> type:
    """Load a class by its registered name, its dotted path, or its name in a default module.

    Parameters
    ----------
    group : str
        Entry point group.
    name : str
        Registered name, dotted path of a class, or its name in `default_module`.
    default_module, base, packages
        See :func:`load_class`.

    Returns
    -------
    cls : type

    Raises
    ------
    ValueError
        If the name is unknown (the message lists registered names), or the class cannot be
        imported or is not a subclass of `base`, or as :func:`load_class`.

    Examples
    --------
    >>> load_plugin("pyannote_strf.frontends", "mel", "pyannote_strf.frontends").__name__
    'Mel'
    """
    if (group, name) in _REGISTERED:
        return _checked(_REGISTERED[group, name], name, base)
    for entry in entry_points(group=group, name=name):
        try:
            found = entry.load()
        except Exception as error:
            # a module may do anything when it is imported
            raise ValueError(
                f"{name} ({entry.value}): cannot be imported ({describe(error)})"
            ) from error
        return _checked(found, name, base)
    try:
        return load_class(name, default_module, base, packages)
    except UnknownName:
        raise _unknown_name(name, default_module, base, registered(group)) from None
