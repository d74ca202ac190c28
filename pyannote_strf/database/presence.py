"""How many recordings of a protocol are there."""

from __future__ import annotations

from dataclasses import dataclass

from pyannote.database import FileFinder

from pyannote_strf.database.definition import Definition

# recordings of a list that are looked for, spread over it
MOST = 2_000


@dataclass(frozen=True)
class Presence:
    """Number of recordings that are there.

    Attributes
    ----------
    present : int
        An estimate, unless `exact`.
    total : int
    exact : bool
        Whether every recording was looked for.
    reason : str
        Why the first that is missing is. Empty if none is.
    """

    present: int
    total: int
    exact: bool = True
    reason: str = ""

    def __add__(self, other: Presence) -> Presence:
        return Presence(
            self.present + other.present,
            self.total + other.total,
            self.exact and other.exact,
            self.reason or other.reason,
        )

    def __str__(self) -> str:
        """
        >>> print(Presence(12, 170), Presence(0, 170), Presence(170, 170))
        12 of 170 no yes
        """
        if not self.present:
            return "no"
        if self.present == self.total:
            return "yes"
        return f"{'' if self.exact else 'about '}{self.present:,} of {self.total:,}"


def presence(definition: Definition) -> Presence:
    """Look for the audio of a subset, without opening it.

    Raises
    ------
    ValueError
        If its list of recordings is missing, empty or malformed.
    KeyError
        If nothing says where audio of its database is.
    """
    uris = definition.recordings()
    if not uris:
        raise ValueError(f"{definition.entries['uri']} is empty")
    step = max(1, len(uris) // MOST)
    sample = uris[::step]
    missing = [reason for uri in sample if (reason := why_missing(uri, definition))]
    present = round((1 - len(missing) / len(sample)) * len(uris))
    return Presence(present, len(uris), step == 1, next(iter(missing), ""))


def why_missing(uri: str, definition: Definition) -> str:
    """Say why the audio of a recording cannot be found. Empty if it can."""
    try:
        FileFinder()({"uri": uri, "database": definition.protocol.partition(".")[0]})
    except FileNotFoundError as error:
        return " ".join(str(error).split())
    return ""
