"""Protocols and their files: list, read, check and measure them."""

import sys

from pyannote_strf.database.database_yml import default_files, read_database_yml

# pyannote.database reads these files when it is imported, and its errors do not name the file
if "pyannote.database" not in sys.modules:
    for path in default_files():
        read_database_yml(path)
