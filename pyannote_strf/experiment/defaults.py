"""Default options of training, in a module that `--help` imports quickly."""

FIRST_EPOCH = 0
LAST_EPOCH = 100
SEED = 0
