"""What tests, and processes they start, find in the place of torchcodec: it does not load without FFmpeg."""

raise RuntimeError("Could not load libtorchcodec: tests run as on a machine without FFmpeg")
