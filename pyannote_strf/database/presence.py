"""Count of the recordings of a protocol that exist."""

from __future__ import annotations

from dataclasses import dataclass

from pyannote_strf.database.audio_finder import AudioFinder
from pyannote_strf.database.definition import Definition

# approximate number of recordings to look for, evenly spread over a list
SAMPLE_SIZE = 2_000


@dataclass(frozen=True)
class Presence:
    """Number of recordings that exist.

    Attributes
    ----------
    present : int
        Number of recordings that exist, an estimate unless `exact`.
    total : int
        Number of recordings.
    exact : bool
        Whether every recording was looked for.
    reason : str
        Reason why the first missing recording was not found. Empty if none is missing.
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
        """Return the count in words.

        >>> print(Presence(12, 170), Presence(0, 170), Presence(170, 170))
        12 of 170 no yes
        """
        if not self.present:
            return "no"
        if self.present == self.total:
            return "yes"
        return f"{'' if self.exact else 'about '}{self.present:,} of {self.total:,}"


def presence(definition: Definition) -> Presence:
    """Count the recordings of a subset that exist, without opening them.

    Raises
    ------
    ValueError
        If the list of recordings is missing, empty or malformed.
    KeyError
        If section `Databases` of `database.yml` does not name the database.
    """
    uris = definition.recordings()
    if not uris:
        raise ValueError(f"{definition.entries['uri']} is empty")
    step = max(1, len(uris) // SAMPLE_SIZE)
    sample = uris[::step]
    finder = AudioFinder()
    missing = [reason for uri in sample if (reason := why_missing(uri, definition, finder))]
    present = round((1 - len(missing) / len(sample)) * len(uris))
    return Presence(present, len(uris), step == 1, next(iter(missing), ""))


def why_missing(uri: str, definition: Definition, finder: AudioFinder) -> str:
    """Return the reason why a recording is not found, or an empty string if it is."""
    try:
        finder({"uri": uri, "database": definition.protocol.partition(".")[0]})
    except FileNotFoundError as error:
        return " ".join(str(error).split())
    return ""
