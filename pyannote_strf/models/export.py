"""Trained models for other runtimes."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from pyannote.audio import Model
from pyannote.audio.core.task import Problem, Resolution
from torch.export import Dim

from pyannote_strf.files import atomic_write

# Of the example that is traced, in seconds: any other will do for the exported model, but LSTMs are
# traced step by step.
EXAMPLE_DURATION = 0.1


def export_onnx(model: Model, path: Path) -> None:
    """Write a model as ONNX, for any number of waveforms of any length.

    Its input `waveforms` is (batch, 1, sample). Its output is `scores`, (batch, frame, class) or, of
    whole waveforms, (batch, class); or `embeddings`, (batch, dimension). Metadata tell the sample rate
    (hertz), the classes of scores, and the duration and step of frames (seconds).

    Parameters
    ----------
    model : Model
    path : Path

    Raises
    ------
    ValueError
        If onnx and onnxscript are not installed.
    """
    try:
        from onnxscript.ir import Shape
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing: pip install 'pyannote-strf[export]'") from None
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)

    sample_rate = model.hparams.sample_rate
    example = torch.randn(2, 1, round(EXAMPLE_DURATION * sample_rate))
    # torch 2.11 traces upstream's LSTM in this way only, not by `torch.onnx.export` on its own
    program = torch.export.export(
        model.eval(),
        (example,),
        dynamic_shapes=({0: Dim.DYNAMIC, 2: Dim.DYNAMIC},),
        strict=False,
    )
    embeds = model.specifications.problem == Problem.REPRESENTATION
    has_frames = model.specifications.resolution == Resolution.FRAME
    exported = torch.onnx.export(
        program,
        dynamo=True,
        input_names=["waveforms"],
        output_names=["embeddings" if embeds else "scores"],
        verbose=False,
    )
    (waveforms,), (output,) = exported.model.graph.inputs, exported.model.graph.outputs
    waveforms.shape = Shape(["batch", 1, "sample"])
    shape = Shape(["batch", *(["frame"] if has_frames else []), output.shape[-1]])
    # upstream's LSTM is noted to have as many frames as in the example, though any will do
    for node in exported.model.graph:
        for value in node.outputs:
            value.shape = None
    output.shape = shape
    exported.model.metadata_props["sample_rate"] = str(sample_rate)
    if not embeds:
        exported.model.metadata_props["classes"] = ",".join(model.specifications.classes)
    if has_frames:
        exported.model.metadata_props.update(
            frame_duration=str(model.receptive_field.duration),
            frame_step=str(model.receptive_field.step),
        )
    with atomic_write(path) as temporary:
        exported.save(temporary)
