"""Kinds of spectrogram."""
