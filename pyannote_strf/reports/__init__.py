"""Reports on corpora and on the filters of trained models."""
