from pyannote.audio import Model


def same_frames(one: Model, other: Model) -> bool:
    """Whether frames of two models lie at the same places."""
    frames = [model.receptive_field for model in (one, other)]
    return len({(frame.start, frame.duration, frame.step) for frame in frames}) == 1
