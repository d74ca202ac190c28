"""Replacement of torchcodec in tests and their subprocesses: it does not load without FFmpeg."""

raise RuntimeError("Could not load libtorchcodec: tests run as on a machine without FFmpeg")
