"""Colours, marks and text of pictures."""

# colour-blind safe, after M. Okabe and K. Ito (2008)
BLUE, ORANGE, GREEN, GREY, LIGHT = "#0072B2", "#D55E00", "#009E73", "#555555", "#BBBBBB"

# colour and mark of each direction of filters
DIRECTIONS = {"falling": (ORANGE, "v"), "neither": (GREY, "o"), "rising": (BLUE, "^")}


def plain(text: str) -> str:
    """Escape text so that matplotlib does not read it as a formula.

    >>> print(plain("a$_$b"))
    a\\$_\\$b
    """
    return text.replace("$", r"\$")


def shorten(name: str, max_length: int) -> str:
    """Replace the middle of a name that is too long by an ellipsis.

    >>> shorten("strf-log-mel-seed0/0012", 11)
    'strf-…/0012'
    """
    if len(name) <= max_length:
        return name
    return f"{name[: (max_length - 1) // 2]}…{name[-(max_length // 2) :]}"
