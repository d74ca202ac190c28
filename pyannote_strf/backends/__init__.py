"""Back-ends: images to features of frames or chunks."""
