"""Protocols and their files: listing, reading, checking and counting."""

import sys

from pyannote_strf.database.database_yml import default_files, read_database_yml

# pyannote.database reads these as soon as it is imported, and does not say what is wrong with which
if "pyannote.database" not in sys.modules:
    for path in default_files():
        read_database_yml(path)
