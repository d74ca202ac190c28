from pyannote.audio import Model


def same_frames(one: Model, other: Model) -> bool:
    """Return whether the frames of two models have the same start, duration and step."""
    frames = [model.receptive_field for model in (one, other)]
    return len({(frame.start, frame.duration, frame.step) for frame in frames}) == 1
