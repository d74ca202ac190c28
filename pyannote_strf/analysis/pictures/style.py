"""What pictures share."""

# colour-blind safe, after M. Okabe and K. Ito (2008)
BLUE, ORANGE, GREEN, GREY, LIGHT = "#0072B2", "#D55E00", "#009E73", "#555555", "#BBBBBB"

# colour and mark of each direction of filters
DIRECTIONS = {"falling": (ORANGE, "v"), "neither": (GREY, "o"), "rising": (BLUE, "^")}


def plain(text: str) -> str:
    """Text that matplotlib takes for no formula.

    >>> print(plain("a$_$b"))
    a\\$_\\$b
    """
    return text.replace("$", r"\$")


def shortened(name: str, most: int) -> str:
    """Leave out the middle of a name that has more letters than that.

    >>> shortened("strf-log-mel-seed0/0012", 11)
    'strf-…/0012'
    """
    return name if len(name) <= most else f"{name[: (most - 1) // 2]}…{name[-(most // 2) :]}"
