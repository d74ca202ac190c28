from pyannote_strf.cli.main import main

main()
