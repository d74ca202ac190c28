"""Strict YAML reader."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import yaml

# largest factor by which aliases may expand a file
MAX_EXPANSION = 10

MAX_INTEGER = 2**63

# largest depth of lists and mappings in brackets (PyYAML takes time quadratic in it)
MAX_DEPTH = 50


class _Mistake(yaml.MarkedYAMLError):
    """Valid YAML that this reader does not accept."""


class _Loader(yaml.SafeLoader):
    """Loader that rejects duplicate keys, numbers that are not finite, and integers over 64 bits.

    Numbers follow YAML 1.2. PyYAML 6 follows YAML 1.1, which reads 1e-3 and 1.5e3 as text.
    """

    def get_single_node(self) -> yaml.Node | None:
        """Return the document, after a check of its keys and its expanded size."""
        node = super().get_single_node()
        if node is not None:
            sizes: dict[int, int] = {}
            if _size(node, sizes) > MAX_EXPANSION * (len(sizes) + 100):
                raise _mistake(node, "aliases make it too large")
        return node

    def fetch_flow_collection_start(self, kind: type) -> None:
        """Start a list or mapping in brackets, after a check of its depth."""
        super().fetch_flow_collection_start(kind)
        if self.flow_level > MAX_DEPTH:
            raise _Mistake(problem="nested too deeply", problem_mark=self.get_mark())

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        """Construct a number, after a check of its range."""
        is_float = node.tag.endswith("float")
        try:
            number = (self.construct_yaml_float if is_float else self.construct_yaml_int)(node)
        except ValueError:
            raise _mistake(node, "not a number, or one of too many digits") from None
        if not math.isfinite(number) if is_float else abs(number) >= MAX_INTEGER:
            raise _mistake(node, "not a finite number" if is_float else "too large a number")
        return number


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+$"),
    list("-+.0123456789"),
)
for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_number)


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    content : object

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is not valid YAML, has duplicate keys, or holds a number that is not finite. The
        message names the file and the line.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not text in UTF-8") from None
    except RecursionError:
        raise ValueError(f"{path}: nested too deeply") from None
    except (LookupError, TypeError, AttributeError, ArithmeticError):
        raise ValueError(f"{path}: a value does not match its tag") from None
    except _Mistake as error:
        raise ValueError(f"{path}:{_line(error)} {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        where = _line(error)
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ValueError(f"{path}:{where} not valid YAML ({problem[:200]})") from None


def _line(error: Exception) -> str:
    """Return the line of an error, if known."""
    mark = getattr(error, "problem_mark", None)
    return f" line {mark.line + 1}:" if mark else ""


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """Return the number of values of a node with its aliases expanded.

    Parameters
    ----------
    node : Node
    sizes : dict
        Sizes of known nodes by their `id`, 0 for the nodes that contain this one. Updated.
    """
    if id(node) in sizes:
        if not sizes[id(node)]:
            raise _mistake(node, "an alias of the node that contains it")
        return sizes[id(node)]
    sizes[id(node)] = 0
    children = node.value if isinstance(node, yaml.CollectionNode) else []
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, _ in children:
            if not isinstance(key, yaml.ScalarNode):
                raise _mistake(key, "expected a name")
            if key.value in seen:
                raise _mistake(key, f"{key.value[:50]!r} is given twice")
            seen.add(key.value)
        children = [part for pair in children for part in pair]
    size = 1 + sum(_size(child, sizes) for child in children)
    sizes[id(node)] = size
    return size


def _mistake(node: yaml.Node, problem: str) -> _Mistake:
    return _Mistake(problem=problem, problem_mark=node.start_mark)
