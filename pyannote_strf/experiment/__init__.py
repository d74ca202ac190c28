"""One experiment directory: its configuration, training, and resuming."""
