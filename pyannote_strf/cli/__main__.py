"""Run the command with `python -m pyannote_strf.cli`."""

from pyannote_strf.cli.main import main

main()
