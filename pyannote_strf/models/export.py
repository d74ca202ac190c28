"""Export of trained models to ONNX."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import cast

import torch
from pyannote.audio import Model
from pyannote.audio.core.task import Problem, Resolution
from torch.export import Dim

from pyannote_strf.compat.sinc_limits import use_float_limits
from pyannote_strf.files import atomic_write

# Duration of the example that is traced, in seconds. The exported model takes any duration. LSTMs
# are traced step by step, so that a short example is faster.
EXAMPLE_DURATION = 0.1


def export_onnx(model: Model, path: Path) -> None:
    """Write a model to an ONNX file that takes any number of waveforms of any length.

    The input `waveforms` has shape (batch, 1, sample). The output of a model that returns
    embeddings is `embeddings`, of shape (batch, dimension). That of any other model is `scores`, of
    shape (batch, frame, class) or, for one score per waveform, (batch, class). Metadata hold the
    sample rate ("sample_rate", in hertz), the names of classes ("classes", separated by commas),
    and the duration and step of frames ("frame_duration" and "frame_step", in seconds).

    Parameters
    ----------
    model : Model
        Its mode becomes evaluation.
    path : Path

    Raises
    ------
    ValueError
        If onnx and onnxscript are not installed, if the model addresses several tasks at once, or
        if torch cannot export one of its operations.
    """
    try:
        from onnxscript.ir import Shape
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing: pip install 'pyannote-strf[export]'") from None
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)

    specifications = model.specifications
    if isinstance(specifications, tuple):
        raise ValueError("export of a model for several tasks at once is not supported")
    sample_rate = model.hparams["sample_rate"]
    shortest = getattr(getattr(model, "frontend", None), "min_num_samples", 0)
    example = torch.randn(2, 1, max(round(EXAMPLE_DURATION * sample_rate), shortest))
    use_float_limits(model)
    # in torch 2.11, `torch.onnx.export` alone cannot trace upstream's LSTM
    program = torch.export.export(
        model.eval(),
        (example,),
        dynamic_shapes=({0: Dim.DYNAMIC, 2: Dim.DYNAMIC},),
        strict=False,
    )
    embeds = specifications.problem == Problem.REPRESENTATION
    has_frames = specifications.resolution == Resolution.FRAME
    try:
        exported = cast(
            torch.onnx.ONNXProgram,
            torch.onnx.export(
                program,
                dynamo=True,
                input_names=["waveforms"],
                output_names=["embeddings" if embeds else "scores"],
                verbose=False,
            ),
        )
    except torch.onnx.OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        raise ValueError(f"the model cannot be exported to ONNX ({reason})") from error
    (waveforms,), (output,) = exported.model.graph.inputs, exported.model.graph.outputs
    waveforms.shape = Shape(["batch", 1, "sample"])
    num_outputs = cast(Shape, output.shape)[-1]
    shape = Shape(["batch", *(["frame"] if has_frames else []), num_outputs])
    # shapes around upstream's LSTM hold the number of frames of the example
    for node in exported.model.graph:
        for value in node.outputs:
            value.shape = None
    output.shape = shape
    exported.model.metadata_props["sample_rate"] = str(sample_rate)
    if not embeds:
        exported.model.metadata_props["classes"] = ",".join(cast(list[str], specifications.classes))
    if has_frames:
        exported.model.metadata_props.update(
            frame_duration=str(model.receptive_field.duration),
            frame_step=str(model.receptive_field.step),
        )
    with atomic_write(path) as temporary:
        exported.save(temporary)
