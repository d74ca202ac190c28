"""Griffe extension: show Sphinx roles such as :class:`~torch.nn.LSTM` as links or code.

A role becomes a link if the reference documents its target.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

ROLE = re.compile(r":(?:class|func|meth|mod|data|attr):`(~?)([\w.]+)`")


class Roles(Extension):
    """Replace the Sphinx roles of every docstring."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = ROLE.sub(_link, obj.docstring.value)


def _link(match: re.Match[str]) -> str:
    """HTML of one role: the last part of the name after `~`, the whole name otherwise."""
    short, target = match.groups()
    shown = target.rpartition(".")[2] if short else target
    return f'<autoref optional identifier="{target}"><code>{shown}</code></autoref>'
