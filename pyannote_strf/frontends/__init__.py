"""Front-ends: waveforms to images of shape (batch, channel, band, frame)."""
