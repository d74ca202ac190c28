"""YAML files, read strictly."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import yaml

# aliases make a file this many times as large at most
MAX_EXPANSION = 10

MAX_INTEGER = 2**63

# of lists and mappings in brackets, which take PyYAML the square of it
MAX_DEPTH = 50


class _Mistake(yaml.MarkedYAMLError):
    """What YAML allows, and files of ours do not."""


class _Loader(yaml.SafeLoader):
    """No name twice in a mapping, no number that is not finite or takes more than 64 bits.

    Numbers are YAML 1.2's: PyYAML 6 follows YAML 1.1, and takes 1e-3 and 1.5e3 for text.
    """

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        if node is not None:
            sizes: dict[int, int] = {}
            if _size(node, sizes) > MAX_EXPANSION * (len(sizes) + 100):
                raise _mistake(node, "aliases make it too large")
        return node

    def fetch_flow_collection_start(self, kind: type) -> None:
        super().fetch_flow_collection_start(kind)
        if self.flow_level > MAX_DEPTH:
            raise _Mistake(problem="nested too deeply", problem_mark=self.get_mark())

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
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

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not valid YAML, names something twice, or holds a number that is not finite. The
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
        raise ValueError(f"{path}: line {error.problem_mark.line + 1}: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}:" if mark else ""
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ValueError(f"{path}:{where} not valid YAML ({problem[:200]})") from None


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """Number of values of a node, aliases written out.

    Parameters
    ----------
    node : Node
    sizes : dict
        By identity of nodes; 0 for nodes around this one. Updated.
    """
    if id(node) in sizes:
        if not sizes[id(node)]:
            raise _mistake(node, "an alias of what it is part of")
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
